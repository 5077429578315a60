"""Arrays whose input switches gates: bit and source line along the column, or cells in series down the column.

Word lines carry no direct current, so columns are independent of each other and each vector chooses, row by row, one
of two characterized cells, or of as many as the drivers of the gates have levels.
"""

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Annotated, Any

import numpy as np

from circuitsim.errors import InputError
from circuitsim.nodal.array import PreparedArray, given_digests
from circuitsim.nodal.charge import ChargeArray
from circuitsim.nodal.column_plan import plan_columns
from circuitsim.nodal.gated_columns import ColumnPlan
from circuitsim.nodal.gated_lines import GatedLines, gated_lines
from circuitsim.nodal.grid import Grid, build_columns, build_strings
from circuitsim.nodal.judgement import cell_errors
from circuitsim.nodal.string_plan import plan_strings
from circuitsim.nodal.surface import check_cell, check_surface_range
from circuitsim.nodal.varied_cells import VariedCells
from circuitsim.results import CellSurface, content_digest
from circuitsim.spec import ArraySpec, WireGrid, by_value, checked, gate_voltage_levels, has_bypass

_BUILD = {"wl": build_columns, "string": build_strings}


@by_value
@dataclass(frozen=True)
class GatedArray:
    """An array whose inputs switch gates, prepared by `prepare`.

    Attributes:
        spec: The specification; `array.input_line` is "wl" or "string".
        g: (rows, cols) conductances of the devices [S].
        on: The cell of a row whose input is 1.
        off: The cell of a row whose input is 0; None: it carries nothing.
        wires: Segment resistances [ohm].
        between: The cells of rows whose gates have the levels between, the lowest first.
        varied: How the transistors of the cells differ from those of these laws, see `vary`; None: not at all.
    """

    spec: ArraySpec
    g: np.ndarray
    on: CellSurface
    off: CellSurface | None
    wires: WireGrid
    between: tuple[CellSurface, ...] = ()
    varied: VariedCells | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the fields alone: factors and whatever else follows from them is computed again when it is needed."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def given(self) -> dict[str, str]:
        """`Provenance.given` of every read, computed once."""
        between = {f"level_{k}": law for k, law in enumerate(self.between, start=1)}
        varied = {} if self.varied is None else {"mismatch": content_digest(self.varied)}
        return given_digests(self.spec, self.g, self.wires, surface=self.on, off=self.off, **between) | varied

    @property
    def laws(self) -> tuple[CellSurface | None, ...]:
        """The cell at each level of its gate, the lowest first."""
        return self.off, *self.between, self.on

    @cached_property
    def errors(self) -> tuple[np.ndarray, ...]:
        """Errors of the cells by their surfaces, at each level of their gates (rows, cols) [A]."""
        errors = (cell_errors(law, self.g) for law in self.laws)
        more = (0.0,) * len(self.laws) if self.varied is None else self.varied.errors
        return tuple(np.where(self.g > 0, error + beside, 0.0) for error, beside in zip(errors, more, strict=True))

    @cached_property
    def grid(self) -> Grid:
        """Nodes and wires; terminals are a bias source and a sense node per column."""
        return _BUILD[self.spec.array.input_line](self.wires)

    @cached_property
    def columns(self) -> ColumnPlan | None:
        """The columns as blocks for Newton's method; None where wiring or voltages rule them out."""
        return self.planned(whole=False)

    @cached_property
    def lines(self) -> GatedLines | None:
        """The columns as dense lines where source lines have straps; None elsewhere, and where only nodes will do.

        Gates of several levels, and transistors that differ, are among the latter.
        """
        if self.wires.strap_col is None or self.between or self.varied is not None:
            return None
        v_ref, v_bias = self.spec.drive_range
        return gated_lines(self.on, self.off, self.g, self.grid, v_ref, v_bias - v_ref)

    def planned(self, *, whole: bool) -> ColumnPlan | None:
        """Plan the columns for the voltages that cells reach, or for any between the terminals.

        None also for source lines with straps, which join more than neighboring cells.
        """
        if self.wires.strap_col is not None:
            return None
        v_ref, v_bias = self.spec.drive_range
        if self.spec.array.input_line == "wl":
            return plan_columns(self.laws, self.g, self.wires, v_ref, v_bias - v_ref, varied=self.varied, whole=whole)
        assert self.off is not None
        cells, v_across = (self.on, self.off, self.g), v_bias - v_ref
        return plan_strings(*cells, self.wires, v_ref, v_across, varied=self.varied, whole=whole)


NodalArray = Annotated[PreparedArray | GatedArray | ChargeArray, "an array prepared at level = 'nodal'"]


def on_bit_lines(array: NodalArray, purpose: str) -> PreparedArray:
    """Return an array whose input lies on its bit lines; refuse any other.

    Raises:
        InputError: The input switches gates, or the array was prepared at another level; names what was asked for.
    """
    if isinstance(array, ChargeArray):
        raise InputError(f"{purpose} with array.cell = '1c': expected a cell that carries a current at rest")
    if isinstance(array, GatedArray):
        raise InputError(f"{purpose} with array.input_line = {array.spec.array.input_line!r}: expected 'bl'")
    if not isinstance(array, PreparedArray):
        raise InputError(f"{purpose} of a {type(array).__name__}: expected an array prepared at level = 'nodal'")
    return array


def gated_array(
    spec: ArraySpec,
    g: np.ndarray,
    on: CellSurface | None,
    off: CellSurface | None,
    wires: WireGrid,
    between: tuple[CellSurface, ...],
) -> GatedArray:
    """Prepare an array whose input switches gates; see `preparation.prepare`."""
    line = spec.array.input_line
    if on is None:
        raise InputError(f"surface is None with array.input_line = {line!r}: expected a characterized cell")
    volts = list(gate_voltage_levels(spec))
    if len(between) != len(volts) - 2:
        raise InputError(
            f"between has {len(between)} cells and the gates have {len(volts)} levels: expected {len(volts) - 2}, from "
            "circuitsim.characterization.gate_level_cells(spec)"
        )
    laws = (on, *reversed(between), off)
    for surface, v_gate in zip(laws, volts if has_bypass(spec) else reversed(volts), strict=True):
        check_cell(surface, spec, v_gate=None if v_gate == volts[-1] else v_gate)
        if surface is not None:
            check_surface_range(surface, g)
    if line == "string":
        check_strings(off, g)
    array = GatedArray(spec, g, on, off, wires, between)
    array.grid  # noqa: B018  refuses wires that do not fit
    array.lines if array.wires.strap_col is not None else array.columns  # noqa: B018  the work belongs here
    return array


@checked
def vary(array: GatedArray, varied: VariedCells) -> GatedArray:
    """Return an array whose transistors differ from each other.

    Raises:
        InputError: The weights do not fit the array, or a level of its gates has no laws.
        OutsideRangeError: A conductance is outside the range of a law.
    """
    if varied.weights.shape[1:] != array.g.shape or len(varied.laws) != len(array.laws):
        raise InputError(
            f"varied is for cells {varied.weights.shape[1:]} at {len(varied.laws)} levels of their gates: expected "
            f"{array.g.shape} at {len(array.laws)}"
        )
    for law in (law for corners in varied.laws for law in corners):
        check_surface_range(law, array.g)
    found = replace(array, varied=varied)
    found.columns  # noqa: B018  the work belongs here
    return found


def check_strings(off: CellSurface | None, g: np.ndarray) -> CellSurface:
    """Return the cell of input 0 of strings; refuse those without one, or with an open cell in g (rows, cols) [S].

    Raises:
        InputError: Names what is missing, or the open cell.
    """
    if off is None:
        raise InputError("off is None: in a string a cell of input 0 carries the column's current too")
    if np.any(g == 0):
        at = np.argwhere(g == 0)[0].tolist()
        raise InputError(f"g{at} = 0 S: an open cell breaks its string; expected a conductance > 0")
    return off
