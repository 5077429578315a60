"""Characterize a cell in time: which parts it has, their currents at rest and their charges."""

import hashlib
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from circuitsim import spice
from circuitsim.characterization.cache import cached
from circuitsim.characterization.cell import cell
from circuitsim.characterization.cell_parts import MeasuredPart, access_part, current_deck, whole_part
from circuitsim.characterization.charges import part_charges
from circuitsim.characterization.chebyshev import nodes, tensor_fit
from circuitsim.characterization.kept_runs import deck_provenance
from circuitsim.characterization.surface_fit import ROUGH
from circuitsim.characterization.switched import switched_access
from circuitsim.devices import device_card
from circuitsim.errors import OutsideRangeError, SpecError
from circuitsim.library import assemble
from circuitsim.nodal.judgement import RESOLUTION
from circuitsim.nodal.surface import cell_law
from circuitsim.resources import surface_cache
from circuitsim.results import CellDynamics, CellPart, CellSurface, load_surface, save_surface
from circuitsim.results.model_files import SURFACE_SCHEMA
from circuitsim.spec import ArraySpec, cell_keys, checked

ACCESS_GRIDS = ((8, 6), (12, 8), (24, 12))  # nodes in (|U|, smaller voltage)
SMOOTH = 1e-9  # bound, as a fraction of full-scale current, at which no finer grid is tried
ACCESS_VERSION = 1
PUSHED = (0.1, 0.5)  # of the gate's swing, by which a node may leave the lines' range against and with its gate


@checked
def cell_dynamics(
    spec: ArraySpec,
    surface: CellSurface | None = None,
    *,
    cache: Path | None = None,
    simulator: spice.Simulator | None = None,
) -> CellDynamics:
    """Characterize the charges of an array's cell for `nodal.step_response`.

    A 1t1r or 2t2r cell becomes its device and its transistor with the node between them; any other cell is one part.
    The gate is on where the input is on bit lines; where it is on word lines, the transistor is characterized from gate
    off to gate on, and `CellDynamics.switched` states the errors of its currents, of its leak and of its capacitances.

    Args:
        spec: The array; only its cell, temperature and read voltage matter.
        surface: The characterized cell of the array; None for ohmic 1R cells. Its ranges are those of the charges.
        cache: Folder of cached characterizations; None: the user's cache folder.
        simulator: The ngspice to use; None: the one that `spice.find_ngspice` finds.

    Raises:
        SimulatorError: ngspice failed; the run folder is kept.
        OutsideRangeError: A current or a capacitance is not smooth enough.
        SpecError: Gates switch in a cell of one part, or in a string.

    Valid for: reads that do not disturb the state; terminal charges without non-quasi-static effects of the channel.
    """
    simulator = simulator or spice.find_ngspice()
    if spec.array.input_line != "bl":
        return _switching(spec, surface, simulator, cache)
    gate = spec.v_gate or 0.0
    low, high = spec.drive_range if surface is None else surface.m_range
    v_range = (min(low, spec.sense.v_ref), max(high, spec.sense.v_ref))
    g_range = (spec.device.g_min, spec.device.g_max) if surface is None else surface.g_range
    if spec.access is None or spec.array.cell not in ("1t1r", "2t2r"):
        g_scale = g_range[1] if surface is None else surface.g_scale
        charges = part_charges(whole_part(spec, g_range, g_scale, v_range, gate), simulator, cache)
        return CellDynamics(CellPart(surface, charges), None, cell_keys(spec))
    transistor = access_part(spec, v_range, gate)
    access = CellPart(access_surface(transistor, simulator, cache), part_charges(transistor, simulator, cache))
    return CellDynamics(_device(spec, g_range, v_range, simulator, cache), access, cell_keys(spec))


def _device(
    spec: ArraySpec,
    g_range: tuple[float, float],
    v_range: tuple[float, float],
    simulator: spice.Simulator,
    cache: Path | None,
) -> CellPart:
    """Characterize the device of a cell without its transistor."""
    gateless = {"array": {"cell": "1r", "input_line": "bl"}, "wire": {"r_bl": None, "c_bl": None, "col_drive": None}}
    alone = spec.replace(**gateless, access=None)
    surface = None
    if not device_card(alone).ohmic:
        surface = cell(alone, v_range=v_range, g_range=g_range, cache=cache, simulator=simulator)
        v_range, g_range = surface.m_range, surface.g_range
    return CellPart(surface, part_charges(whole_part(alone, g_range, g_range[1], v_range, 0.0), simulator, cache))


def _switching(
    spec: ArraySpec, surface: CellSurface | None, simulator: spice.Simulator, cache: Path | None
) -> CellDynamics:
    """Characterize a cell whose gate switches: its device, and its transistor from gate off to gate on.

    A gate that rises pushes the node between them beyond the lines, and the ranges are wider by as much.
    """
    if spec.array.input_line != "wl" or spec.array.cell not in ("1t1r", "2t2r") or spec.v_gate is None:
        raise SpecError(
            f"array.cell = {spec.array.cell!r} with input_line = {spec.array.input_line!r}: of cells whose gates "
            "switch, only 1t1r and 2t2r with input_line = 'wl' are characterized in time"
        )
    low, high = spec.drive_range
    against, along = (share * spec.v_gate for share in PUSHED)
    below, above = sorted((-against, along))
    v_range = (min(low, high) + below, max(low, high) + above)
    g_range = (spec.device.g_min, spec.device.g_max) if surface is None else surface.g_range
    switched = switched_access(access_part(spec, v_range, spec.v_gate), simulator, cache)
    return CellDynamics(_device(spec, g_range, v_range, simulator, cache), None, cell_keys(spec), switched)


def access_surface(part: MeasuredPart, simulator: spice.Simulator, cache: Path | None = None) -> CellSurface:
    """Characterize the current of an access transistor with its gate on, as a surface for g = 1 S.

    Args:
        part: From `cell_parts.access_part`.
        simulator: The ngspice to use.
        cache: Folder of cached surfaces; None: the user's cache folder.

    Raises:
        SimulatorError: ngspice failed; the run folder is kept.
        OutsideRangeError: No grid is within 1e-3 of the largest current.
    """
    probe = current_deck(part, np.array(part.v_range), np.zeros(2))
    truth = sorted(spice.TRUTH_OPTIONS.items())
    fit = (ACCESS_GRIDS, SMOOTH, SURFACE_SCHEMA, ACCESS_VERSION)
    about = (assemble(probe, Path()).digest, part.v_range, simulator.version_text, truth, fit)
    key = hashlib.sha256(repr(about).encode()).hexdigest()
    return cached(
        (cache or surface_cache()) / f"{key}.npz",
        load=partial(load_surface, key=key),
        make=lambda: _best_access(part, simulator),
        save=partial(save_surface, key=key),
    )


def _best_access(part: MeasuredPart, simulator: spice.Simulator) -> CellSurface:
    found: list[CellSurface] = []
    for grid in ACCESS_GRIDS:
        found.append(_access(part, simulator, grid))
        if found[-1].bound <= SMOOTH:
            break
    best = min(found, key=lambda surface: surface.bound)
    if not (best.bound <= ROUGH or best.bound * best.i_max <= RESOLUTION):
        raise OutsideRangeError(
            f"the current of the transistor alone is not smooth: off by {best.bound:.1e} of its largest, expected at "
            f"most {ROUGH:g}; narrow driver.v_read or check the model"
        )
    return best


def _access(part: MeasuredPart, simulator: spice.Simulator, grid: tuple[int, int]) -> CellSurface:
    low, high = part.v_range
    u, m = (
        each.ravel() for each in np.meshgrid(nodes(grid[0], 0, high - low), nodes(grid[1], low, high), indexing="ij")
    )
    out_bl, out_sl = (each.ravel() for each in np.meshgrid(np.linspace(low, high, 7), np.linspace(low, high, 6)))
    v_bl, v_sl = np.concatenate([m + u, m, out_bl]), np.concatenate([m, m + u, out_sl])
    raw = spice.run(current_deck(part, v_bl, v_sl), simulator=simulator)
    current = raw["i(vm)"]
    forward, reverse = (
        tensor_fit((current[k * len(u) : (k + 1) * len(u)] / (sign * u)).reshape(1, *grid))
        for k, sign in enumerate((1.0, -1.0))
    )
    surface = CellSurface(
        forward=forward,
        reverse=reverse,
        g_range=part.g_range,
        g_scale=part.g_scale,
        u_max=high - low,
        m_range=part.v_range,
        bound=0.0,
        i_max=float(np.abs(current[2 * len(u) :]).max()),
        provenance=deck_provenance(raw, part.text.digest, simulator),
    )
    off = cell_law(surface, np.array(1.0), out_bl, out_sl)[0] - current[2 * len(u) :]
    return replace(surface, bound=float(np.abs(off).max() / surface.i_max))
