"""How an array settles whose input switches gates: word lines, bit lines and source lines with their cells."""

import warnings
from collections.abc import Iterator

import numpy as np

from circuitsim.errors import NotConvergedError, OutsideRangeError, SettlingWarning
from circuitsim.nodal.array_in_time import ArrayInTime
from circuitsim.nodal.ends_in_time import ends_in_time
from circuitsim.nodal.gated import GatedArray
from circuitsim.nodal.grid import build_switched
from circuitsim.nodal.judgement import settling_band
from circuitsim.nodal.reading import read
from circuitsim.nodal.switching_cells import switching_cells
from circuitsim.nodal.time_steps import Moment, Read, Scales, moments
from circuitsim.results import CellDynamics, Provenance
from circuitsim.results.transient import Transient, read_off

TOL = 5e-5  # error of one step, as a fraction of the largest output and of the gate's swing
_END = 0.1  # of the band, by which the last currents may be off those at rest untold
_LONG = 1.0  # [s]: in so long a step no charge counts, and what is left is the array at rest
_MOST_PASSES = 60
_AT_REST = 1e-9  # [V] of the last pass


def follow_gates(
    array: GatedArray,
    x: np.ndarray,
    dynamics: CellDynamics,
    times: tuple[float, float],
    band: float | None,
    tol: float | None,
) -> Transient:
    """Follow a read whose word lines rise from 0 V to v_gate where x (rows,) is 1; see `transient.step_response`.

    The bit lines are biased before; `times` are the ends of the rise and of the read [s]. Gates load their word lines
    with the charge that they take, so that gates far from the driver switch later.

    Raises:
        NotConvergedError: The array was not found at rest.
        OutsideRangeError: Gates push nodes within cells beyond the range of their transistor.
    """
    spec = array.spec
    assert spec.v_gate is not None
    v_ref, v_bias = spec.drive_range
    final = read(array, x[None]).out[0]
    largest = float(np.abs(final).max())
    assert dynamics.switched is not None
    nothing = len(x) * dynamics.switched.k_floor * spec.driver.v_read  # a column of gates that are off
    half_width = settling_band(final, nothing) if band is None else float(band)
    largest = max(largest, half_width)
    tol = min(TOL, 512 * TOL * half_width / largest) if tol is None else tol
    in_time = _in_time(array, dynamics, tol)
    terminals = np.concatenate(
        [np.zeros(len(x)), np.full(in_time.grid.cols, v_ref), np.full(in_time.grid.cols, v_bias)]
    )
    drive = np.concatenate([x * spec.v_gate, np.zeros(2 * in_time.grid.cols)])
    rest = _at_rest(in_time, terminals, v_bias, v_ref)
    scales = Scales(max(abs(spec.v_gate), abs(v_bias)), largest, tol)
    driven = rest.copy()
    driven[in_time.inner + in_time.ends[2]] = np.repeat(x * spec.v_gate, in_time.grid.cols)
    steps = moments(Read(in_time, rest, drive, *times, scales, driven))
    found = ends_in_time(in_time, _within(steps, in_time, dynamics))
    _tell_end(float(np.abs(found.i_out[-1] - final).max()), half_width)
    return read_off(
        found.time,
        found.source,
        found.i_row,
        found.i_out,
        v_ref=v_ref,
        i_final=final,
        t_edge=times[0],
        plateau=slice(None),
        band=half_width,
        charge=found.charge,
        energy_row=found.energy,
        energy_bias=v_bias * found.other_charge,
        provenance=Provenance(
            level="nodal",
            spec_digest=spec.digest,
            options={"tol": f"{tol:g}", "method": "tr-bdf2"},
            given=array.given,
        ),
    )


def _tell_end(off: float, half_width: float) -> None:
    """Tell where the run does not end at the currents of a read at rest."""
    if _END * half_width < off <= half_width:
        warnings.warn(
            f"the outputs end {off:.2g} A beside those at rest, and settling is judged within {half_width:.2g} A: they "
            "still move, or rows whose gates are off leak more by their characterization in time than at rest; "
            "compare with truth.read_in_time",
            SettlingWarning,
            stacklevel=5,  # behind `follow_gates`, `step_response` and `checked`
        )


def _within(steps: Iterator[Moment], in_time: ArrayInTime, dynamics: CellDynamics) -> Iterator[Moment]:
    """Pass moments on as long as gates and the nodes within the cells stay where their transistor was characterized.

    Raises:
        OutsideRangeError: A node leaves the range; says how far it is pushed.
    """
    assert dynamics.switched is not None
    inner, gates = in_time.inner, in_time.inner + in_time.ends[2]
    limits = (
        (slice(None, inner), "nodes between device and transistor", dynamics.switched.v_range),
        (gates, "word lines", dynamics.switched.gate_range),
    )
    for moment in steps:
        for place, which, limit in limits:
            least, most = float(moment.v[place].min()), float(moment.v[place].max())
            low, high = sorted(limit)
            if least < low or most > high:
                raise OutsideRangeError(
                    f"gates that rise push {which} to {least:.3g} … {most:.3g} V, and the transistor is characterized "
                    f"from {low:.3g} to {high:.3g} V: use truth.read_in_time, or a longer t_edge"
                )
        yield moment


def _in_time(array: GatedArray, dynamics: CellDynamics, tol: float) -> ArrayInTime:
    """Put an array together with the dynamics of its cell."""
    wires = array.wires
    grid, gate = build_switched(wires)
    ends = (grid.row_node.ravel(), grid.col_node.ravel(), gate.ravel())
    c = np.zeros(grid.nodes)
    for at_cells, node in zip((wires.c_bl, wires.c_col, wires.c_row), ends, strict=True):
        if at_cells is not None:
            c += np.bincount(node, np.ravel(at_cells), grid.nodes)
    return ArrayInTime(grid, ends, c, switching_cells(dynamics, array.g, tol), 0.0)


def _at_rest(in_time: ArrayInTime, terminals: np.ndarray, v_bias: float, v_ref: float) -> np.ndarray:
    """Solve the array at rest, its gates off, by Newton's method: voltages (inner + nodes,) [V].

    Raises:
        NotConvergedError: It does not converge.
    """
    unknowns, inner = in_time.unknowns, in_time.inner
    lines = np.zeros(in_time.grid.nodes)
    lines[in_time.ends[0]], lines[in_time.ends[1]] = v_bias, v_ref
    v = np.concatenate([np.full(inner, v_bias), lines[: in_time.grid.free], terminals])
    off = np.zeros(0)
    for _ in range(_MOST_PASSES):
        off = in_time.linearized(v, _LONG)(-_LONG * in_time.at(v)[1][:unknowns])
        v[:unknowns] += off
        if np.abs(off).max(initial=0.0) < _AT_REST:
            return v
    raise NotConvergedError(
        f"the array at rest with its gates off: Newton's method still moves by {np.abs(off).max(initial=0.0):.1e} V "
        f"after {_MOST_PASSES} passes; expected less than {_AT_REST:g} V"
    )
