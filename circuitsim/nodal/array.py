"""An array prepared for reads by its bit lines: everything that does not depend on its inputs."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from circuitsim.nodal.blocks import sweep_batch
from circuitsim.nodal.compact_cells import CompactFit, contract, fit, within
from circuitsim.nodal.grid import end_resistances
from circuitsim.nodal.judgement import cell_errors
from circuitsim.nodal.line_cells import CellTerms, cell_terms, no_current
from circuitsim.nodal.line_inverses import LineInverses, line_inverses
from circuitsim.nodal.line_iteration import DenseLines
from circuitsim.nodal.linear import LinearArray, linear_array, solve_linear
from circuitsim.nodal.modes import SweepPlan, sweep_plan
from circuitsim.nodal.polynomial import law_of, split_terms
from circuitsim.nodal.response import highest_response
from circuitsim.nodal.surface_chords import chord
from circuitsim.nodal.voltage_boxes import VoltageBox, driven_box, pulled_box
from circuitsim.results import CellSurface, content_digest
from circuitsim.spec import ArraySpec, Count, WireGrid, by_value, checked

TOLERANCE = 1e-9  # of the largest terminal current: below the bound of most surfaces
MOST_PASSES = 200  # a passive array with modes removed needs 3 to 10; beyond, factoring it is faster
MATRIX_TOLERANCE = 1e-12  # a matrix is used many times
_LARGEST_MATRIX = 256**3  # rows² · cols up to which a matrix costs less than a few hundred reads
_WORSE = 3.0  # than the surface itself: such a fit is not used
# Error of a fit [of full scale] to use all the same where a transistor in series makes the current bend: it leaves
# 3e-7 of the largest output, and the reference solver, which needs no fit, takes 500 times as long.
_BENT = 3e-8


@dataclass(frozen=True)
class TerminalMatrices:
    """A linear array between its terminals; v is a voltage relative to v_ref, v_in − v_ref at an input.

    Attributes:
        w: (rows, cols) [S]: i_out = v @ w.
        y: (rows, rows) [S]: i_row = v @ y.
        residual: (rows,) largest unbalanced current at a node per volt at each input [S].
        passes: Passes used.
    """

    w: np.ndarray
    y: np.ndarray
    residual: np.ndarray
    passes: int


@by_value
@dataclass(frozen=True)
class PreparedArray:
    """An array whose inputs are voltages of its bit lines, prepared by `prepare`.

    What a read needs is derived from the fields when it is first asked for, and kept.

    Attributes:
        spec: The specification.
        g: (rows, cols) conductances of the devices [S].
        surface: The characterized cell; None for ohmic 1R cells.
        wires: Segment resistances [ohm].
        v_range: Inputs that the cells are refitted for [V]. Inputs beyond it are read too: the cells are refitted then.
        off: With `technique.skip_zero_rows`, the cell with its gate off; None: it carries nothing.
    """

    spec: ArraySpec
    g: np.ndarray
    surface: CellSurface | None
    wires: WireGrid
    v_range: tuple[float, float]
    off: CellSurface | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the fields alone: factors and whatever else follows from them is computed again when it is needed."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def chord_conductance(self) -> np.ndarray:
        """(rows, cols) i/U [S] at three quarters of the largest input: between the slopes of a cell that bends."""
        v_ref = self.spec.sense.v_ref
        furthest = max(self.v_range, key=lambda v: abs(v - v_ref))
        return chord(self.surface, self.g, v_ref + 0.75 * (furthest - v_ref), v_ref)

    @cached_property
    def factored(self) -> LinearArray:
        """The array with chord conductances, factored for the reference solver."""
        return linear_array(self.wires, self.chord_conductance)

    @cached_property
    def plan(self) -> SweepPlan | None:
        """The sweeps' factors and modes for cells of the chord conductance.

        None where the wiring rules sweeps out, or where lines are solved as `lines`.
        """
        return None if self.skips else plan_of_wires(self.wires, self.chord_conductance)

    @property
    def skips(self) -> bool:
        """Whether rows whose input is at rest have their gates off."""
        return self.spec.technique.skip_zero_rows

    @cached_property
    def lines(self) -> tuple[LineInverses, LineInverses] | None:
        """Rows and columns as dense lines; None where sweeps do, where cells are ohmic, or where a wire is broken."""
        if self.surface is None or not (self.skips or is_strapped(self.wires)):
            return None
        return line_inverses(self.factored.grid, self.chord_conductance)

    @cached_property
    def spec_digest(self) -> str:
        """`spec.digest`, computed once."""
        return self.spec.digest

    @cached_property
    def given(self) -> dict[str, str]:
        """`Provenance.given` of every read, computed once."""
        return given_digests(self.spec, self.g, self.wires, surface=self.surface, off=self.off)

    @cached_property
    def matrices(self) -> TerminalMatrices | None:
        """The matrices of an ohmic array of moderate size; None for other arrays, which are swept for each read."""
        size = self.wires.rows**2 * self.wires.cols
        if self.surface is not None or size > _LARGEST_MATRIX:
            return None
        matrices = None if self.plan is None else terminal_matrices(self.plan)
        return matrices or _factored_matrices(self.factored)

    @cached_property
    def column_error(self) -> tuple[float, int]:
        """Largest sum of the errors of a column's cells by their surface [A], and the most cells of a column."""
        of_cells = cell_errors(self.surface, self.g)
        if self.off is not None:
            of_cells = np.maximum(of_cells, cell_errors(self.off, self.g))
        of_columns = of_cells.sum(axis=0)
        return float(of_columns.max()), int(np.count_nonzero(self.g, axis=0).max())

    @cached_property
    def column_response(self) -> float:
        """Highest column voltage per volt at all inputs, with chord conductances."""
        if is_strapped(self.wires):
            return float(solve_linear(self.factored, np.ones((1, self.wires.rows))).v_col.max())
        return highest_response(*end_resistances(self.wires), self.chord_conductance)

    @cached_property
    def cells(self) -> tuple[CompactFit, SweepPlan] | None:
        """The cells as polynomials for inputs within `v_range`, and the plan with them; None: use the reference."""
        return compact_cells(self, driven_box(self.column_response, *self.driven_range))

    @cached_property
    def dense(self) -> tuple[VoltageBox, float, DenseLines] | None:
        """Dense lines with their cells for inputs within `v_range`; None: use the reference."""
        return dense_lines(self, driven_box(self.column_response, *self.driven_range))

    @property
    def driven_range(self) -> tuple[float, float]:
        """The range of inputs, relative to v_ref [V]."""
        v_ref = self.spec.sense.v_ref
        return self.v_range[0] - v_ref, self.v_range[1] - v_ref

    def box_of(self, drive: np.ndarray, pull: np.ndarray | None) -> VoltageBox:
        """Return what cells reach for inputs (batch, rows) and sense nodes (batch, cols), relative to v_ref [V]."""
        driven = driven_box(self.column_response, float(drive.min()), float(drive.max()))
        if pull is None:
            return driven
        return pulled_box(driven, max(-float(pull.min()), 0.0), max(float(pull.max()), 0.0))


def plan_of_wires(wires: WireGrid, g0: np.ndarray) -> SweepPlan | None:
    """Return the sweeps' plan for cells of conductances g0 (rows, cols) [S]; None for straps too, see `sweep_plan`."""
    return None if is_strapped(wires) else sweep_plan(*end_resistances(wires), g0)


def is_strapped(wires: WireGrid) -> bool:
    """Tell whether a wire has a strap, so that it is no chain of segments."""
    return wires.strap_row is not None or wires.strap_col is not None


def given_digests(spec: ArraySpec, g: np.ndarray, wires: WireGrid, **surfaces: CellSurface | None) -> dict[str, str]:
    """Return the digests of what an array was given besides its specification, for `Provenance.given`.

    Args:
        spec: The specification.
        g: Conductances (rows, cols) [S].
        wires: Segment resistances [ohm]; they count only where they are not the specification's.
        surfaces: Characterized cells by name.
    """
    digests = {name: surface.digest for name, surface in surfaces.items() if surface is not None}
    other_wires = {} if wires == spec.wires else {"wires": content_digest(wires)}
    return {"g": content_digest(g), **digests, **other_wires}


@checked
def terminal_matrices(plan: SweepPlan, *, threads: Count = 1) -> TerminalMatrices | None:
    """Solve a linear array for one volt at each input; None when the sweeps do not settle."""
    swept = sweep_batch(plan, np.eye(plan.rows), tol=MATRIX_TOLERANCE, most=MOST_PASSES, threads=threads)
    if not np.all(swept.passes > 0):
        return None
    return TerminalMatrices(swept.i_out, swept.i_row, swept.residual, int(swept.passes.max()))


def _factored_matrices(array: LinearArray) -> TerminalMatrices:
    """Solve a linear array for one volt at each input by its sparse factor, which leaves rounding unbalanced."""
    rows = array.grid.rows
    unit = solve_linear(array, np.eye(rows))
    rounding = np.full(rows, 4 * np.finfo(float).eps * array.matrix.diagonal().max(initial=0.0))
    return TerminalMatrices(unit.i_out, unit.i_row, rounding, 1)


def compact_cells(array: PreparedArray, box: VoltageBox) -> tuple[CompactFit, SweepPlan] | None:
    """Refit the cells over a box; None where sweeps cannot be used or the box leaves the surface."""
    if array.surface is None or array.plan is None:
        return None
    fitted = _fitted(array, array.surface, box)
    if fitted is None:
        return None
    coefficients = contract(fitted, array.surface, array.g, array.chord_conductance)
    forward, reverse = split_terms(coefficients, fitted.shape)
    plan = array.plan._replace(law=law_of(fitted.shape), forward=forward, reverse=reverse)
    return fitted.of(array.surface, array.g), plan


def _fitted(array: PreparedArray, surface: CellSurface, box: VoltageBox) -> CompactFit | None:
    """Refit a surface over a box; None where the box is empty or leaves the surface, or no polynomial is good."""
    if box.v_high <= box.v_low or not within(surface, box, array.spec.sense.v_ref):
        return None
    fitted = fit(surface, box, array.spec.sense.v_ref)
    assert array.surface is not None
    allowed = _WORSE * max(surface.bound, TOLERANCE) * surface.i_max
    bent = 0.0 if surface.transistor is None else _BENT * array.surface.i_max
    return None if fitted.error * surface.i_max > max(allowed, bent) else fitted


def dense_lines(array: PreparedArray, box: VoltageBox) -> tuple[VoltageBox, float, DenseLines] | None:
    """Refit the cells of dense lines over a box.

    Returns:
        The box, the largest error of a cell's current by the fit [A], and the lines; None: use the reference.
    """
    if array.surface is None or array.lines is None:
        return None
    error, terms = 0.0, []
    for surface in (array.surface, array.off):
        if surface is None:
            continue
        fitted = _fitted(array, surface, box)
        if fitted is None:
            return None
        terms.append(cell_terms(fitted, surface, array.g, array.chord_conductance))
        error = max(error, fitted.of(surface, array.g).error * surface.i_max)
    on, off = terms[0], _off_terms(array, terms)
    return box, error, DenseLines(*array.lines, array.chord_conductance, on, off)


def _off_terms(array: PreparedArray, terms: list[CellTerms]) -> CellTerms | None:
    """The cells of rows whose gates are off; None where no row is switched off."""
    if not array.skips:
        return None
    return no_current(array.chord_conductance) if array.off is None else terms[1]
