"""Fit the surface of a cell: sweep it on grids that resolve more and more, until its held-out points are met.

First one tensor is fitted to the whole cell. Where the transistor saturates or turns off, the current bends too sharply
for a polynomial; there the device and the transistor are swept alone and put in series. A cell without these two parts
gets finer grids.
"""

import logging
from dataclasses import dataclass, replace

import numpy as np

from circuitsim import spice
from circuitsim.characterization.cell_subject import CellSubject
from circuitsim.characterization.chebyshev import pair_fit, tensor_fit, trimmed
from circuitsim.characterization.kept_runs import deck_provenance
from circuitsim.characterization.sweep import Sweep, plan
from circuitsim.devices import has_two_states
from circuitsim.errors import OutsideRangeError, SimulatorError
from circuitsim.netlist import cell_text
from circuitsim.nodal.judgement import RESOLUTION
from circuitsim.nodal.plain_law import plain_currents
from circuitsim.nodal.surface import cell_law
from circuitsim.results import CellSurface, SeriesTransistor
from circuitsim.spec import ArraySpec, has_bypass

_log = logging.getLogger(__name__)

# Nodes in (conductance, |U|, smaller voltage), tried in this order; each grid costs more and resolves more curvature.
GRIDS = ((5, 8, 6), (8, 12, 8), (10, 16, 12), (12, 24, 16), (24, 64, 20))
# A transistor that stores the state changes from subthreshold to strong inversion with the conductance.
TRANSISTOR_GRIDS = ((10, 12, 8), (24, 16, 10), (40, 24, 12), (64, 24, 12))
# Nodes in (conductance, |U|) of the device alone and in (|U|, smaller voltage) of the transistor alone.
SERIES_GRIDS = (((8, 16), (24, 16)), ((12, 24), (48, 32)), ((24, 48), (96, 64)))
FINEST = (96, 96, 96)  # nodes up to which the last grid grows for a cell that has no series form
GROWTH = 1.5
_SPARE = 4  # nodes kept along an axis beyond the last coefficient that shows
TRANSISTOR_SCALE = 0.1  # scale of its conductance coordinate, as a fraction of the largest conductance
SMOOTH = 1e-10  # bound, as a fraction of full-scale current, at the resolution of ngspice: no finer grid is tried
FINE = 1e-8  # bound, as a fraction of full-scale current, above which the grids end and other means are tried
TRIMMED = 1e-11  # of full scale: coefficients of the parts in series that together carry less are dropped
ABSTOL = float(spice.TRUTH_OPTIONS["abstol"])  # [A], the resolution of ngspice: no fit can be better
ROUGH = 1e-3  # bound, as a fraction of full-scale current, above which a surface is rejected
FIT_VERSION = 7  # increase it when the fit changes, so that surfaces in users' caches are computed again


@dataclass(frozen=True)
class _Fitted:
    """A surface, with the sweep of the whole cell that it is judged by and its currents (points, conductances) [A]."""

    surface: CellSurface
    sweep: Sweep
    current: np.ndarray

    @property
    def enough(self) -> bool:
        """Whether no other fit is worth its time."""
        return self.surface.bound <= FINE or self.surface.bound * self.surface.i_max <= ABSTOL


def fit_settings(spec: ArraySpec) -> tuple:
    """Return every number on which the fit of a cell depends."""
    return (_grids(spec), SERIES_GRIDS, FINEST, GROWTH, TRIMMED, SMOOTH, FINE, ROUGH, RESOLUTION, FIT_VERSION)


def best_surface(subject: CellSubject) -> CellSurface:
    """Fit a cell as well as needed.

    Raises:
        OutsideRangeError: No fit is within `ROUGH`; says what to narrow.
    """
    fits = _tensors(subject)
    if not (best := _best(fits)).enough:
        fits += _in_series(subject, best) if subject.in_series else _grown(subject, fits[-1])
    surface = _best(fits).surface
    if not (surface.bound <= ROUGH or surface.bound * surface.i_max <= RESOLUTION):
        low, high = subject.v_range
        raise OutsideRangeError(
            f"the cell's current is not smooth between {low:g} V and {high:g} V: the best surface is off "
            f"by {surface.bound:.1e} of full scale, expected at most {ROUGH:g}; {_remedy(surface)} or check the model"
        )
    return surface


def _best(fits: list[_Fitted]) -> _Fitted:
    return min(fits, key=lambda fitted: fitted.surface.bound)


def _grids(spec: ArraySpec) -> tuple[tuple[int, int, int], ...]:
    """Return the grids to try, the cheapest first."""
    return TRANSISTOR_GRIDS if spec.array.cell == "1t" else GRIDS


def _tensors(subject: CellSubject) -> list[_Fitted]:
    """Fit one tensor to the whole cell, on grid after grid."""
    g_scale, g_parallel = _conductance_scales(subject)
    fits = []
    for grid in _grids(subject.spec):
        sweep = plan(subject.spec, subject.v_range, g_scale, grid, subject.g_range)
        fits.append(_tensor(subject, sweep, g_parallel))
        if fits[-1].surface.bound <= SMOOTH:
            break
    return fits


def _grown(subject: CellSubject, last: _Fitted) -> list[_Fitted]:
    """Refine the grid along the axes whose coefficients show, until the fit is fine or gains nothing by it.

    The current of a transistor that stores the state is a polynomial of the logarithm of g, over decades of it.
    """
    fits = []
    if subject.spec.array.cell == "1t" and not last.surface.two_states:
        last = _tensor(subject, plan(subject.spec, subject.v_range, 0.0, last.sweep.grid, subject.g_range), 0.0)
        fits.append(last)
    before = np.inf
    while not last.enough and last.surface.bound <= before / GROWTH and (grid := _finer(last)) != last.sweep.grid:
        before = last.surface.bound
        sweep = plan(subject.spec, subject.v_range, last.surface.g_scale, grid, subject.g_range)
        last = _tensor(subject, sweep, last.surface.g_parallel)
        fits.append(last)
    return fits


def _finer(last: _Fitted) -> tuple[int, int, int]:
    """Return a grid with more nodes along each axis whose last coefficients show, and no more than needed elsewhere."""
    surface, grid = last.surface, list(last.sweep.grid)
    for axis in range(1 if surface.two_states else 0, 3):
        sizes = _sizes(surface, axis)
        if sizes[-2:].max() > FINE:
            grid[axis] = min(int(GROWTH * grid[axis]), FINEST[axis])
        else:
            grid[axis] = min(grid[axis], _SPARE + int(np.flatnonzero(sizes > FINE)[-1]))
    return grid[0], grid[1], grid[2]


def _sizes(surface: CellSurface, axis: int) -> np.ndarray:
    """Largest coefficient of each order along an axis, forward or reverse, as a fraction of full-scale current."""
    sides = (np.abs(np.moveaxis(k, axis, 0)).max(axis=(1, 2)) for k in (surface.forward, surface.reverse))
    return np.maximum(*sides) * (surface.g_range[1] * surface.u_max / surface.i_max)


def _remedy(surface: CellSurface) -> str:
    """Return what to narrow: the range along which the coefficients of the surface fall least."""
    if surface.transistor is not None:
        return "narrow driver.v_read"
    tails = []
    for axis in range(3):
        lines = np.moveaxis(surface.forward, axis, 0)
        tails.append(float(np.abs(lines[-1]).max() / np.abs(lines[0]).max()))
    return "narrow device.g_min to device.g_max" if int(np.argmax(tails)) == 0 else "narrow driver.v_read"


def _conductance_scales(subject: CellSubject) -> tuple[float, float]:
    """Return the scale of g on which the cell's current bends, and the conductance beside the device [S].

    At a small voltage U, the cell at the largest g carries g·k·U, so the conductance in series with the device is
    g·k/(1 − k), which is the scale. A device that a transistor bypasses carries i at its smallest g, so that i/U − g is
    beside it, and is the scale. The source line is at the voltage of the range that is closest to 0 V. A transistor
    that is the device has neither.
    """
    (g_min, g_max), v_range = subject.g_range, subject.v_range
    if subject.spec.array.cell == "1t":
        return TRANSISTOR_SCALE * g_max, 0.0
    weakest, strongest = 1e-3 * g_max, 1e3 * g_max
    bypassed = has_bypass(subject.spec) and subject.v_gate is None
    if has_bypass(subject.spec) and not bypassed:
        return strongest, 0.0  # nothing is in series with the device
    g = g_min if bypassed else g_max
    u = 0.01 * (v_range[1] - v_range[0])
    v_sl = np.full(2, np.clip(0.0, *v_range))
    v_bl = v_sl + np.array([u, 2 * u])  # a sweep needs two points
    k = float(subject.read(np.array([g]), v_bl, v_sl)[0][0, 0] / (g * u))
    if bypassed and k > 1:
        return g * (k - 1), g * (k - 1)
    # The limits are those of a gate that is off, and of a 1R cell, which has no series resistance.
    return (float(np.clip(g_max * k / (1 - k), weakest, strongest)) if 0 < k < 1 else strongest), 0.0


def _tensor(subject: CellSubject, sweep: Sweep, g_parallel: float) -> _Fitted:
    current, raw = subject.read(sweep.g, sweep.v_bl, sweep.v_sl)
    forward, reverse = _fit_sides(subject, sweep, current, g_parallel)
    surface = CellSurface(
        forward=forward,
        reverse=reverse,
        g_range=subject.g_range,
        g_scale=sweep.g_scale,
        u_max=subject.v_range[1] - subject.v_range[0],
        m_range=subject.v_range,
        bound=0.0,
        i_max=float(np.abs(current[-2:]).max()) or RESOLUTION,  # a gate that is off may let nothing through
        two_states=has_two_states(subject.spec),
        g_parallel=g_parallel,
        provenance=deck_provenance(raw, cell_text(subject.spec).digest, subject.simulator),
    )
    return _Fitted(_judged(surface, sweep, current), sweep, current)


def _fit_sides(
    subject: CellSubject, sweep: Sweep, current: np.ndarray, g_parallel: float
) -> tuple[np.ndarray, np.ndarray]:
    """Fit k of `CellSurface` (n_t, n_u, n_m), forward and reverse, to the currents on a grid."""
    n_t, count = sweep.grid[0], len(sweep.u)
    fit = pair_fit if has_two_states(subject.spec) else tensor_fit
    forward, reverse = (
        fit((current[points, :n_t] / (sign * sweep.u[:, None] * (sweep.g[:n_t] + g_parallel))).T.reshape(sweep.grid))
        for sign, points in ((1.0, slice(0, count)), (-1.0, slice(count, 2 * count)))
    )
    return forward, reverse


def _in_series(subject: CellSubject, whole: _Fitted) -> list[_Fitted]:
    """Fit the device alone and the transistor alone; judge both in series by the sweep of the whole cell."""
    fits = []
    for (n_t, n_u), of_transistor in SERIES_GRIDS:
        sweep = plan(subject.spec, subject.v_range, whole.surface.g_scale, (n_t, n_u, 1), subject.g_range)
        try:
            current = subject.read(sweep.g, sweep.v_bl, sweep.v_sl, alone="device")[0]
            transistor = _transistor(subject, of_transistor, TRIMMED * whole.surface.i_max / whole.surface.u_max)
        except SimulatorError as error:  # the bound of the tensor says what the cell is left with
            _log.warning("the device and the transistor cannot be swept alone: %s", error)
            break
        forward, reverse = _fit_sides(subject, sweep, current, 0.0)
        allowed = TRIMMED * whole.surface.i_max / (subject.g_range[1] * whole.surface.u_max)
        forward, reverse = trimmed(forward, reverse, allowed=allowed)
        surface = replace(whole.surface, forward=forward, reverse=reverse, transistor=transistor)
        surface = _judged(surface, whole.sweep, whole.current)
        fits.append(replace(whole, surface=surface))
        if surface.bound <= SMOOTH or surface.bound * surface.i_max <= ABSTOL:
            break
    return fits


def _transistor(subject: CellSubject, grid: tuple[int, int], allowed: float) -> SeriesTransistor:
    """Fit the transistor alone over the voltages of the cell, less the last coefficients, to `allowed` [S]."""
    sweep = plan(subject.spec, subject.v_range, subject.g_range[1], (1, *grid), subject.g_range)
    current = subject.read(sweep.g[:1], sweep.v_bl, sweep.v_sl, alone="transistor")[0][:, 0]
    count = len(sweep.u)
    forward, reverse = (
        tensor_fit((side / sweep.u).reshape(grid)) for side in (current[:count], -current[count : 2 * count])
    )
    return SeriesTransistor(*trimmed(forward, reverse, allowed=allowed))


def _judged(surface: CellSurface, sweep: Sweep, current: np.ndarray) -> CellSurface:
    """Return a surface with its largest errors on the held-out points: of full scale, and of each conductance's."""
    g = sweep.g[sweep.grid[0] :]
    v_bl, v_sl = sweep.v_bl[sweep.held_out], sweep.v_sl[sweep.held_out]
    if surface.transistor is None:
        found = plain_currents(surface, g, v_bl, v_sl).T
    else:
        found = cell_law(surface, g, v_bl[:, None], v_sl[:, None])[0]
    error = np.abs(found - current[sweep.held_out, sweep.grid[0] :]).max(axis=0)
    over_g = error / ((g + surface.g_parallel) * surface.u_max)
    return replace(surface, bound=float(error.max() / surface.i_max), bound_over_g=float(over_g.max()))
