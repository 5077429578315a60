"""Tell of values far from what a specification declares, which are nearly always in another unit than it is in."""

import warnings

import numpy as np

from circuitsim.errors import DeclaredRangeWarning
from circuitsim.spec.array import ArraySpec
from circuitsim.spec.layout import drawn_shapes
from circuitsim.spec.matrices import input_unit, state_unit

ROUNDING = 1e-9  # relative: rounding by text or unit conversion does not put a value outside
SIZES = (1e-9, 1e-3)  # gate lengths and widths [m] of a transistor in a memory cell


def tell_inputs(spec: ArraySpec, x: np.ndarray) -> None:
    """Warn of inputs beyond what the row drivers put out at full scale, of either sign about v_ref.

    Args:
        spec: The array.
        x: Inputs (batch, rows); those of another shape are left to `check_inputs`.

    Warns:
        DeclaredRangeWarning: Names the worst input and the range.
    """
    if input_unit(spec) != "V" or x.ndim != 2 or x.size == 0:
        return  # bits and shares are refused outside their range
    v_ref, v_read = spec.sense.v_ref, spec.driver.v_read
    worst = np.unravel_index(np.abs(x - v_ref).argmax(), x.shape)
    if abs(x[worst] - v_ref) > v_read * (1 + ROUNDING) + abs(v_ref) * ROUNDING:
        _tell(
            f"x[{worst[0]}, {worst[1]}] = {x[worst]:g} V is outside the range of the drivers, {v_ref - v_read:g} V to "
            f"{v_ref + v_read:g} V (sense.v_ref and driver.v_read): is x in volts?"
        )


def tell_cells(spec: ArraySpec, g: np.ndarray, *, drawn: bool = False) -> None:
    """Warn of conductances above `device.g_max` of a card that takes any, and of transistors of impossible sizes.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S], or capacitances [F] of 1c cells.
        drawn: The conductances are what programming left: they may be above g_max.

    Warns:
        DeclaredRangeWarning: Names the worst value and the range.
    """
    unit, g_max = state_unit(spec), spec.device.g_max
    if not drawn and g.size and g.max() > g_max * (1 + ROUNDING):
        row, col = np.unravel_index(g.argmax(), g.shape)
        word = {"S": "siemens", "F": "farads"}[unit]
        _tell(f"g[{row}, {col}] = {g[row, col]:g} {unit} is above device.g_max = {g_max:g} {unit}: is g in {word}?")
    access = spec.access
    if access is None or access.file is not None:
        return  # a user's sub-circuit may give w and l any meaning; the bins of its models refuse what they do not hold
    for key, size in (("w", access.w), ("l", access.l)):
        if not SIZES[0] <= size <= SIZES[1]:
            _tell(f"access.{key} = {size:g} m is no size of a transistor: expected metres, such as {key} = '0.5u'")


def tell_straps(spec: ArraySpec) -> None:
    """Warn of straps that join no cell, and one end in use or two of the same voltage: they carry nothing.

    Args:
        spec: The array.

    Warns:
        DeclaredRangeWarning: Names the key and the number of cells.
    """
    for line, reason in idle_straps(spec).items():
        every = getattr(spec.wire, f"strap_{line}").every
        _tell(f"wire.strap_{line}.every = {every} has no effect: {reason}")


def idle_straps(spec: ArraySpec) -> dict[str, str]:
    """Return why straps carry nothing, by their line, "row" or "col"; those that may carry something are not in it.

    Wires are those of the arrays that are drawn: with dummies, replicas and a reference, or of parts.

    Args:
        spec: The array.
    """
    wire, (rows, cols), series = spec.wire, drawn_shapes(spec)[0], spec.array.input_line == "string"
    held = {
        "row": spec.driver.block is None and spec.driver.r_out == 0,
        "col": not series and spec.sense.block is None and spec.sense.r_in == 0,
    }
    lines = (
        ("row", wire.strap_row, cols, wire.row_drive),
        ("col", wire.strap_col, rows, "both" if series else wire.col_sense),
    )
    found = {}
    for line, strap, cells, end in lines:
        if strap is not None and strap.every > cells and (end != "both" or held[line]):
            where = "ends alone, which have the same voltage" if end == "both" else f"{end} end alone"
            found[line] = f"the wire has {cells} cells, and the strap joins it at its {where}; expected {cells} or less"
    return found


def _tell(sentence: str) -> None:
    warnings.warn(sentence, DeclaredRangeWarning, stacklevel=5)
