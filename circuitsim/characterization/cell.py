"""Characterize the current of one cell: sweep it in ngspice and fit a smooth surface with an error bound."""

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from circuitsim import spice
from circuitsim.characterization.cache import cached
from circuitsim.characterization.chebyshev import pair_fit, tensor_fit
from circuitsim.characterization.chord import check_chord
from circuitsim.characterization.state_map import AIM, STATE_RTOL
from circuitsim.characterization.states import array_states, reach_of_states, table_deck
from circuitsim.characterization.steps import stepped_range
from circuitsim.characterization.sweep import HELD_OUT_BIAS, HELD_OUT_G, Sweep, deck, plan
from circuitsim.devices import device_card, has_two_states
from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.library import assemble
from circuitsim.netlist import cell_text
from circuitsim.nodal.judgement import RESOLUTION
from circuitsim.nodal.plain_law import plain_currents
from circuitsim.nodal.surface import cell_law
from circuitsim.resources import surface_cache
from circuitsim.results import CellSurface, Provenance
from circuitsim.results.model_files import SURFACE_SCHEMA, load_surface, save_surface
from circuitsim.spec import ArraySpec, cell_keys, check_voltage_range, has_bypass

# Nodes in (conductance, |U|, smaller voltage), tried in this order; each grid costs more and resolves more curvature.
GRIDS = ((5, 8, 6), (8, 12, 8), (10, 16, 12), (12, 24, 16), (24, 64, 20))  # the last for gates near threshold
# A transistor that stores the state changes from subthreshold to strong inversion with the conductance.
TRANSISTOR_GRIDS = ((10, 12, 8), (24, 16, 10), (40, 24, 12), (64, 24, 12))
TRANSISTOR_SCALE = 0.1  # scale of its conductance coordinate, as a fraction of the largest conductance
SMOOTH = 1e-10  # bound, as a fraction of full-scale current, at the resolution of ngspice: no finer grid is tried
ROUGH = 1e-3  # bound, as a fraction of full-scale current, above which a surface is rejected
FIT_VERSION = 2  # increase it when the fit changes, so that surfaces in users' caches are computed again
OHMIC = 1e-8  # fraction of full scale by which the current of a device stated to be ohmic may differ from g v


@dataclass(frozen=True)
class _Subject:
    """What is characterized: the cell of an array, over ranges of conductances [S] and voltages [V], at a gate [V]."""

    spec: ArraySpec
    g_range: tuple[float, float]
    v_range: tuple[float, float]
    v_gate: float | None
    simulator: spice.Simulator

    def run(self, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray) -> spice.RawResult:
        """Read cells of conductances g (cells,) at the bias points."""
        states = array_states(self.spec, g)
        text = deck(self.spec, g if states is None else states, v_bl, v_sl, v_gate=self.v_gate)
        # A cell that overflows at its bias and would step gmin for many minutes is ended.
        limit = spice.time_limit(text, self.simulator, least_s=spice.LEAST_OF_CELLS_S)
        return spice.run(text, simulator=self.simulator, time_limit_s=limit)

    def key(self) -> str:
        """Digest of all inputs: circuit, files, states, voltages, simulator and its options, and the fit."""
        ends = np.zeros(2) if cell_text(self.spec).takes_g is False else np.array(self.g_range)
        probe = deck(self.spec, ends, np.array(self.v_range), np.zeros(2), v_gate=self.v_gate)
        stored = (table_deck(self.spec), self.g_range, AIM, has_two_states(self.spec), self.spec.device.g_min)
        fit = (_grids(self.spec), SMOOTH, ROUGH, RESOLUTION, HELD_OUT_G, HELD_OUT_BIAS, SURFACE_SCHEMA, FIT_VERSION)
        truth = sorted(spice.TRUTH_OPTIONS.items())
        about = (assemble(probe, Path()).digest, stored, self.simulator.version_text, truth, fit)
        return hashlib.sha256(repr(about).encode()).hexdigest()


def cell(
    spec: ArraySpec,
    *,
    v_range: tuple[float, float] | None = None,
    g_range: tuple[float, float] | None = None,
    v_gate: float | None = None,
    cache: Path | None = None,
    simulator: spice.Simulator | None = None,
) -> CellSurface:
    """Characterize the cell of an array: its current over (g, v_bl, v_sl) at one word-line voltage.

    A device that stores something else than its conductance is characterized at the states that give the conductances,
    found as level "ngspice" finds them; of a device with two states, both are characterized and nothing between them.

    Surfaces are cached. The key of the cache covers the text of the deck, the contents of every file that it includes,
    the simulator and its options, and the fit.

    Args:
        spec: The array; only its cell, temperature and read voltage matter.
        v_range: Range of the bit-line and source-line voltages [V]; None: v_ref to v_ref + v_read. It is widened
            around v_ref in steps of 1.25 from v_read, so that similar ranges share a surface, and to include v_ref.
        g_range: Range of the conductances [S]; None: g_min to g_max. A wider one holds for drawn conductances, see
            `stepped_conductances`.
        v_gate: Gate voltage of the cell [V], at the states that the selected gate defines; None: that of a selected
            row.
        cache: Folder of cached surfaces; None: the user's cache folder.
        simulator: The ngspice to use; None: the one that `spice.find_ngspice` finds.

    Returns:
        The surface, with its largest error on points to which it was not fitted.

    Raises:
        SimulatorError: ngspice failed; the run folder is kept.
        InputError: `v_range` or `g_range` is empty or not finite.
        OutsideRangeError: The current is not smooth enough, for example because the device switches within the range,
            or the state reaches only a part of the conductances.

    Valid for: quasi-static reads that do not disturb the state.
    """
    check_voltage_range(v_range)
    if g_range is not None and not 0 < g_range[0] < g_range[1] < np.inf:
        raise InputError(f"g_range = {g_range} S: expected a lower end above 0 and a finite higher one")
    check_chord(spec)
    simulator = simulator or spice.find_ngspice()
    v_ref = spec.sense.v_ref
    low, high = stepped_range(v_range, spec.driver.v_read, v_ref) if v_range else spec.drive_range
    widest = (min(low, v_ref), max(high, v_ref))
    subject = _Subject(spec, _reached(spec, g_range), widest, v_gate, simulator)
    key = subject.key()
    surface = cached(
        (cache or surface_cache()) / f"{key}.npz",
        load=partial(load_surface, key=key),
        make=lambda: _best_surface(subject),
        save=partial(save_surface, key=key),
    )
    return replace(surface, cell=cell_keys(spec, v_gate=v_gate))  # cells with the same circuit share a file


def _reached(spec: ArraySpec, g_range: tuple[float, float] | None) -> tuple[float, float]:
    """Return the range to characterize: that of the array, which a searched state must reach, or a wider one [S].

    Raises:
        OutsideRangeError: The state reaches only a part of g_min to g_max; says which.
    """
    least, most = spec.device.g_min, spec.device.g_max
    reach = reach_of_states(spec)
    if reach is None:
        return g_range or (least, most)
    for key, g in (("g_min", least), ("g_max", most)):
        if not reach[0] * (1 - STATE_RTOL) <= g <= reach[1] * (1 + STATE_RTOL):
            gate = "" if spec.device.v_gate is None else f" and device.v_gate = {spec.device.v_gate:g} V"
            raise OutsideRangeError(
                f"device.{key} = {g:g} S: the states of {device_card(spec).name} reach from {reach[0]:.6g} to "
                f"{reach[1]:.6g} S at v_read = {spec.driver.v_read:g} V{gate}, 27 °C"
            )
    low, high = g_range or (least, most)
    return max(low, min(reach[0], least)), min(high, max(reach[1], most))


def _grids(spec: ArraySpec) -> tuple[tuple[int, int, int], ...]:
    """Return the grids to try, the cheapest first."""
    return TRANSISTOR_GRIDS if spec.array.cell == "1t" else GRIDS


def gated_cells(spec: ArraySpec, *, g_range: tuple[float, float] | None = None) -> tuple[CellSurface, CellSurface]:
    """Characterize the cells of an array whose input switches gates, for input 1 and for input 0.

    In a string of 1t1r cells the transistor is in parallel with the device and bypasses it when its gate is on; this is
    input 0.

    Args:
        spec: The array.
        g_range: As in `cell`.

    Returns:
        The surfaces for input 1 and input 0.

    Raises:
        SimulatorError: ngspice failed; the run folder is kept.
        OutsideRangeError: The current of a cell near its threshold is not smooth enough.
    """
    _reached(spec, g_range)  # no level reads a conductance that the state does not reach
    try:
        on = cell(spec, g_range=g_range)
        off = cell(spec, g_range=g_range, v_gate=0.0)
    except OutsideRangeError as error:
        raise OutsideRangeError(
            f"level = 'nodal' cannot describe the cells of input_line = {spec.array.input_line!r} here, use level = "
            f"'ngspice' or a narrower range of conductances: {error}"
        ) from None
    return (off, on) if has_bypass(spec) else (on, off)


def check_contents(spec: ArraySpec, surface: CellSurface) -> None:
    """Refuse an array whose SPICE files hold something else than those that its cell was characterized with.

    Raises:
        InputError: The contents differ.
    """
    now, then = cell_text(spec).digest, surface.provenance.files_digest
    if then is not None and now != then:
        raise InputError(
            f"the SPICE files or device folders of this array differ from those that its cell was characterized with "
            f"(contents {now[:12]}, not {then[:12]}): characterize or calibrate the array again"
        )


def check_ohmic(spec: ArraySpec) -> None:
    """Check in ngspice that a device stated to be ohmic is ohmic from v_ref to v_ref + v_read.

    Raises:
        InputError: The current differs from g v by more than the error of its characterization; says by how much.
        SimulatorError, OutsideRangeError: As `cell`.
    """
    surface = cell(spec)
    volts = np.linspace(*surface.m_range, 9)
    points = np.geomspace(*surface.g_range, 5)[:, None, None], volts[:, None], volts
    off = np.abs(cell_law(surface, *points)[0] - cell_law(None, *points)[0]).max() / surface.i_max
    if off > max(10 * surface.bound, OHMIC):
        raise InputError(
            f"device.folder = {str(spec.device.folder)!r}: ohmic = true in its device.toml, but the current in ngspice "
            f"deviates from g v by {off:.1e} of full scale; expected ohmic = false"
        )


def _best_surface(subject: _Subject) -> CellSurface:
    g_scale, g_parallel = _conductance_scales(subject)
    surfaces = []
    for grid in _grids(subject.spec):
        sweep = plan(subject.spec, subject.v_range, g_scale, grid, subject.g_range)
        surfaces.append(_surface(subject, sweep, g_parallel))
        if surfaces[-1].bound <= SMOOTH:
            break
    best = min(surfaces, key=lambda surface: surface.bound)
    if not (best.bound <= ROUGH or best.bound * best.i_max <= RESOLUTION):
        low, high = subject.v_range
        raise OutsideRangeError(
            f"the cell's current is not smooth between {low:g} V and {high:g} V: the best surface is off "
            f"by {best.bound:.1e} of full scale, expected at most {ROUGH:g}; {_remedy(best)} or check the model"
        )
    return best


def _remedy(surface: CellSurface) -> str:
    """Return what to narrow: the range along which the coefficients of the surface fall least."""
    tails = []
    for axis in range(3):
        lines = np.moveaxis(surface.forward, axis, 0)
        tails.append(float(np.abs(lines[-1]).max() / np.abs(lines[0]).max()))
    return "narrow device.g_min to device.g_max" if int(np.argmax(tails)) == 0 else "narrow driver.v_read"


def _conductance_scales(subject: _Subject) -> tuple[float, float]:
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
    raw = subject.run(np.array([g]), v_bl, v_sl)
    k = float(raw["i(vs_0)"][0] / (g * u))
    if bypassed and k > 1:
        return g * (k - 1), g * (k - 1)
    # The limits are those of a gate that is off, and of a 1R cell, which has no series resistance.
    return (float(np.clip(g_max * k / (1 - k), weakest, strongest)) if 0 < k < 1 else strongest), 0.0


def _surface(subject: _Subject, sweep: Sweep, g_parallel: float) -> CellSurface:
    raw = subject.run(sweep.g, sweep.v_bl, sweep.v_sl)
    current = np.stack([raw[f"i(vs_{k})"] for k in range(len(sweep.g))], axis=1)  # (points, conductances) [A]
    two_states = has_two_states(subject.spec)
    n_t, count = sweep.grid[0], len(sweep.u)
    forward, reverse = (
        (pair_fit if two_states else tensor_fit)(
            (current[points, :n_t] / (sign * sweep.u[:, None] * (sweep.g[:n_t] + g_parallel))).T.reshape(sweep.grid)
        )
        for sign, points in ((1.0, slice(0, count)), (-1.0, slice(count, 2 * count)))
    )
    surface = CellSurface(
        forward=forward,
        reverse=reverse,
        g_range=subject.g_range,
        g_scale=sweep.g_scale,
        u_max=subject.v_range[1] - subject.v_range[0],
        m_range=subject.v_range,
        bound=0.0,
        i_max=float(np.abs(current[-2:]).max()) or RESOLUTION,  # a gate that is off may let nothing through
        two_states=two_states,
        g_parallel=g_parallel,
        provenance=Provenance(
            level="ngspice",
            spec_digest=None,  # the first array that needs the cell fills the cache for all others
            files_digest=cell_text(subject.spec).digest,
            deck_digest=raw.deck_digest,
            ngspice=str(subject.simulator.version),
            options=dict(raw.options),
        ),
    )
    return replace(surface, bound=_bound(surface, sweep, current))


def _bound(surface: CellSurface, sweep: Sweep, current: np.ndarray) -> float:
    """Return the largest error on the held-out points, relative to the full-scale current."""
    v_bl, v_sl, g = sweep.v_bl[sweep.held_out], sweep.v_sl[sweep.held_out], sweep.g[sweep.grid[0] :]
    error = plain_currents(surface, g, v_bl, v_sl).T - current[sweep.held_out, sweep.grid[0] :]
    return float(np.abs(error).max() / surface.i_max)
