"""Characterize the current of one cell: sweep it in ngspice and fit a smooth surface with an error bound."""

import hashlib
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from circuitsim import spice
from circuitsim.characterization.cache import cached
from circuitsim.characterization.chebyshev import tensor_fit
from circuitsim.characterization.chord import check_chord
from circuitsim.characterization.steps import stepped_range
from circuitsim.characterization.sweep import HELD_OUT_BIAS, HELD_OUT_G, Sweep, deck, plan
from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.library import assemble
from circuitsim.netlist import cell_text
from circuitsim.nodal.judgement import RESOLUTION
from circuitsim.nodal.surface import cell_law
from circuitsim.resources import surface_cache
from circuitsim.results import CellSurface, Provenance
from circuitsim.results.model_files import SURFACE_SCHEMA, load_surface, save_surface
from circuitsim.spec import ArraySpec, cell_keys, check_voltage_range, has_bypass

# Nodes in (conductance, |U|, smaller voltage), tried in this order; each grid costs more and resolves more curvature.
GRIDS = ((5, 8, 6), (8, 12, 8), (10, 16, 12), (12, 24, 16), (24, 64, 20))  # the last for gates near threshold
SMOOTH = 1e-10  # bound, as a fraction of full-scale current, at the resolution of ngspice: no finer grid is tried
ROUGH = 1e-3  # bound, as a fraction of full-scale current, above which a surface is rejected
FIT_VERSION = 2  # increase it when the fit changes, so that surfaces in users' caches are computed again
OHMIC = 1e-8  # fraction of full scale by which the current of a device stated to be ohmic may differ from g v


def cell(
    spec: ArraySpec,
    *,
    v_range: tuple[float, float] | None = None,
    cache: Path | None = None,
    simulator: spice.Simulator | None = None,
) -> CellSurface:
    """Characterize the cell of an array: its current over (g, v_bl, v_sl) at the selected word-line voltage.

    Surfaces are cached. The key of the cache covers the text of the deck, the contents of every file that it includes,
    the simulator and its options, and the fit.

    Args:
        spec: The array; only its cell, temperature and read voltage matter.
        v_range: Range of the bit-line and source-line voltages [V]; None: v_ref to v_ref + v_read. It is widened
            around v_ref in steps of 1.25 from v_read, so that similar ranges share a surface, and to include v_ref.
        cache: Folder of cached surfaces; None: the user's cache folder.
        simulator: The ngspice to use; None: the one that `spice.find_ngspice` finds.

    Returns:
        The surface, with its largest error on points to which it was not fitted.

    Raises:
        SimulatorError: ngspice failed; the run folder is kept.
        InputError: `v_range` is empty or not finite.
        OutsideRangeError: The current is not smooth enough, for example because the device switches within the range.

    Valid for: quasi-static reads that do not disturb the state.
    """
    check_voltage_range(v_range)
    check_chord(spec)
    simulator = simulator or spice.find_ngspice()
    v_ref = spec.sense.v_ref
    low, high = stepped_range(v_range, spec.driver.v_read, v_ref) if v_range else spec.drive_range
    widest = (min(low, v_ref), max(high, v_ref))
    key = _key(spec, widest, simulator)
    surface = cached(
        (cache or surface_cache()) / f"{key}.npz",
        load=partial(load_surface, key=key),
        make=lambda: _best_surface(spec, widest, simulator),
        save=partial(save_surface, key=key),
    )
    return replace(surface, cell=cell_keys(spec))  # cells with the same circuit share a file


def gated_cells(spec: ArraySpec) -> tuple[CellSurface, CellSurface]:
    """Characterize the cells of an array whose input switches gates, for input 1 and for input 0.

    In a string of 1t1r cells the transistor is in parallel with the device and bypasses it when its gate is on; this is
    input 0.

    Returns:
        The surfaces for input 1 and input 0.

    Raises:
        SimulatorError: ngspice failed; the run folder is kept.
        OutsideRangeError: The current of a cell near its threshold is not smooth enough.
    """
    part = "device" if spec.access is None else "access"
    try:
        on = cell(spec)
        off = cell(spec.replace(**{part: {"v_gate": 0.0}}))
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


def _key(spec: ArraySpec, v_range: tuple[float, float], simulator: spice.Simulator) -> str:
    """Return a digest of all inputs of a surface: circuit, files, voltages, simulator and its options, and the fit."""
    probe = deck(spec, np.array([spec.device.g_min, spec.device.g_max]), np.array(v_range), np.zeros(2))
    fit = (GRIDS, SMOOTH, ROUGH, RESOLUTION, HELD_OUT_G, HELD_OUT_BIAS, SURFACE_SCHEMA, FIT_VERSION)
    about = (assemble(probe, Path()).digest, simulator.version_text, sorted(spice.TRUTH_OPTIONS.items()), fit)
    return hashlib.sha256(repr(about).encode()).hexdigest()


def _best_surface(spec: ArraySpec, v_range: tuple[float, float], simulator: spice.Simulator) -> CellSurface:
    g_scale = _access_conductance(spec, v_range, simulator)
    surfaces = []
    for grid in GRIDS:
        surfaces.append(_surface(spec, plan(spec, v_range, g_scale, grid), v_range, simulator))
        if surfaces[-1].bound <= SMOOTH:
            break
    best = min(surfaces, key=lambda surface: surface.bound)
    if not (best.bound <= ROUGH or best.bound * best.i_max <= RESOLUTION):
        raise OutsideRangeError(
            f"the cell's current is not smooth between {v_range[0]:g} V and {v_range[1]:g} V: the best surface is off "
            f"by {best.bound:.1e} of full scale, expected at most {ROUGH:g}; narrow driver.v_read or check the model"
        )
    return best


def _access_conductance(spec: ArraySpec, v_range: tuple[float, float], simulator: spice.Simulator) -> float:
    """Return the conductance in series with the device [S], the scale of g on which the cell's current bends.

    At a small voltage U, the cell at g_max carries g_max·k·U, so the conductance in series is g_max·k/(1 − k). The
    source line is at the voltage of the range that is closest to 0 V.
    """
    u = 0.01 * (v_range[1] - v_range[0])
    v_sl = np.full(2, np.clip(0.0, *v_range))
    v_bl = v_sl + np.array([u, 2 * u])  # a sweep needs two points
    g_max = spec.device.g_max
    raw = _run(deck(spec, np.array([g_max]), v_bl, v_sl), simulator)
    k = float(raw["i(vs_0)"][0] / (g_max * u))
    # The limits are those of a gate that is off, and of a 1R cell, which has no series resistance.
    weakest, strongest = 1e-3 * g_max, 1e3 * g_max
    return float(np.clip(g_max * k / (1 - k), weakest, strongest)) if 0 < k < 1 else strongest


def _run(text: str, simulator: spice.Simulator) -> spice.RawResult:
    """Run a deck of cells; one that overflows at its bias and would step gmin for many minutes is ended."""
    limit = spice.time_limit(text, simulator, least_s=spice.LEAST_OF_CELLS_S)
    return spice.run(text, simulator=simulator, time_limit_s=limit)


def _surface(spec: ArraySpec, sweep: Sweep, v_range: tuple[float, float], simulator: spice.Simulator) -> CellSurface:
    raw = _run(deck(spec, sweep.g, sweep.v_bl, sweep.v_sl), simulator)
    current = np.stack([raw[f"i(vs_{k})"] for k in range(len(sweep.g))], axis=1)  # (points, conductances) [A]
    n_t, count = sweep.grid[0], len(sweep.u)
    forward, reverse = (
        tensor_fit((current[points, :n_t] / (sign * sweep.u[:, None] * sweep.g[:n_t])).T.reshape(sweep.grid))
        for sign, points in ((1.0, slice(0, count)), (-1.0, slice(count, 2 * count)))
    )
    surface = CellSurface(
        forward=forward,
        reverse=reverse,
        g_range=(spec.device.g_min, spec.device.g_max),
        g_scale=sweep.g_scale,
        u_max=v_range[1] - v_range[0],
        m_range=v_range,
        bound=0.0,
        i_max=float(np.abs(current[-2:]).max()),
        provenance=Provenance(
            level="ngspice",
            spec_digest=None,  # the first array that needs the cell fills the cache for all others
            files_digest=cell_text(spec).digest,
            deck_digest=raw.deck_digest,
            ngspice=str(simulator.version),
            options=dict(raw.options),
        ),
    )
    return replace(surface, bound=_bound(surface, sweep, current))


def _bound(surface: CellSurface, sweep: Sweep, current: np.ndarray) -> float:
    """Return the largest error on the held-out points, relative to the full-scale current."""
    v_bl, v_sl = sweep.v_bl[sweep.held_out, None], sweep.v_sl[sweep.held_out, None]
    error = cell_law(surface, sweep.g[sweep.grid[0] :], v_bl, v_sl)[0] - current[sweep.held_out, sweep.grid[0] :]
    return float(np.abs(error).max() / surface.i_max)
