"""How an array settles: wire capacitances and linear cells, stepped implicitly with a step that grows."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse

from circuitsim.errors import InputError, SettlingWarning
from circuitsim.nodal.array import PreparedArray
from circuitsim.nodal.gated import NodalArray, on_bit_lines
from circuitsim.nodal.grid import Grid
from circuitsim.nodal.linear import factorize, linear_array
from circuitsim.nodal.reading import read
from circuitsim.results import Provenance
from circuitsim.results.transient import Transient, read_off
from circuitsim.spec import Tolerance, WireGrid, check_inputs, checked, real_numbers, tell_inputs

# TR-BDF2 with the division at which both stages share their matrix.
# Source: R. E. Bank et al., IEEE Trans. CAD 4, 436 (1985).
_GAMMA = 2 - np.sqrt(2)
_ALPHA = _GAMMA / 2
_OUTER = (1 - _ALPHA) / 2  # weights of a step: start, middle stage, end
_WEIGHTS = (_OUTER, _OUTER, _ALPHA)
_ERROR = 2 * (-3 * _GAMMA**2 + 4 * _GAMMA - 2) / (12 * (2 - _GAMMA))
_GROWTH = 4  # steps change by this factor only: each length costs a factorization
_STEPS_OF_EDGE = 16
_MOST_STEPS = 5000


@checked
def step_response(
    array: NodalArray,
    v_in: np.ndarray,
    *,
    t_edge: float | None = None,
    t_stop: float | None = None,
    band: float | None = None,
    tol: Tolerance | None = None,
) -> Transient:
    """Follow the read of one input vector in time: every row rises from rest at v_ref to its input and stays there.

    Cells are taken linear between rest and the DC read: each with the chord conductance it has there. Ohmic cells are
    exact; currents of nonlinear ones are exact at both ends.

    Args:
        array: From `prepare`, with its input on the bit lines; its wires' capacitances lie at the cells.
        v_in: Inputs (rows,) [V].
        t_edge: Rise time of the inputs [s]; None: a hundredth of `driver.t_read`.
        t_stop: End [s]; None: `driver.t_read`.
        band: Settling band [A]; None: half a code of 8 bits of the largest output.
        tol: Error of one step, relative to the largest output and the largest input; None: 1e-6, or less for a band
            narrower than 1/512 of the largest output, so that settling is within 1e-3 of a solution with very fine
            steps. Charge is conserved to rounding at any `tol`.

    Returns:
        Waveforms and what is read off them. `i_final` is the DC read; `energy_bias` is None where cells have a gate,
        which is not simulated; node voltages are not kept.

    Warns:
        SettlingWarning: The cells have transistors, whose capacitances are left out: the array settles later.

    Raises:
        InputError: The input switches gates, the wires have no capacitance, a time is not positive, or the shape does
            not fit.

    Valid for: cells and transistors that are fast against the wires; add their capacitances to c_row and c_col. For
    transistors of the size of their cell that is not so: `truth.read_in_time` took about twice as long to settle on
    8 x 8 cells with 1 fF of wire each.
    """
    array = on_bit_lines(array, "step_response")
    t_read, v_ref = array.spec.driver.t_read, array.spec.sense.v_ref
    t_edge, t_stop = 0.01 * t_read if t_edge is None else t_edge, t_read if t_stop is None else t_stop
    if not (0 < t_edge <= t_stop and np.isfinite(t_stop)):
        raise InputError(f"t_edge = {t_edge:g} s, t_stop = {t_stop:g} s: expected 0 < t_edge <= t_stop")
    _tell_left_out(array)
    v_in = real_numbers("v_in", v_in)
    if v_in.ndim != 1:
        raise InputError(f"v_in has shape {v_in.shape}: expected one vector (rows,)")
    tell_inputs(array.spec, check_inputs(array.spec, v_in[None], name="v_in"))
    circuit = _circuit(array, v_in)
    final = circuit.i_final
    largest = float(np.abs(final).max())
    half_width = largest / 512 if band is None else float(band)
    tol = _tolerance(half_width, largest) if tol is None else tol
    time, i_wire, i_out = (np.array(part) for part in zip(*_steps(circuit, t_edge, t_stop, tol), strict=True))
    rise = np.minimum(time / t_edge, 1.0)[:, None]
    source, weights = v_ref + circuit.drive * rise, _weights(time)
    # The capacitance at the source itself, which takes C dv/dt while the input rises.
    c_source = circuit.c[circuit.grid.free :][: circuit.grid.rows] * circuit.drive
    i_row = i_wire + np.where(rise < 1, c_source / t_edge, 0.0)
    energy = weights @ (source * i_wire) + c_source * (v_ref + circuit.drive / 2)
    return read_off(
        time,
        source,
        i_row,
        i_out,
        v_ref=v_ref,
        i_final=final,
        t_edge=t_edge,
        plateau=slice(None),
        band=half_width,
        charge=weights @ i_out,
        energy_row=energy,
        energy_bias=np.zeros(0) if array.spec.array.cell == "1r" else None,
        provenance=Provenance(
            level="nodal",
            spec_digest=array.spec_digest,
            options={"tol": f"{tol:g}", "method": "tr-bdf2"},
            given=array.given,
        ),
    )


def _tell_left_out(array: PreparedArray) -> None:
    if array.spec.v_gate is not None:
        warnings.warn(
            "step_response leaves out the capacitances of the transistors, so that the array settles later than it "
            "states: add them to wire.c_row and wire.c_col, or use truth.read_in_time",
            SettlingWarning,
            stacklevel=4,  # behind `step_response` and `checked`
        )


@dataclass(frozen=True)
class _Circuit:
    """C v' + G v = 0 with the terminals' voltages given; all voltages relative to v_ref.

    Attributes:
        grid: Node numbers.
        g: (nodes, nodes) conductances [S].
        c: (nodes,) capacitances to ground [F].
        drive: (rows,) final source voltages [V].
        i_final: (cols,) DC outputs [A].
    """

    grid: Grid
    g: sparse.csr_matrix
    c: np.ndarray
    drive: np.ndarray
    i_final: np.ndarray


def _circuit(array: PreparedArray, v_in: np.ndarray) -> _Circuit:
    solution = read(array, v_in[None], nodes=True)
    assert solution.v_row is not None and solution.v_col is not None and solution.i_cell is not None
    cells = array.g
    if array.surface is not None:
        u = solution.v_row[0] - solution.v_col[0]
        steep = np.abs(u) > 1e-6 * np.abs(u).max()  # elsewhere no current flows and the chord will do
        cells = np.where(steep, solution.i_cell[0] / np.where(steep, u, 1.0), array.chord_conductance)
    linear = linear_array(array.wires, cells)
    c = _capacitances(linear.grid, array.wires)
    return _Circuit(linear.grid, linear.matrix, c, v_in - array.spec.sense.v_ref, solution.out[0])


def _capacitances(grid: Grid, wires: WireGrid) -> np.ndarray:
    """Capacitance to ground of every node (nodes,) [F]."""
    c = np.zeros(grid.nodes)
    for at_cells, node in ((wires.c_row, grid.row_node), (wires.c_col, grid.col_node)):
        if at_cells is not None:
            c += np.bincount(node.ravel(), np.ravel(at_cells), grid.nodes)
    if not np.any(c > 0):
        raise InputError("wire.c_row and wire.c_col are 0: the array settles at once; expected a capacitance")
    return c


def _steps(
    circuit: _Circuit, t_edge: float, t_stop: float, tol: float
) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
    """Time and currents of wires at the terminals (rows,), (cols,): at the start, in and after each accepted step."""
    grid, free, c = circuit.grid, circuit.grid.free, circuit.c[: circuit.grid.free]
    inner, coupling = circuit.g[:free, :free], circuit.g[:free, free : free + grid.rows]

    def drive(t: float) -> np.ndarray:
        return circuit.drive * min(t / t_edge, 1.0)

    def flow(v: np.ndarray, t: float) -> np.ndarray:
        return -(inner @ v) - coupling @ drive(t)

    def terminals(v: np.ndarray, t: float) -> tuple[float, np.ndarray, np.ndarray]:
        whole = np.concatenate([v, drive(t), np.zeros(grid.cols)])
        current = circuit.g[free:] @ whole
        return t, current[: grid.rows], -current[grid.rows :]

    outward = circuit.g[free + grid.rows :, :free]
    scale_v, scale_i = np.abs(circuit.drive).max(), np.abs(circuit.i_final).max()
    v, t, h = np.zeros(free), 0.0, t_edge / _STEPS_OF_EDGE
    factors: dict[float, Any] = {}
    yield terminals(v, t)
    if free == 0 or scale_v == 0:
        times = [*np.linspace(0.0, t_edge, _STEPS_OF_EDGE + 1), *([t_stop] if t_stop > t_edge else [])]
        for first, last in pairwise(times):
            yield terminals(v, first + _GAMMA * (last - first))
            yield terminals(v, last)
        return
    for _ in range(_MOST_STEPS):
        if t >= t_stop * (1 - 1e-12):
            return
        if t < t_edge * (1 - 1e-9) and t + h > t_edge * (1 + 1e-9):  # no step across the corner of the edge
            h /= _GROWTH
            continue
        h = min(h, t_stop - t)
        if h not in factors:
            factors = {key: factors[key] for key in list(factors)[-1:]} | {h: _factor(circuit, h)}
        solve = factors[h].solve
        start = flow(v, t)
        middle = solve(c * v + _ALPHA * h * (start - coupling @ drive(t + _GAMMA * h)))
        mixed = (middle - (1 - _GAMMA) ** 2 * v) / (_GAMMA * (2 - _GAMMA))
        end = solve(c * mixed - _ALPHA * h * (coupling @ drive(t + h)))
        divided = (
            start / _GAMMA - flow(middle, t + _GAMMA * h) / (_GAMMA * (1 - _GAMMA)) + flow(end, t + h) / (1 - _GAMMA)
        )
        off = solve(_ERROR * h * divided)
        error = max(np.abs(off).max() / scale_v, np.abs(outward @ off).max() / max(scale_i, 1e-300)) / tol
        if error > 1:
            h /= _GROWTH
            continue
        yield terminals(middle, t + _GAMMA * h)
        v, t = end, t + h
        yield terminals(v, t)
        if error * _GROWTH**3 < 0.8:
            h *= _GROWTH
    raise InputError(f"{_MOST_STEPS} steps reach only {t:g} s of {t_stop:g} s: try a larger tol or a longer t_edge")


def _tolerance(band: float, largest: float) -> float:
    """Error of one step, relative to the largest output [A], that is small against the settling band [A]."""
    return min(1e-6, 512e-6 * band / largest) if band > 0 and largest > 0 else 1e-6


def _weights(time: np.ndarray) -> np.ndarray:
    """Weights (points,) [s] of the integral over all steps, each a start, a middle stage and an end.

    They are those by which the steps themselves add up currents into the capacitors: charge is neither lost nor gained.
    """
    weights, h = np.zeros(len(time)), np.diff(time[::2])
    for first, share in enumerate(_WEIGHTS):
        weights[first : first + 2 * len(h) : 2] += share * h
    return weights


def _factor(circuit: _Circuit, h: float) -> Any:
    matrix = sparse.csr_matrix(sparse.diags_array(circuit.c) + _ALPHA * h * circuit.g)
    return factorize(circuit.grid, matrix)
