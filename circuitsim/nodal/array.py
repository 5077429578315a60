"""An array with its conductances programmed: everything that does not depend on its inputs."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from circuitsim.errors import InputError
from circuitsim.nodal.abilities import SIMULATES
from circuitsim.nodal.blocks import sweep_batch
from circuitsim.nodal.compact import CompactFit, VoltageBox, contract, fit, within
from circuitsim.nodal.linear import LinearArray, linear_network, solve
from circuitsim.nodal.modes import SweepPlan, sweep_plan
from circuitsim.nodal.network import check_wires, end_resistances
from circuitsim.nodal.surface import cell_law, check_conductances, chord
from circuitsim.results import CellSurface
from circuitsim.spec import ArraySpec, WireGrid, check_able
from circuitsim.spec.arrays import check_conductances as check_programmed

TOLERANCE = 1e-9  # of the largest terminal current: below the bound of most surfaces
MOST_PASSES = 200  # a passive array with modes removed needs 3 to 10; beyond, factoring it is faster
MATRIX_TOLERANCE = 1e-12  # a matrix is used many times
_LARGEST_MATRIX = 128**3  # rows² · cols up to which a matrix costs less than a few dozen reads
_WORSE = 3.0  # than the surface itself: such a fit is not used
_MARGIN = 1.25  # column voltages of a nonlinear array against those of its chord


@dataclass(frozen=True)
class TerminalMatrices:
    """A linear array between its terminals, voltages relative to v_ref.

    Attributes:
        w: (rows, cols) [S]: i_out = v_in @ w.
        y: (rows, rows) [S]: i_row = v_in @ y.
        residual: (rows,) largest unbalanced current at a node per volt at each input [S].
        passes: Passes used.
    """

    w: np.ndarray
    y: np.ndarray
    residual: np.ndarray
    passes: int


@dataclass(frozen=True)
class PreparedArray:
    """An array with its conductances programmed.

    Attributes:
        spec: The specification.
        g: (rows, cols) programmed conductances [S].
        surface: The characterized cell; None for ohmic 1R cells.
        wires: Segment resistances [ohm].
        v_range: Inputs the cells are prepared for [V]; others are read too, after preparing anew.
    """

    spec: ArraySpec
    g: np.ndarray
    surface: CellSurface | None
    wires: WireGrid
    v_range: tuple[float, float]

    @cached_property
    def chord_conductance(self) -> np.ndarray:
        """(rows, cols) i/U [S] at three quarters of the largest input: between the slopes of a cell that bends."""
        v_ref = self.spec.sense.v_ref
        furthest = max(self.v_range, key=lambda v: abs(v - v_ref))
        return chord(self.surface, self.g, v_ref + 0.75 * (furthest - v_ref), v_ref)

    @cached_property
    def factored(self) -> LinearArray:
        """The array with chord conductances, factored for the reference solver."""
        return linear_network(self.wires, self.chord_conductance)

    @cached_property
    def plan(self) -> SweepPlan | None:
        """Factors and modes of the sweeps for chord conductances; None where the wiring does not allow sweeps."""
        return sweep_plan(*end_resistances(self.wires), self.chord_conductance)

    @cached_property
    def spec_digest(self) -> str:
        """`spec.digest`, computed once."""
        return self.spec.digest

    @cached_property
    def matrices(self) -> TerminalMatrices | None:
        """What an ohmic array of moderate size is between its terminals; None for others, which are swept."""
        size = self.wires.rows**2 * self.wires.cols
        if self.surface is not None or size > _LARGEST_MATRIX:
            return None
        found = None if self.plan is None else terminal_matrices(self.plan)
        return found or _factored_matrices(self.factored)

    @cached_property
    def column_response(self) -> float:
        """Highest column voltage per volt at all inputs, with chord conductances."""
        if self.plan is None:
            return 1.0
        return sweep_batch(self.plan, np.ones((1, self.wires.rows)), tol=1e-3, most=MOST_PASSES).w_high

    @cached_property
    def cells(self) -> tuple[CompactFit, SweepPlan] | None:
        """The cells as polynomials for inputs within `v_range`, and the plan with them; None: use the reference."""
        v_ref = self.spec.sense.v_ref
        return compact_cells(self, voltage_box(self, self.v_range[0] - v_ref, self.v_range[1] - v_ref))


def terminal_matrices(plan: SweepPlan, *, threads: int = 1) -> TerminalMatrices | None:
    """Solve a linear array for one volt at each input; None when the sweeps do not settle."""
    found = sweep_batch(plan, np.eye(plan.rows), tol=MATRIX_TOLERANCE, most=MOST_PASSES, threads=threads)
    if not np.all(found.passes > 0):
        return None
    return TerminalMatrices(found.i_out, found.i_row, found.residual, int(found.passes.max()))


def _factored_matrices(array: LinearArray) -> TerminalMatrices:
    """The same by the sparse factor; what it leaves unbalanced is rounding."""
    rows = array.network.rows
    unit = solve(array, np.eye(rows))
    rounding = np.full(rows, 4 * np.finfo(float).eps * array.matrix.diagonal().max(initial=0.0))
    return TerminalMatrices(unit.i_out, unit.i_row, rounding, 1)


def voltage_box(array: PreparedArray, v_low: float, v_high: float) -> VoltageBox:
    """Voltages relative to v_ref [V] that cells reach when inputs lie between the two; v_ref is always inside."""
    v_low, v_high = min(v_low, 0.0), max(v_high, 0.0)
    reach = min(_MARGIN * array.column_response, 1.0)
    return VoltageBox(v_low, v_high, reach * v_low, reach * v_high)


def compact_cells(array: PreparedArray, box: VoltageBox) -> tuple[CompactFit, SweepPlan] | None:
    """Refit the cells over a box; None where sweeps cannot be used or the box leaves the surface."""
    if array.surface is None or array.plan is None or box.v_high <= box.v_low:
        return None
    if not within(array.surface, box, array.spec.sense.v_ref):
        return None
    found = fit(array.surface, box, array.spec.sense.v_ref)
    if found.error > _WORSE * max(array.surface.bound, TOLERANCE):
        return None
    coefficients = contract(found, array.surface, array.g, array.chord_conductance)
    return found, array.plan._replace(coefficients=coefficients, shape=found.shape)


def prepare(
    spec: ArraySpec,
    g: np.ndarray,
    surface: CellSurface | None = None,
    *,
    wires: WireGrid | None = None,
    v_range: tuple[float, float] | None = None,
    g_range: tuple[float, float] | None = None,
) -> PreparedArray:
    """Program an array: everything that does not depend on its inputs.

    Args:
        spec: The specification.
        g: Conductances (rows, cols) [S]; 0 is an open cell.
        surface: The characterized cell. None is allowed for 1R cells and takes them as ohmic.
        wires: Segment resistances [ohm] in place of the specification's, for wires that differ from each other.
        v_range: Smallest and largest input expected [V]; None: 0 to v_read, and v_ref.
        g_range: Conductances [S] that cells may take besides 0; None: g_min to g_max of the specification.

    Raises:
        InputError: Shapes do not fit, a value is negative or not finite, or a 1T1R array has no surface.
        OutsideRangeError: A conductance is outside `g_range` or the surface's range.
    """
    check_able(spec, SIMULATES, "the array solver")
    g = check_programmed(spec, g, g_range=g_range)
    if surface is None and spec.array.cell != "1r":
        raise InputError(f"array.cell = {spec.array.cell!r} needs a characterized cell: surface is None")
    check_conductances(surface, g)
    if surface is not None:
        _check_rises(surface)
    wires = spec.wires if wires is None else wires
    check_wires(wires)
    if (wires.rows, wires.cols) != spec.shape:
        raise InputError(f"wires are for {wires.rows} x {wires.cols} cells: expected {spec.shape[0]} x {spec.shape[1]}")
    v_ref = spec.sense.v_ref
    low, high = v_range or (0.0, spec.driver.v_read)
    array = PreparedArray(spec, g, surface, wires, (min(low, v_ref), max(high, v_ref)))
    if array.plan is None:
        array.factored  # noqa: B018  the work belongs here, not to the first read
    elif surface is None:
        array.matrices  # noqa: B018
    else:
        array.cells  # noqa: B018
    return array


def _check_rises(surface: CellSurface) -> None:
    """Refuse a surface whose current does not rise with the bit line and fall with the source line.

    Raises:
        InputError: Names the conductance and the voltages; the array would have several solutions.
    """
    low, high = surface.m_range
    grid = np.linspace(low, high, 17)
    v_bl, v_sl = np.meshgrid(grid, grid, indexing="ij")
    g = np.geomspace(*surface.g_range, 5)[:, None, None]
    current = cell_law(surface, g, v_bl, v_sl)[0]
    outside = np.abs(v_bl - v_sl) > surface.u_max * (1 + 1e-9)
    current[:, outside] = np.nan
    # A saturated transistor's current may fall by the surface's own error; only more than that is refused.
    slack = 2 * max(surface.bound, TOLERANCE) * surface.i_full_scale
    falls = (np.diff(current, axis=1)[:, :, :-1] < -slack) | (np.diff(current, axis=2)[:, :-1] > slack)
    if np.any(falls):
        k, i, j = np.argwhere(falls)[0]
        raise InputError(
            f"the cell's current does not rise with its voltage at g = {g[k, 0, 0]:g} S, v_bl = {grid[i]:g} V, "
            f"v_sl = {grid[j]:g} V: the array may have several solutions; expected a monotonic surface"
        )
