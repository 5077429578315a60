"""Evaluate a characterized cell: its coordinates, current and slopes, and the range it holds in.

Every reader of a `CellSurface` comes through here. `cell_law` evaluates it at points, `cells_law` all cells of an array
at the same number of points each. `surface_chords` leaves the conductance open, or takes one pair of voltages for all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev

from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.nodal.lanes import WIDTH
from circuitsim.nodal.series_cells import evaluate_series, surface_box
from circuitsim.nodal.surface_cells import evaluate_cells
from circuitsim.nodal.surface_points import conductance_coordinate, evaluate_points, to_unit
from circuitsim.results import CellSurface, Provenance
from circuitsim.spec import ArraySpec, cell_keys, checked

# Programmed values and solved voltages reach the ends of a range to rounding: this much of a span is let pass.
_SLACK = 1e-9


def unit_nodes(count: int) -> np.ndarray:
    """Return the first-kind Chebyshev nodes (count,) in −1 … 1, the largest first; the ends are never among them."""
    return np.cos(np.pi * (np.arange(count) + 0.5) / count)


def unit_conductance(surface: CellSurface, g: np.ndarray) -> np.ndarray:
    """Return the conductance coordinate of g [S], with the surface's range mapped to −1 … 1; any shape."""
    low, high = (conductance_coordinate(edge, surface.g_scale) for edge in surface.g_range)
    if surface.g_scale == 0:
        g = np.where(np.asarray(g) > 0, g, surface.g_range[0])  # an open cell has no logarithm, and carries nothing
    return to_unit(conductance_coordinate(g, surface.g_scale), low, high)


def conductance_nodes(count: int, g_range: tuple[float, float], g_scale: float) -> np.ndarray:
    """Return the conductances (count,) [S] at the first-kind Chebyshev nodes of the conductance coordinate.

    They lie between the ends of the range, the largest first.
    """
    low, high = (conductance_coordinate(edge, g_scale) for edge in g_range)
    t = 0.5 * (low + high) + 0.5 * (high - low) * unit_nodes(count)
    return g_scale * t / (1.0 - t) if g_scale > 0 else np.exp(t)


@checked
def ohmic(g_range: tuple[float, float], v_range: tuple[float, float], *, r_series: float = 0.0) -> CellSurface:
    """Return the surface of a resistor in series with `r_series`: i = U / (1/g + r_series).

    Args:
        g_range: Smallest and largest conductance [S].
        v_range: Smallest and largest voltage of either terminal [V].
        r_series: Constant resistance in series with every cell [ohm].
    """
    g_scale = 1.0 / r_series if r_series else g_range[1]
    low, high = (conductance_coordinate(g, g_scale) for g in g_range)
    # k = 1 / (1 + g·r_series) = 1 − t: exact in degree one.
    k = np.array([1.0 - (low + high) / 2, -(high - low) / 2]) if r_series else np.array([1.0, 0.0])
    span = v_range[1] - v_range[0]
    return CellSurface(
        forward=k[:, None, None],
        reverse=k[:, None, None],
        g_range=g_range,
        g_scale=g_scale,
        u_max=span,
        m_range=v_range,
        bound=0.0,
        i_max=span / (1.0 / g_range[1] + r_series),
        provenance=Provenance(level="nodal", spec_digest=None, options={"surface": "ohmic"}),
    )


@checked
def cell_current(surface: CellSurface, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray) -> np.ndarray:
    """Evaluate the current of cells from bit line to source line.

    Args:
        g: Conductances [S]; 0 is an open cell.
        v_bl: Voltages of the bit line (row) at the cell [V].
        v_sl: Voltages of the source line (column) at the cell [V]. All three broadcast; it is fastest when g changes
            along the leading axes only.

    Returns:
        Currents [A], of the broadcast shape, positive from bit line to source line.

    Raises:
        OutsideRangeError: A voltage or conductance is outside the surface; names cell, value and range.
        InputError: A value is not finite, or a conductance is negative.
    """
    check_surface_range(surface, g)
    check_voltages(surface, g, v_bl, v_sl)
    return cell_law(surface, g, v_bl, v_sl)[0]


@checked
def cell_current_and_slopes(
    surface: CellSurface, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Evaluate current [A] and its derivatives with respect to v_bl and v_sl [S]; see `cell_current`."""
    check_surface_range(surface, g)
    check_voltages(surface, g, v_bl, v_sl)
    current, along_bl, along_sl, _ = cell_law(surface, g, v_bl, v_sl)
    return current, along_bl, along_sl


@checked
def slope_in_g(surface: CellSurface, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray) -> np.ndarray:
    """Evaluate the derivative of the current with respect to the programmed conductance [V]; see `cell_current`.

    For an open cell it is 0: the surface does not reach g = 0.
    """
    check_surface_range(surface, g)
    check_voltages(surface, g, v_bl, v_sl)
    return cell_law(surface, g, v_bl, v_sl)[3]


def cell_law(
    surface: CellSurface | None, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Evaluate current [A], slopes in v_bl and v_sl [S] and slope in g [V] without any check; None is an ohmic cell.

    Outside the box the coefficient k keeps its value at the edge, so that an iteration may pass through there.
    """
    g, v_bl, v_sl = np.broadcast_arrays(np.asarray(g, float), np.asarray(v_bl, float), np.asarray(v_sl, float))
    if surface is None:
        u = v_bl - v_sl
        return g * u, g, -g, u
    out = np.empty((4, g.size))
    # Copies: views of what was broadcast are another type to Numba.
    flat = g.flatten(), v_bl.flatten(), v_sl.flatten()
    if surface.transistor is None:
        forward, reverse = (np.ascontiguousarray(side, dtype=float) for side in (surface.forward, surface.reverse))
        evaluate_points(forward, reverse, surface_box(surface), *flat, out)
    else:
        evaluate_series(surface, *flat, out)
    current, along_bl, along_sl, along_g = out.reshape(4, *g.shape)
    return current, along_bl, along_sl, along_g


@dataclass(frozen=True)
class CellPolynomials:
    """The cells of an array with their conductances put into a surface, ready for `cells_law`.

    Equal conductances share one polynomial: an array of a few levels costs little, and stays in the cache.

    | field | shape and unit | meaning |
    |---|---|---|
    | surface | | the characterized cell |
    | g | (conductances,) [S] | every conductance that occurs, once |
    | which | (rows, cols) | index of each cell's conductance |
    | forward, reverse | (conductances, n_u · n_m) | coefficients of k(u, m); none with a transistor in series |
    """

    surface: CellSurface
    g: np.ndarray
    which: np.ndarray
    forward: np.ndarray
    reverse: np.ndarray


def cell_polynomials(surface: CellSurface, g: np.ndarray) -> CellPolynomials:
    """Put the conductances (rows, cols) [S] of an array into a surface."""
    kinds, which = np.unique(g, return_inverse=True)
    if surface.transistor is not None:
        none = np.empty((len(kinds), 0))
        return CellPolynomials(surface, kinds, which.reshape(g.shape), none, none)
    sides = [np.ascontiguousarray(side, dtype=float) for side in (surface.forward, surface.reverse)]
    in_t = chebyshev.chebvander(unit_conductance(surface, kinds), max(map(len, sides)) - 1)
    forward, reverse = (in_t[:, : len(side)] @ side.reshape(len(side), -1) for side in sides)
    return CellPolynomials(surface, kinds, which.reshape(g.shape), forward, reverse)


def cells_law(
    cells: CellPolynomials, v_bl: np.ndarray, v_sl: np.ndarray, *, sloped: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Evaluate the cells of an array, each at several voltages, as `cell_law` does: current and slope in v_bl alone.

    Args:
        cells: From `cell_polynomials`.
        v_bl, v_sl: Voltages (rows, cols, points) [V].
        sloped: Whether the slope is wanted; if not, it is empty.

    Returns:
        Currents [A] and slopes [S], of the shape of the voltages; equal to those of `cell_law` to rounding.
    """
    surface, (shape, size) = cells.surface, (v_bl.shape, v_bl.size)
    if surface.transistor is not None:
        current, slope = cell_law(surface, cells.g[cells.which][..., None], v_bl, v_sl)[:2]
        return current, slope if sloped else np.empty(0)
    v_bl, v_sl = (np.append(v, np.zeros(WIDTH)) for v in (v_bl, v_sl))
    current, slope = np.empty(size + WIDTH), np.empty(size + WIDTH if sloped else 0)
    counts = np.array([side.shape[1:] for side in (surface.forward, surface.reverse)]).ravel()
    box = np.array([surface.g_parallel, surface.u_max, *surface.m_range])
    evaluate_cells(
        cells.forward, cells.reverse, counts, box, cells.g, cells.which.ravel(), shape[-1], v_bl, v_sl, current, slope
    )
    return current[:size].reshape(shape), slope[:size].reshape(shape) if sloped else slope


def check_surface_range(surface: CellSurface | None, g: np.ndarray) -> None:
    """Refuse conductances that the surface does not hold for.

    Raises:
        InputError: A conductance is negative or not finite; names the cell.
        OutsideRangeError: A conductance other than 0 is outside the range, or between two states; names the cell and
            the range.
    """
    g = np.asarray(g, float)
    _refuse_first(g, ~(np.isfinite(g) & (g >= 0)), "expected a finite conductance >= 0", InputError)
    if surface is not None:
        low, high = surface.g_range
        bad = (g != 0) & ((g < low * (1 - _SLACK)) | (g > high * (1 + _SLACK)))
        _refuse_first(g, bad, f"the surface holds for 0 and {low:g} … {high:g} S", OutsideRangeError)
        if surface.two_states:
            between = (g > low * (1 + _SLACK)) & (g < high * (1 - _SLACK))
            expected = f"the device has two states, {low:g} and {high:g} S, expected one of them or 0, an open cell"
            _refuse_first(g, between, expected, OutsideRangeError)


def check_cell(surface: CellSurface | None, spec: ArraySpec, *, v_gate: float | None = None) -> None:
    """Refuse a surface that was made for another cell than that of an array.

    Args:
        surface: The surface; None, or one that belongs to no specification, passes.
        spec: The array.
        v_gate: Gate voltage of the cell [V]; None: that of a selected row.

    Raises:
        InputError: The cells differ; names the first key that does, with both values.
    """
    if surface is None or not surface.cell:
        return
    here, there = cell_keys(spec, v_gate=v_gate), surface.cell
    if here == there:
        return
    key = next(key for key in (*here, *there) if here.get(key) != there.get(key))
    raise InputError(
        f"the surface was made for another cell, with {key} = {there.get(key, 'none')}, not {here.get(key, 'none')}: "
        "expected that of this array, from circuitsim.levels.surface_of(spec)"
    )


def check_voltages(surface: CellSurface, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray) -> None:
    """Refuse voltages outside the surface's range; at an open cell any voltage will do.

    Shapes are (rows, cols) or (batch, rows, cols).

    Raises:
        OutsideRangeError: Names the first cell, its voltages and the range.
        InputError: A voltage is not finite.
    """
    g, v_bl, v_sl = np.broadcast_arrays(g, v_bl, v_sl)
    if not (np.all(np.isfinite(v_bl)) and np.all(np.isfinite(v_sl))):
        raise InputError("a cell voltage is not finite: expected numbers")
    u, m = np.abs(v_bl - v_sl), np.minimum(v_bl, v_sl)
    low, high = surface.m_range
    slack = _SLACK * max(high - low, surface.u_max)
    bad = (g != 0) & ((u > surface.u_max + slack) | (m < low - slack) | (m > high + slack))
    if np.any(bad):
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        vector = f"vector {at[0]}, " if len(at) == 3 else ""
        raise OutsideRangeError(
            f"{vector}cell {list(at[-2:])}: v_bl = {v_bl[at]:g} V, v_sl = {v_sl[at]:g} V is outside the surface: "
            f"|v_bl − v_sl| <= {surface.u_max:g} V and min(v_bl, v_sl) in {low:g} … {high:g} V"
        )


def _refuse_first(g: np.ndarray, bad: np.ndarray, expectation: str, error: type[InputError]) -> None:
    if np.any(bad):
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        raise error(f"g{list(at)} = {g[at]:g} S: {expectation}")
