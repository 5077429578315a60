"""The specification of an array: the keys that a designer writes, checked once, when they are read."""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from circuitsim.errors import InputError, SpecError
from circuitsim.spec.arguments import checked
from circuitsim.spec.base import Part, Quantity, Whole, whole
from circuitsim.spec.block import BlockSpec
from circuitsim.spec.cell import AccessSpec, DeviceSpec
from circuitsim.spec.complaints import sentence
from circuitsim.spec.dimensions import beyond_circuits
from circuitsim.spec.mapping import MappingSpec
from circuitsim.spec.periphery import AdcSpec, DriverSpec, SenseSpec
from circuitsim.spec.technique import TechniqueSpec
from circuitsim.spec.terminals import check_cell_ports, roles_of
from circuitsim.spec.toml_file import read_toml
from circuitsim.spec.wires import GEOMETRY_KEYS, WireGrid, WireSpec, wire_grid

SCHEMA = 1
LARGEST_SIDE = 65536  # rows, columns
WITH_FILES = ("device", "access", "driver", "sense", "adc")
"""Sections that may name a file or a folder of the user's."""
MOST_CELLS = 2**24  # 4096 x 4096; a matrix of them takes 128 MB


class TopologySpec(Part):
    """Size, cell type and input line of an array."""

    rows: Whole = Field(ge=1, le=LARGEST_SIDE, description="Number of rows: the inputs of the array")
    cols: Whole = Field(ge=1, le=LARGEST_SIDE, description="Number of columns: the outputs of the array")
    cell: Literal["1r", "1t1r", "2t2r", "1t", "1c", "own"] = Field(
        default="1t1r",
        description="Type of cell. '1r': a device. '1t1r': a device and an access transistor. '2t2r': two 1t1r cells "
        "on one row node, in columns 2j and 2j + 1. '1t': a transistor that stores the state. '1c': a capacitor, read "
        "as charge. 'own': the whole cell is a sub-circuit in the file of the user",
    )
    input_line: Literal["bl", "wl", "string"] = Field(
        default="bl",
        description="Line that carries the input. 'bl': analog input on the bit line along the row; source line along "
        "the column; gates on. 'wl': input 0 or 1 on the gates along the row, or of driver.gate_levels; bit line (at "
        "v_ref + v_read behind r_out) and source line along the column. 'string': input 0 or 1 on the gates along the "
        "row; the cells of a column are in series, driven at the top with v_ref + v_read and sensed at the bottom, so "
        "that resistances add. The transistor of a 1t1r cell is then in parallel with the device: input 0 bypasses it",
    )
    temperature_c: Quantity = Field(default=27.0, gt=-273.15, le=1000.0, description="Temperature [°C]")


class ArraySpec(Part):
    """A memory array and its periphery; SI units throughout."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, title="circuitsim array")

    schema_version: Annotated[Literal[1], BeforeValidator(whole)] = Field(
        default=SCHEMA, alias="schema", description="Version of this format"
    )
    array: TopologySpec
    device: DeviceSpec
    access: AccessSpec | None = None
    wire: WireSpec
    driver: DriverSpec
    sense: SenseSpec = SenseSpec()
    adc: AdcSpec = AdcSpec()
    mapping: MappingSpec = MappingSpec()
    technique: TechniqueSpec = TechniqueSpec()

    def __init__(self, /, **data: Any):
        """Check the keys and values of a specification; `parse_spec` does the same for a mapping.

        Raises:
            SpecError: A key is unknown or missing, or its value cannot be used.
        """
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise SpecError(sentence(error, ArraySpec)) from None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.array.rows * self.array.cols > MOST_CELLS:
            raise ValueError(
                f"array.rows = {self.array.rows}, array.cols = {self.array.cols}: expected at most {MOST_CELLS} cells"
            )
        self._check_cell()
        self._check_input_line()
        self._check_technique()
        self._check_farads()
        if self.driver.gate_levels is not None:
            self._check_gate_levels(self.driver.gate_levels)
        if self.driver.input_code == "pulse_width" and self.array.cell == "1c":
            raise ValueError("driver.input_code = 'pulse_width': 1c cells give their charge back, expected 'amplitude'")
        _ = self.wires  # raises if values per segment do not have the array's shape
        return self

    @property
    def v_gate(self) -> float | None:
        """Word-line voltage of a selected row [V]; None if the cell has no gate."""
        return self.device.v_gate if self.access is None else self.access.v_gate

    @property
    def drive_range(self) -> tuple[float, float]:
        """Voltages of an input of zero and of a full-scale input [V]: v_ref and v_ref + v_read.

        If the input is on the gates, the bit lines or the tops of the strings are biased at the second one.
        """
        return self.sense.v_ref, self.sense.v_ref + self.driver.v_read

    def _check_cell(self) -> None:
        cell, device = self.array.cell, self.device
        with_access = cell in ("1t1r", "2t2r")
        if with_access and self.access is None:
            raise ValueError(f"[access] is missing: a {cell} cell needs a transistor (or array.cell = '1r')")
        if not with_access and self.access is not None:
            raise ValueError(f"[access] is given but array.cell = {cell!r} has no access transistor: remove [access]")
        if device.file is not None:
            check_cell_ports(cell, roles_of(device.ports))
        gated = cell == "1t" or (cell == "own" and "wl" in roles_of(device.ports))
        if gated and device.v_gate is None:
            raise ValueError(f"device.v_gate is missing: the cell {cell!r} has a gate")
        if not gated and device.v_gate is not None:
            raise ValueError(f"device.v_gate is given, but in array.cell = {cell!r} the device has no gate")
        if cell == "own" and device.file is None:
            raise ValueError("device.file is missing: array.cell = 'own' is a sub-circuit in your own file")
        if cell == "2t2r" and self.array.cols % 2:
            raise ValueError(
                f"array.cols = {self.array.cols}: 2t2r cells take columns in pairs, expected an even number"
            )

    def _check_farads(self) -> None:
        """The conductances of capacitive cells are capacitances."""
        for key in ("device.g_min", "device.g_max", "technique.g_reference", "technique.g_dummy"):
            section, _, name = key.partition(".")
            value = getattr(getattr(self, section), name) if self.array.cell == "1c" else None
            if value is not None and (said := beyond_circuits(value, "F")):
                raise ValueError(f"{key}: got {said}")

    def _check_input_line(self) -> None:
        bit_line = [key for key in ("r_bl", "c_bl", "col_drive") if getattr(self.wire, key) is not None]
        if self.array.input_line == "bl" and bit_line:
            raise ValueError(
                f"wire.{bit_line[0]} belongs to input_line = 'wl'; here the bit line is the row wire, r_row"
            )
        if self.array.input_line == "string":
            if self.array.cell not in ("1t1r", "own"):
                raise ValueError(f"array.cell = {self.array.cell!r}: a string takes '1t1r' or 'own' cells")
            if bit_line or self.wire.col_sense != "bottom" or self.wire.taper_col or self.wire.strap_col:
                raise ValueError(
                    "array.input_line = 'string': each column is driven at the top and sensed at the bottom; remove "
                    "r_bl, c_bl, col_drive, col_sense, taper_col and strap_col from [wire]"
                )
        if self.array.input_line != "bl" and self.v_gate is None:
            line = self.array.input_line
            raise ValueError(f"array.input_line = {line!r} needs a gate, and array.cell = {self.array.cell!r} has none")
        if self.array.input_line == "wl" and self.wire.r_bl is None:
            raise ValueError("wire.r_bl is missing: with input_line = 'wl' the bit line runs beside the column")

    def _check_gate_levels(self, levels: tuple[float, ...]) -> None:
        line = self.array.input_line
        if line != "wl" or self.v_gate is None:
            raise ValueError(f"driver.gate_levels belongs to array.input_line = 'wl', not {line!r}: remove it")
        if abs(levels[-1] - self.v_gate) > 1e-9 * abs(self.v_gate):  # more than rounding
            raise ValueError(
                f"driver.gate_levels ends at {levels[-1]:g} V, and the gate voltage of a selected row, "
                f"{'device' if self.access is None else 'access'}.v_gate, is {self.v_gate:g} V: expected one value"
            )

    def _check_technique(self) -> None:
        technique = self.technique
        if technique.skip_zero_rows and (self.array.input_line != "bl" or self.v_gate is None):
            raise ValueError(
                "technique.skip_zero_rows switches gates off: expected array.input_line = 'bl' and a cell with a gate"
            )
        if technique.partition is not None and min(technique.partition) < 1:
            raise ValueError(f"technique.partition = {list(technique.partition)}: expected rows and columns >= 1")
        if not technique.changes_size:
            return
        if self.array.cell == "2t2r" or self.array.input_line == "string":
            raise ValueError(
                "[technique] changes the size of the array, which array.cell = '2t2r' and array.input_line = 'string' "
                "do not allow: remove partition, replicate_cols, g_reference, dummy_rows and dummy_cols"
            )
        for key in ("r_row", "r_col", "c_row", "c_col", "r_bl", "c_bl"):
            if isinstance(getattr(self.wire, key), tuple):
                raise ValueError(
                    f"wire.{key} is given per segment, but [technique] changes the size of the array: expected a number"
                )

    @property
    def shape(self) -> tuple[int, int]:
        """Size of the array, (rows, cols)."""
        return self.array.rows, self.array.cols

    @property
    def wires(self) -> WireGrid:
        """Resistances and capacitances of all wire segments, with driver and sense resistances."""
        return wire_grid(
            *self.shape,
            self.wire,
            r_driver=self.driver.r_out,
            r_sense=self.sense.r_in,
            temperature_c=self.array.temperature_c,
            pairs=self.array.cell == "2t2r",
            series=self.array.input_line == "string",
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all values, defaults included; equal specifications have equal digests.

        The digest does not depend on the paths of SPICE files and device folders; `Provenance.files_digest` covers
        their contents. It omits keys without a value, so that a new optional key in a later version does not change it.
        """
        values = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        for section in WITH_FILES:
            for key in ("file", "folder"):
                if key in values.get(section, {}):
                    values[section][key] = "given"
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    def replace(self, **parts: Mapping[str, Any] | None) -> "ArraySpec":
        """Return a checked copy with some keys changed: `spec.replace(wire={"r_row": 5.0})`; None removes a section.

        A wire that is specified by its geometry gets r and c from it again. A change of r or c removes the geometry.

        Raises:
            SpecError: A key or value cannot be used.
        """
        data = self.model_dump(by_alias=True)
        for part, keys in parts.items():
            if part not in data or part == "schema":
                known = ", ".join(name for name in data if name != "schema")
                raise SpecError(f"unknown section {part!r}: expected one of {known}")
            if keys is not None and not isinstance(keys, Mapping):
                raise SpecError(f"{part} = {keys!r}: expected a table of keys, or None to remove the section")
        drop_derived(data["wire"], parts.get("wire") or {})
        for part, keys in parts.items():
            before = data[part] or {}
            if isinstance(now := getattr(self, part), BlockSpec) and keys is not None:
                before = now.without_other_source(before, keys)
            data[part] = None if keys is None else {**before, **keys}
        return parse_spec(data)


@checked
def parse_spec(data: Mapping[str, Any]) -> ArraySpec:
    """Check a mapping (as read from TOML or JSON) and return the specification.

    Raises:
        SpecError: A key is unknown or missing, or its value cannot be used; the message names key and expectation.
    """
    return ArraySpec(**data)


@checked
def load_spec(path: str | Path) -> ArraySpec:
    """Read a specification from a TOML file; relative paths in it start at the folder of the file.

    Raises:
        SpecError: The file is missing or not valid TOML, or a key or value in it cannot be used.
    """
    path = Path(path)
    try:
        data = read_toml(path, "a TOML specification")
    except InputError as error:
        raise SpecError(str(error)) from None
    if "schema" not in data:
        raise SpecError(f"{path}: schema is missing, expected schema = {SCHEMA} at the top of the file")
    for section in WITH_FILES:
        if isinstance(part := data.get(section), dict):
            _resolve(part, section, path)
    for key, value in (data.get("wire") or {}).items() if isinstance(data.get("wire"), dict) else ():
        if isinstance(value, str) and value.endswith(".npy"):
            data["wire"][key] = str((path.parent / value).resolve())
    try:
        return parse_spec(data)
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from None


def _resolve(part: dict[str, Any], section: str, path: Path) -> None:
    """Make the paths in a section of the specification `path` absolute.

    Raises:
        SpecError: A file or folder does not exist.
    """
    for key, what, exists in (("file", "file", Path.is_file), ("folder", "folder", Path.is_dir)):
        if isinstance(part.get(key), str):
            place = (path.parent / part[key]).resolve()
            if not exists(place):
                raise SpecError(f"{path}: {section}.{key} = {part[key]!r}: no such {what} ({place})")
            part[key] = place


def drop_derived(wire: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Remove from a dump the values derived from a geometry, or the geometry if `changes` replace a derived value."""
    for name, (r, c) in GEOMETRY_KEYS.items():
        if wire[name] is None:
            continue
        derived = (r,) if wire[name]["height"] is None else (r, c)
        if any(key in changes for key in derived):
            wire[name] = None
            continue
        for key in derived:
            del wire[key]
