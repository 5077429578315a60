"""How an array settles: wire capacitances and linear cells, stepped implicitly with a step that grows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from circuitsim.errors import InputError
from circuitsim.nodal.array import PreparedArray
from circuitsim.nodal.gated import NodalArray, on_bit_lines
from circuitsim.nodal.grid import Grid
from circuitsim.nodal.linear import factorize, linear_array
from circuitsim.nodal.reading import read
from circuitsim.results import Provenance
from circuitsim.results.transient import Transient, read_off
from circuitsim.spec import Tolerance, WireGrid, checked, real_numbers

# TR-BDF2 with the division at which both stages share their matrix.
# Source: R. E. Bank et al., IEEE Trans. CAD 4, 436 (1985).
_GAMMA = 2 - np.sqrt(2)
_ALPHA = _GAMMA / 2
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
    tol: Tolerance = 1e-4,
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
        tol: Error of one step, relative to the largest output and the largest input.

    Returns:
        Waveforms and what is read off them. `i_final` is the DC read; `energy_bias` is None where cells have a gate,
        which is not simulated; node voltages are not kept.

    Raises:
        InputError: The input switches gates, the wires have no capacitance, a time is not positive, or the shape does
            not fit.

    Valid for: cells and transistors that are fast against the wires; their capacitance belongs into c_row, c_col.
    """
    array = on_bit_lines(array, "step_response")
    t_read, v_ref = array.spec.driver.t_read, array.spec.sense.v_ref
    t_edge, t_stop = t_edge or 0.01 * t_read, t_stop or t_read
    if not (0 < t_edge <= t_stop and np.isfinite(t_stop)):
        raise InputError(f"t_edge = {t_edge:g} s, t_stop = {t_stop:g} s: expected 0 < t_edge <= t_stop")
    v_in = real_numbers("v_in", v_in)
    if v_in.ndim != 1:
        raise InputError(f"v_in has shape {v_in.shape}: expected one vector (rows,)")
    circuit = _circuit(array, v_in)
    final = circuit.i_final
    half_width = float(np.abs(final).max()) / 512 if band is None else float(band)
    time, i_row, i_out = (np.array(part) for part in zip(*_steps(circuit, t_edge, t_stop, tol), strict=True))
    source = v_ref + circuit.drive * np.minimum(time / t_edge, 1.0)[:, None]
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
        energy_bias=np.zeros(0) if array.spec.array.cell == "1r" else None,
        provenance=Provenance(
            level="nodal",
            spec_digest=array.spec_digest,
            options={"tol": f"{tol:g}", "method": "tr-bdf2"},
            given=array.given,
        ),
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
    """Time and terminal currents (rows,), (cols,) after each accepted step, the start included."""
    grid, free, c = circuit.grid, circuit.grid.free, circuit.c[: circuit.grid.free]
    inner, coupling = circuit.g[:free, :free], circuit.g[:free, free : free + grid.rows]

    def drive(t: float) -> np.ndarray:
        return circuit.drive * min(t / t_edge, 1.0)

    def flow(v: np.ndarray, t: float) -> np.ndarray:
        return -(inner @ v) - coupling @ drive(t)

    def terminals(v: np.ndarray, t: float) -> tuple[float, np.ndarray, np.ndarray]:
        whole = np.concatenate([v, drive(t), np.zeros(grid.cols)])
        current = circuit.g[free:] @ whole
        rising = circuit.drive / t_edge if t < t_edge else np.zeros(grid.rows)
        at_source = circuit.c[free : free + grid.rows] * rising
        return t, current[: grid.rows] + at_source, -current[grid.rows :]

    outward = circuit.g[free + grid.rows :, :free]
    scale_v, scale_i = np.abs(circuit.drive).max(), np.abs(circuit.i_final).max()
    v, t, h = np.zeros(free), 0.0, t_edge / _STEPS_OF_EDGE
    factors: dict[float, Any] = {}
    yield terminals(v, t)
    if free == 0 or scale_v == 0:
        yield terminals(v, t_stop)
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
        v, t = end, t + h
        yield terminals(v, t)
        if error * _GROWTH**3 < 0.8:
            h *= _GROWTH
    raise InputError(f"{_MOST_STEPS} steps reach only {t:g} s of {t_stop:g} s: try a larger tol or a longer t_edge")


def _factor(circuit: _Circuit, h: float) -> Any:
    matrix = sparse.csr_matrix(sparse.diags_array(circuit.c) + _ALPHA * h * circuit.g)
    return factorize(circuit.grid, matrix)
