"""Wires of the array: the keys that a user writes, and the segment resistances that follow from them."""

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, ValidationError, model_validator

from circuitsim.spec.base import Part, Quantity, Switch
from circuitsim.spec.by_value import by_value
from circuitsim.spec.complaints import sentence
from circuitsim.spec.dimensions import PerKelvin
from circuitsim.spec.geometry import StrapSpec, WireGeometry
from circuitsim.spec.segments import SegmentCapacitances, SegmentResistances, segment_array

# name of a geometry -> keys that it sets: resistance, capacitance
GEOMETRY_KEYS = {"row": ("r_row", "c_row"), "col": ("r_col", "c_col")}


class WireSpec(Part):
    """Resistance and capacitance per segment (one cell pitch), end segments, and used ends.

    Publications differ in the number of segments at the ends, 0 or 1, which changes results by 1/N. The switches
    `first_row_segment` and `last_col_segment` therefore state it.

    A resistance or capacitance may be an array with one value per segment:

    | key | shape | segment |
    |---|---|---|
    | r_row | (rows, cols), or (rows, cols + 1) as in `WireGrid` | on the driver side of each cell, or with both ends |
    | r_col | (rows, cols), or (rows + 1, cols) as in `WireGrid` | on the sense side of each cell, or with both ends |
    | r_bl | as r_col | on the driven side of each cell, or with both ends |
    | c_row, c_col, c_bl | (rows, cols) | at each cell |
    """

    r_row: SegmentResistances = Field(description="Row wire, per segment [ohm]; a number or a .npy file")
    r_col: SegmentResistances = Field(description="Column wire, per segment [ohm]; a number or a .npy file")
    c_row: SegmentCapacitances = Field(
        default=0.0, description="Row wire to ground, per segment [F]; a number or a .npy file"
    )
    c_col: SegmentCapacitances = Field(
        default=0.0, description="Column wire to ground, per segment [F]; a number or a .npy file"
    )
    r_bl: SegmentResistances | None = Field(
        default=None, description="Bit line along the column, per segment [ohm]; only if input_line = 'wl'"
    )
    c_bl: SegmentCapacitances | None = Field(
        default=None, description="That bit line to ground, per segment [F]; only if input_line = 'wl'"
    )
    col_drive: Literal["bottom", "top", "both"] | None = Field(
        default=None, description="Driven end of that bit line; only if input_line = 'wl'; absent: 'bottom'"
    )
    row: WireGeometry | None = Field(default=None, description="Geometry of the row wire, instead of r_row (and c_row)")
    col: WireGeometry | None = Field(
        default=None, description="Geometry of the column wire, instead of r_col (and c_col)"
    )
    strap_row: StrapSpec | None = Field(default=None, description="Strap of the row wire")
    strap_col: StrapSpec | None = Field(default=None, description="Strap of the column wire")
    tc_row: PerKelvin = Field(default=0.0, description="Temperature coefficient of r_row [1/K]")
    tc_col: PerKelvin = Field(default=0.0, description="Temperature coefficient of r_col and r_bl [1/K]")
    t_ref_c: Quantity = Field(
        default=27.0, gt=-273.15, le=1000.0, description="Temperature of the given resistances [°C]"
    )
    taper_row: Quantity = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Taper [1]: the relative row width falls from 1 + taper at the driver to 1 - taper",
    )
    taper_col: Quantity = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Taper [1]: the relative column width falls from 1 + taper at the sense side to 1 - taper",
    )
    first_row_segment: Switch = Field(default=True, description="Segment between the driver and the first cell")
    last_col_segment: Switch = Field(
        default=True, description="Segment between the last cell and the sense amplifier; also applies to r_bl"
    )
    row_drive: Literal["left", "right", "both"] = Field(default="left", description="Driven end of the row")
    col_sense: Literal["bottom", "top", "both"] = Field(default="bottom", description="Sensed end of the column")

    @model_validator(mode="before")
    @classmethod
    def _from_geometry(cls, data: Any) -> Any:
        """Fill in r and c of the wires that are specified by their geometry."""
        if not isinstance(data, dict):
            return data
        filled = dict(data)
        for name, keys in GEOMETRY_KEYS.items():
            if filled.get(name) is None:
                continue
            geometry = _geometry(name, filled[name])
            for key, value in zip(keys, (geometry.r, geometry.c), strict=True):
                if value is None:
                    continue
                if key in filled and filled[key] != value:
                    raise ValueError(f"{key} is given besides the geometry [wire.{name}]; expected only one of them")
                filled[key] = value
        return filled

    @model_validator(mode="after")
    def _check(self) -> Self:
        for key, taper, both in (
            ("taper_row", self.taper_row, self.row_drive == "both"),
            ("taper_col", self.taper_col, self.col_sense == "both"),
        ):
            if taper and both:
                raise ValueError(f"{key} = {taper:g}: a wire used at both ends has no far end; expected 0")
        return self


@by_value
@dataclass(frozen=True)
class WireGrid:
    """Resistance and capacitance of every wire segment of an array; netlist and solver both read this form.

    Attributes:
        r_row: (rows, cols + 1) [ohm]. Entry [a, 0] lies between the left driver and cell (a, 0), entry [a, b] between
            cells b−1 and b, entry [a, cols] between the last cell and the right driver.
        r_col: (rows + 1, cols) [ohm]. Entry [0, b] lies between the top sense amplifier and cell (0, b), entry
            [rows, b] between the last cell and the bottom one.
        r_driver: Output resistance of each row driver [ohm].
        r_sense: Input resistance of each sense amplifier [ohm].
        c_row: (rows, cols) capacitance to ground of the row wire at each cell [F]; None: no capacitance.
        c_col: (rows, cols) capacitance to ground of the column wire at each cell [F]; None: no capacitance.
        r_bl: (rows + 1, cols) bit line along the column if the input is on the word lines [ohm]. Entries as in r_col;
            `col_drive` names its used ends. None: there is no such bit line.
        c_bl: (rows, cols) capacitance to ground of that bit line at each cell [F]; None: no capacitance.
        strap_row, strap_col: Strap above each row and column wire; None: no strap.

    `inf` is an open segment, for example at an unused end; 0 merges the two nodes of the segment.
    """

    r_row: np.ndarray
    r_col: np.ndarray
    r_driver: float = 0.0
    r_sense: float = 0.0
    c_row: np.ndarray | None = None
    c_col: np.ndarray | None = None
    r_bl: np.ndarray | None = None
    c_bl: np.ndarray | None = None
    strap_row: StrapSpec | None = None
    strap_col: StrapSpec | None = None

    @property
    def rows(self) -> int:
        return self.r_row.shape[0]

    @property
    def cols(self) -> int:
        return self.r_col.shape[1]


def wire_grid(
    rows: int,
    cols: int,
    wire: WireSpec,
    *,
    r_driver: float = 0.0,
    r_sense: float = 0.0,
    temperature_c: float | None = None,
    pairs: bool = False,
    series: bool = False,
) -> WireGrid:
    """Compute the segments that a `WireSpec` describes; see `WireGrid` for shapes and units.

    Args:
        rows, cols: Size of the array.
        wire: Keys of the section [wire].
        r_driver, r_sense: Resistances of row drivers and sense amplifiers [ohm].
        temperature_c: Temperature [°C]; None: `wire.t_ref_c`.
        pairs: Columns 2j and 2j + 1 belong to one cell. The row segment between them is 0 ohm, and only column 2j has
            row capacitance.
        series: The cells of a column are in series, so that both ends of the column are used.

    Raises:
        ValueError: An array has the wrong shape, or a temperature coefficient makes resistances 0 or negative.
    """
    delta = 0.0 if temperature_c is None else temperature_c - wire.t_ref_c
    left, right = wire.row_drive in ("left", "both"), wire.row_drive in ("right", "both")
    top, bottom = series or wire.col_sense in ("top", "both"), wire.col_sense in ("bottom", "both")
    r_row = _both_ends("r_row", wire.r_row, (rows, cols), left, right, axis=1)
    r_col = _both_ends("r_col", wire.r_col, (rows, cols), top, bottom, axis=0).T
    r_row = _taper(r_row, wire.taper_row, from_last=right) * _warm("tc_row", wire.tc_row, delta)
    r_col = _taper(r_col, wire.taper_col, from_last=bottom) * _warm("tc_col", wire.tc_col, delta)
    c_row = segment_array("c_row", wire.c_row, ((rows, cols),))
    if pairs:
        r_row[:, 1:-1:2] = 0.0
        c_row[:, 1::2] = 0.0
    return WireGrid(
        r_row=_close_ends(r_row, left, right, wire.first_row_segment),
        r_col=_close_ends(r_col, top, bottom, wire.last_col_segment).T,
        r_driver=r_driver,
        r_sense=r_sense,
        c_row=c_row,
        c_col=segment_array("c_col", wire.c_col, ((rows, cols),)),
        r_bl=None if wire.r_bl is None else _bit_line(wire, rows, cols) * _warm("tc_col", wire.tc_col, delta),
        c_bl=None if wire.c_bl is None else segment_array("c_bl", wire.c_bl, ((rows, cols),)),
        strap_row=wire.strap_row,
        strap_col=wire.strap_col,
    )


def _bit_line(wire: WireSpec, rows: int, cols: int) -> np.ndarray:
    """Return the segments (rows + 1, cols) of the bit lines along the columns [ohm]."""
    drive = wire.col_drive or "bottom"
    top, bottom = drive in ("top", "both"), drive in ("bottom", "both")
    r = _both_ends("r_bl", wire.r_bl, (rows, cols), top, bottom, axis=0)
    return _close_ends(r.T, top, bottom, wire.last_col_segment).T


def _both_ends(key: str, value: Any, shape: tuple[int, int], first: bool, last: bool, *, axis: int) -> np.ndarray:
    """Return segments with both ends along `axis`; 0 fills an unused end that the value does not contain."""
    full_shape = (shape[0] + (axis == 0), shape[1] + (axis == 1))
    r = segment_array(key, value, (full_shape,) if first and last else (shape, full_shape))
    extra = full_shape[axis] - r.shape[axis]
    pad = [(0, 0), (0, 0)]
    pad[axis] = (0, extra) if first else (extra, 0)
    return np.pad(r, pad)


def _taper(r: np.ndarray, taper: float, *, from_last: bool) -> np.ndarray:
    """Divide r by a relative width: linear from 1 + taper at the used end to 1 − taper, with unchanged metal area."""
    cells = r.shape[1] - 1
    if taper == 0 or cells < 2:
        return r
    width = 1 + taper * (1 - 2 * np.arange(cells + 1) / (cells - 1))
    width[-1] = 1.0  # the unused end
    return r / (width[::-1] if from_last else width)


def _close_ends(r: np.ndarray, first: bool, last: bool, end_segment: bool) -> np.ndarray:
    """Set unused ends to inf, and used ends to 0 if they have no segment."""
    r = r.copy()
    for end, used in ((0, first), (-1, last)):
        if not used:
            r[:, end] = np.inf
        elif not end_segment:
            r[:, end] = 0.0
    return r


def _warm(key: str, coefficient: float, delta: float) -> float:
    factor = 1 + coefficient * delta
    if factor <= 0:
        raise ValueError(f"{key} = {coefficient:g} per K makes resistances zero or negative {delta:g} K from t_ref_c")
    return factor


def _geometry(name: str, value: Any) -> WireGeometry:
    if isinstance(value, WireGeometry):
        return value
    try:
        return WireGeometry.model_validate(value)
    except ValidationError as error:
        raise ValueError(f"{name}: {sentence(error, WireGeometry)}") from None
