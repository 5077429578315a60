"""Characterize the current of one cell: sweep it in ngspice and fit a smooth surface with an error bound."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from circuitsim import spice
from circuitsim.characterization.bulk import check_bulk
from circuitsim.characterization.cache import cached
from circuitsim.characterization.cell_subject import CellSubject
from circuitsim.characterization.chord import check_chord
from circuitsim.characterization.state_map import AIM, STATE_RTOL
from circuitsim.characterization.states import reach_of_states, table_deck
from circuitsim.characterization.steps import stepped_range
from circuitsim.characterization.surface_fit import best_surface, fit_settings
from circuitsim.characterization.sweep import HELD_OUT_BIAS, HELD_OUT_G, deck
from circuitsim.devices import device_card, has_two_states
from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.library import assemble
from circuitsim.netlist import cell_text
from circuitsim.nodal.surface import cell_law
from circuitsim.resources import surface_cache
from circuitsim.results import AnyCell, CellSurface
from circuitsim.results.model_files import SURFACE_SCHEMA, load_surface, save_surface
from circuitsim.spec import ArraySpec, cell_keys, check_voltage_range, gate_voltage_levels, has_bypass

OHMIC = 1e-8  # fraction of full scale by which the current of a device stated to be ohmic may differ from g v


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
    subject = CellSubject(spec, _reached(spec, g_range), widest, v_gate, simulator)
    key = _key(subject)
    surface = cached(
        (cache or surface_cache()) / f"{key}.npz",
        load=partial(load_surface, key=key),
        make=lambda: best_surface(subject),
        save=partial(save_surface, key=key),
    )
    return replace(surface, cell=cell_keys(spec, v_gate=v_gate))  # cells with the same circuit share a file


def _key(subject: CellSubject) -> str:
    """Digest of all inputs: circuit, files, states, voltages, simulator and its options, and the fit."""
    spec = subject.spec
    ends = np.zeros(2) if cell_text(spec).takes_g is False else np.array(subject.g_range)
    probe = deck(spec, ends, np.array(subject.v_range), np.zeros(2), v_gate=subject.v_gate)
    stored = (table_deck(spec), subject.g_range, AIM, has_two_states(spec), spec.device.g_min)
    fit = (fit_settings(spec), HELD_OUT_G, HELD_OUT_BIAS, SURFACE_SCHEMA)
    truth = sorted(spice.TRUTH_OPTIONS.items())
    about = (assemble(probe, Path()).digest, stored, subject.simulator.version_text, truth, fit)
    return hashlib.sha256(repr(about).encode()).hexdigest()


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
        OutsideRangeError: The current of a cell near its threshold is not smooth enough, or the bulk takes too much of
            the current of a string.
    """
    _reached(spec, g_range)  # no level reads a conductance that the state does not reach
    check_bulk(spec)
    off, on = _at_gates(spec, g_range, (gate_voltage_levels(spec)[0], None))
    return (off, on) if has_bypass(spec) else (on, off)


def gate_level_cells(spec: ArraySpec, *, g_range: tuple[float, float] | None = None) -> tuple[CellSurface, ...]:
    """Characterize the cells at the levels of `driver.gate_levels` between the first and the last one.

    `gated_cells` characterizes those at the ends.

    Args:
        spec: The array.
        g_range: As in `cell`.

    Returns:
        A surface for each level, the lowest first; none where gates are off or on.

    Raises:
        SimulatorError, OutsideRangeError: As `gated_cells`.
    """
    return _at_gates(spec, g_range, gate_voltage_levels(spec)[1:-1])


def _at_gates(
    spec: ArraySpec, g_range: tuple[float, float] | None, v_gates: Sequence[float | None]
) -> tuple[CellSurface, ...]:
    """Characterize the cells of gates at several voltages [V]; None: that of a selected row."""
    found = []
    for v_gate in v_gates:
        try:
            found.append(cell(spec, g_range=g_range, v_gate=v_gate))
        except OutsideRangeError as error:
            raise OutsideRangeError(
                f"level = 'nodal' cannot describe the cells of input_line = {spec.array.input_line!r} with "
                f"{spec.v_gate if v_gate is None else v_gate:g} V at the gate, use level = 'ngspice' or a narrower "
                f"range of conductances: {error}"
            ) from None
    return tuple(found)


def skipped_cell(
    spec: ArraySpec,
    *,
    v_range: tuple[float, float] | None = None,
    g_range: tuple[float, float] | None = None,
    simulator: spice.Simulator | None = None,
) -> CellSurface | None:
    """Characterize the cell with its gate off where `technique.skip_zero_rows` switches rows off; None elsewhere.

    Arguments and errors as of `cell`.
    """
    if not spec.technique.skip_zero_rows:
        return None
    return cell(spec, v_range=v_range, g_range=g_range, v_gate=0.0, simulator=simulator)


def check_contents(spec: ArraySpec, surface: AnyCell) -> None:
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
