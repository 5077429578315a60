"""How an array settles: capacitances of wires and cells, stepped implicitly with a step that grows."""

import warnings
from dataclasses import replace

import numpy as np

from circuitsim.errors import InputError, OutsideRangeError, SettlingWarning
from circuitsim.nodal.array import PreparedArray
from circuitsim.nodal.array_in_time import ArrayInTime
from circuitsim.nodal.cells_in_time import CellsInTime, cells_in_time
from circuitsim.nodal.ends_in_time import EndsInTime, ends_in_time
from circuitsim.nodal.gated import GatedArray, NodalArray, on_bit_lines
from circuitsim.nodal.grid import Grid, build_grid
from circuitsim.nodal.judgement import RESOLUTION, settling_band
from circuitsim.nodal.reading import read
from circuitsim.nodal.switching import follow_gates
from circuitsim.nodal.time_steps import Read, Scales, moments
from circuitsim.results import CellDynamics, CellPart, CellSurface, Provenance
from circuitsim.results.transient import Transient, check_band, read_off, tell_unsettled
from circuitsim.spec import (
    ArraySpec,
    Tolerance,
    WireGrid,
    cell_keys,
    check_inputs,
    checked,
    real_numbers,
    resting_input,
    tell_inputs,
)

_LAG = 0.01  # of the shortest settling, by which a cell may lag behind its terminals untold
_SLACK = 1e-9  # of a range of voltages, by which an input may leave it


@checked
def step_response(
    array: NodalArray,
    v_in: np.ndarray,
    dynamics: CellDynamics | None = None,
    *,
    t_edge: float | None = None,
    t_stop: float | None = None,
    band: float | None = None,
    tol: Tolerance | None = None,
) -> Transient:
    """Follow the read of one input vector in time: every row rises from rest to its input and stays there.

    Rows that are bit lines rest at v_ref. Where the input is on the word lines, gates rest at 0 V and bit lines are
    biased before; each gate loads its word line, and the current of a cell follows its gate.

    Currents of cells follow their surface, charges of transistors and devices their bias. A 1t1r cell keeps the node
    between its device and its transistor.

    Args:
        array: From `prepare`, with its input on bit lines or word lines; its wires' capacitances lie at the cells.
        v_in: Inputs (rows,) [V]; 0 or 1 on word lines.
        dynamics: The cell in time, from `characterization.cell_dynamics`; None: cells have no capacitance. Word lines
            need it.
        t_edge: Rise time of the inputs [s]; None: `driver.t_rise`, or a hundredth of `driver.t_read`.
        t_stop: End [s]; None: `driver.t_read`.
        band: Half width of the settling band [A]; None: half a code of 8 bits of the largest output.
        tol: Error of one step, relative to the largest output and the largest input; None: 1e-5 with `dynamics`, 1e-6
            without, 5e-5 on word lines, or less for a band narrower than 1/512 of the largest output, so that settling
            is within 1e-3 (word lines 3e-3) of a solution with very fine steps. Charge is conserved at any `tol`, to
            rounding where cells are ohmic and have no capacitance.

    Returns:
        Waveforms and what is read off them. `i_final` is the DC read. `energy_bias` is that of the bit lines where
        gates switch, one a column; else that of the word lines, one a row, which hold the gates at v_gate and deliver
        the charges that the cells push through them; None where cells have a gate and `dynamics` is None. Node voltages
        are not kept.

    Warns:
        SettlingWarning: The read ends before a column has settled, or no row leaves its rest. The cells have
            transistors and `dynamics` is None: the array settles later than stated. Or a cell of one part follows its
            terminals too late for the settling that was found.

    Raises:
        InputError: The cells are a string, nothing has a capacitance, a time is not positive, the shape does not fit,
            or `dynamics` belongs to another cell.
        OutsideRangeError: An input or a conductance lies outside the ranges of `dynamics`, or gates that rise push
            nodes within cells out of them.

    Valid for: terminal charges that follow the voltages at once (`CellDynamics.lag` states what a cell of one part
    leaves out); wires with their capacitance lumped at the cells; gates held at v_gate by ideal word lines, whose
    leakage is left out.
    """
    gated = isinstance(array, GatedArray) and array.spec.array.input_line == "wl"
    array = array if isinstance(array, GatedArray) and gated else _with_still_gates(array)
    driver = array.spec.driver
    t_edge, t_stop = driver.edge if t_edge is None else t_edge, driver.t_read if t_stop is None else t_stop
    if not (0 < t_edge <= t_stop and np.isfinite(t_stop)):
        raise InputError(f"t_edge = {t_edge:g} s, t_stop = {t_stop:g} s: expected 0 < t_edge <= t_stop")
    if band is not None:
        check_band(band)
    if isinstance(array, PreparedArray) and dynamics is None:
        _tell_left_out(array)
    v_in = real_numbers("v_in", v_in)
    if v_in.ndim != 1:
        raise InputError(f"v_in has shape {v_in.shape}: expected one vector (rows,)")
    tell_inputs(array.spec, check_inputs(array.spec, v_in[None], name="v_in"))
    _tell_unmoved(array.spec, v_in)
    if isinstance(array, GatedArray):
        found = follow_gates(array, v_in, _of_gates(array, dynamics), (t_edge, t_stop), band, tol)
    else:
        found = _follow_rows(array, v_in, dynamics, (t_edge, t_stop), band, tol)
        _tell_lag(dynamics, found)
    tell_unsettled([found], t_stop, stacklevel=4)  # behind `step_response` and `checked`
    return found


def _follow_rows(
    array: PreparedArray,
    v_in: np.ndarray,
    dynamics: CellDynamics | None,
    times: tuple[float, float],
    band: float | None,
    tol: float | None,
) -> Transient:
    """Follow a read whose rows are bit lines; `times` are the ends of the rise and of the read [s]."""
    v_ref, final = array.spec.sense.v_ref, read(array, v_in[None]).out[0]
    largest = float(np.abs(final).max())
    half_width = settling_band(final, RESOLUTION * len(v_in)) if band is None else float(band)
    tol = _tolerance(half_width, largest, 1e-6 if dynamics is None else 1e-5) if tol is None else tol
    in_time = _in_time(array, v_in, dynamics, tol)
    drive = np.concatenate([v_in - v_ref, np.zeros(in_time.grid.cols)])
    rest, scales = np.zeros(in_time.inner + in_time.grid.nodes), Scales(float(np.abs(drive).max()), largest, tol)
    found = ends_in_time(in_time, moments(Read(in_time, rest, drive, *times, scales, rest)))
    gates = (array.spec.v_gate or 0.0) * _gate_charges(in_time, found)
    return read_off(
        found.time,
        found.source + v_ref,
        found.i_row,
        found.i_out,
        v_ref=v_ref,
        i_final=final,
        t_edge=times[0],
        plateau=slice(None),
        band=half_width,
        charge=found.charge,
        energy_row=found.energy + v_ref * found.row_charge,
        energy_bias=np.zeros(0) if array.spec.v_gate is None else None if dynamics is None else gates,
        provenance=Provenance(
            level="nodal",
            spec_digest=array.spec_digest,
            options={"tol": f"{tol:g}", "method": "tr-bdf2"},
            given=array.given,
        ),
    )


def _tell_unmoved(spec: ArraySpec, v_in: np.ndarray) -> None:
    """Tell an input vector of which no row leaves its rest."""
    if np.all(v_in == resting_input(spec)):
        warnings.warn(
            f"every row of v_in stays at its rest, {resting_input(spec):g}: nothing moves, and there is nothing to "
            "settle",
            SettlingWarning,
            stacklevel=4,  # behind `step_response` and `checked`
        )


def _with_still_gates(array: NodalArray) -> PreparedArray:
    """Return an array on bit lines whose gates do not switch; refuse any other."""
    array = on_bit_lines(array, "step_response")
    if array.skips:
        raise InputError(
            "step_response with technique.skip_zero_rows = True: gates that a read switches charge the nodes within "
            "the cells; expected False"
        )
    return array


def _of_gates(array: GatedArray, dynamics: CellDynamics | None) -> CellDynamics:
    """Return the dynamics of cells whose gates switch, once they fit the array.

    Raises:
        InputError: They are missing or of another cell.
        OutsideRangeError: The conductances lie outside their range.
    """
    if array.between:
        raise InputError(
            f"driver.gate_levels of {len(array.laws)} voltages: step_response follows gates that switch from off to "
            "on, whose charges are characterized; expected no gate_levels, or level = 'ngspice'"
        )
    if dynamics is None or dynamics.switched is None:
        raise InputError(
            "array.input_line = 'wl' in time needs a cell whose gate switches: expected dynamics = "
            "characterization.cell_dynamics(spec, surface), with the specification of this array"
        )
    _check_dynamics(array.spec, array.g, np.array(array.spec.drive_range), dynamics)
    return dynamics


def _tell_left_out(array: PreparedArray) -> None:
    """Tell that transistors have no capacitances; refuse cells whose parts need the node between them.

    Raises:
        InputError: The surface is that of a cell near threshold, a device in series with a transistor.
    """
    if array.surface is not None and array.surface.transistor is not None:
        raise InputError(
            "the surface of this cell is a device in series with a transistor: expected "
            "dynamics = characterization.cell_dynamics(spec, array.surface), which has the node between them"
        )
    if array.spec.v_gate is not None:
        warnings.warn(
            "step_response leaves out the capacitances of the transistors, so that the array settles later than it "
            "states: pass dynamics = characterization.cell_dynamics(spec, surface), or use truth.read_in_time",
            SettlingWarning,
            stacklevel=4,  # behind `step_response` and `checked`
        )


def _tell_lag(dynamics: CellDynamics | None, transient: Transient) -> None:
    earliest = float(transient.settling.min())
    if dynamics is not None and dynamics.lag > _LAG * earliest:
        warnings.warn(
            f"the cell takes up its charge with a delay of {dynamics.lag:.2g} s, which step_response leaves out: the "
            f"array settles within {earliest:.2g} s, and so short a time may be off by more than {_LAG:.0%}; compare "
            "with truth.read_in_time",
            SettlingWarning,
            stacklevel=4,  # behind `step_response` and `checked`
        )


def _in_time(array: PreparedArray, v_in: np.ndarray, dynamics: CellDynamics | None, tol: float) -> ArrayInTime:
    """Put an array together with the dynamics of its cell.

    Raises:
        InputError: Nothing has a capacitance, or `dynamics` belongs to another cell.
        OutsideRangeError: Conductances or inputs lie outside its ranges.
    """
    if dynamics is None:
        dynamics = CellDynamics(CellPart(array.surface, None), None, {})
    else:
        _check_dynamics(array.spec, array.g, v_in, dynamics)
    if dynamics.access is None:  # the cell of the array may have been characterized further than that of `dynamics`
        dynamics = replace(dynamics, upper=replace(dynamics.upper, surface=array.surface))
    grid = build_grid(array.wires)
    c = _capacitances(grid, array.wires)
    if not np.any(c > 0) and all(part.charges is None for part in dynamics.parts):
        raise InputError("wire.c_row and wire.c_col are 0: the array settles at once; expected a capacitance")
    ends = (grid.row_node.ravel(), grid.col_node.ravel())
    return ArrayInTime(grid, ends, c, cells_in_time(dynamics, array.g, tol), array.spec.sense.v_ref)


def _gate_charges(in_time: ArrayInTime, found: EndsInTime) -> np.ndarray:
    """Charges (rows,) [C] that the word lines deliver to their gates, which they hold."""
    assert isinstance(in_time.cells, CellsInTime)
    begin, end = (in_time.cells.gate_charge(*in_time.at_cells(v)) for v in (found.begin, found.end))
    return (end - begin).reshape(in_time.grid.row_node.shape).sum(axis=1)


def _check_dynamics(spec: ArraySpec, g: np.ndarray, v_in: np.ndarray, dynamics: CellDynamics) -> None:
    """Refuse the dynamics of another cell, and arrays and inputs beyond its ranges."""
    here, there = cell_keys(spec), dynamics.cell
    if here != there:
        key = next(key for key in (*here, *there) if here.get(key) != there.get(key))
        raise InputError(
            f"the dynamics were made for another cell, with {key} = {there.get(key, 'none')}, not "
            f"{here.get(key, 'none')}: expected those of this array, from characterization.cell_dynamics"
        )
    g = g[g > 0]
    for part in dynamics.parts:
        for law in (part.surface, part.charges):
            if law is None:
                continue
            low, high = law.m_range if isinstance(law, CellSurface) else law.v_range
            slack = _SLACK * (high - low)
            if np.any((v_in < low - slack) | (v_in > high + slack)):
                raise OutsideRangeError(
                    f"v_in reaches from {v_in.min():g} to {v_in.max():g} V, and the dynamics of the cell from {low:g} "
                    f"to {high:g} V: characterize them with a surface that reaches as far"
                )
            least, most = law.g_range
            if part is dynamics.upper and np.any((g < least * (1 - _SLACK)) | (g > most * (1 + _SLACK))):
                raise OutsideRangeError(
                    f"g reaches from {g.min():g} to {g.max():g} S, and the dynamics of the cell from {least:g} to "
                    f"{most:g} S: characterize them with a surface that reaches as far"
                )


def _capacitances(grid: Grid, wires: WireGrid) -> np.ndarray:
    """Capacitance to ground of every node (nodes,) [F]."""
    c = np.zeros(grid.nodes)
    for at_cells, node in ((wires.c_row, grid.row_node), (wires.c_col, grid.col_node)):
        if at_cells is not None:
            c += np.bincount(node.ravel(), np.ravel(at_cells), grid.nodes)
    return c


def _tolerance(band: float, largest: float, usual: float) -> float:
    """Error of one step, relative to the largest output [A], that is small against the settling band [A]."""
    return min(usual, 512 * usual * band / largest) if band > 0 and largest > 0 else usual
