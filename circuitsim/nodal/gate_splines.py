"""Transistors from gate off to gate on: cubic splines over gate, |U| and the smaller voltage, with their slopes.

The current is U·k, and ln k is all but straight where a gate is off, so that its leak is right wherever it lies among
the decades. asinh(k/k_floor) is ln k above `k_floor`, and straight at and below 0, where rounding leaves either sign.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from dataclasses import dataclass

import numpy as np

from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.lanes import fma, load_like, spread_like, store, zeros_for
from circuitsim.results import SwitchedAccess

QUANTITIES = 4  # current, charges of drain, source, gate


@dataclass(frozen=True)
class GateSplines:
    """Coefficients of uniform cubic B-splines, ready to be evaluated.

    Attributes:
        coefficients: (2, gates + 2, n_u + 2, n_m + 2, 4), forward and reverse, of asinh(k/k_floor) and of the charges
            of drain, source and gate [C].
        k_floor: Conductance that is nothing [S].
        u_scale: Scale of |U| [V], whose nodes are equally spaced in asinh(|U|/u_scale).
        start: Gate, asinh(|U|/u_scale) and smaller voltage at the first node [V, 1, V].
        step: Their distances between nodes.
    """

    coefficients: np.ndarray
    k_floor: float
    u_scale: float
    start: np.ndarray
    step: np.ndarray


def gate_splines(access: SwitchedAccess) -> GateSplines:
    """Interpolate a characterized transistor."""
    low, high = access.v_range
    values = np.concatenate([np.arcsinh(access.k / access.k_floor)[:, :, None], access.q], axis=2)
    coefficients = np.moveaxis(values, 2, -1)
    for axis in (1, 2, 3):
        along = _to_splines(coefficients.shape[axis])
        coefficients = np.moveaxis(np.tensordot(along, coefficients, (1, axis)), 0, axis)
    width = np.array(
        [access.gate_range[1] - access.gate_range[0], np.arcsinh((high - low) / access.u_scale), high - low]
    )
    return GateSplines(
        np.ascontiguousarray(coefficients),
        access.k_floor,
        access.u_scale,
        np.array([access.gate_range[0], 0.0, low]),
        width / (np.array(access.k.shape[1:]) - 1),
    )


def at_gates(
    splines: GateSplines, gate: np.ndarray, drain: np.ndarray, source: np.ndarray, *, slopes: bool
) -> np.ndarray:
    """Return current [A] and charges [C] of transistors at their voltages (cells,) [V]; beyond the grid, at its edge.

    Returns:
        (1, 4, cells): the current from drain to source, the charges of drain, source and gate; with `slopes` (4, 4,
        cells): behind the values their slopes by the voltages of drain, source and gate.
    """
    out = np.empty((4 if slopes else 1, QUANTITIES, len(gate)))
    volts = np.stack([gate, drain, source])
    _sum_up(splines.coefficients, (splines.k_floor, splines.u_scale), splines.start, splines.step, volts, slopes, out)
    return out


def gate_law(splines: GateSplines, gate: np.ndarray, drain: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Return values and slopes (4 quantities, 4, cells) as `at_gates`."""
    return np.swapaxes(at_gates(splines, gate, drain, source, slopes=True), 0, 1)


def _to_splines(count: int) -> np.ndarray:
    """Matrix (count + 2, count) from values at the nodes to coefficients; third derivatives do not jump at the ends."""
    system = np.zeros((count + 2, count + 2))
    for node in range(count):
        system[node, node : node + 3] = 1 / 6, 4 / 6, 1 / 6
    bend = np.array([1.0, -4.0, 6.0, -4.0, 1.0])
    system[count, :5], system[count + 1, -5:] = bend, bend
    return np.linalg.inv(system)[:, :count]


@kernel
def _weights(at, count, value, slope):
    """Fill weights (4,) and their slopes per node at a place in nodes; return the first coefficient."""
    first = min(max(int(at), 0), count - 4)
    w = min(max(at - first, 0.0), 1.0)
    v = 1.0 - w
    value[0], value[3] = v * v * v / 6.0, w * w * w / 6.0
    value[1] = 2.0 / 3.0 - w * w * (2.0 - w) / 2.0
    value[2] = 2.0 / 3.0 - v * v * (2.0 - v) / 2.0
    slope[0], slope[3] = -v * v / 2.0, w * w / 2.0
    slope[1], slope[2] = w * (1.5 * w - 2.0), v * (2.0 - 1.5 * v)
    return first


@kernel
def _by_voltages(forward, by_size, by_lower, out):
    """Fill slopes by drain and source from those by |U| and by the smaller voltage."""
    for q in range(len(by_size)):
        along, against = by_size[q], by_lower[q] - by_size[q]
        out[0, q], out[1, q] = (along, against) if forward else (against, along)


@kernel
def _around(coefficients, at, strides, value, slope, sums):
    """Sum the coefficients around one point, the four quantities of a cell in four lanes.

    Args:
        coefficients: Flat.
        at: Where those of the point begin.
        strides: Distances of neighbors along gate and |U|.
        value, slope: (3, 4) weights along gate, |U| and smaller voltage, and their slopes per node.
        sums: Written, flat: the values and, if there is room, their slopes along the three.
    """
    slopes = len(sums) > QUANTITIES
    zero = zeros_for((0.0, 0.0, 0.0, 0.0))
    total, by_g, by_u, by_m = zero, zero, zero, zero
    for a in range(4):
        plane, plane_u, plane_m = zero, zero, zero
        for b in range(4):
            first = at + a * strides[0] + b * strides[1]
            along, across = zero, zero
            for c in range(4):
                here = load_like(zero, coefficients, first + c * QUANTITIES)
                along = fma(here, spread_like(zero, value[2, c]), along)
                if slopes:
                    across = fma(here, spread_like(zero, slope[2, c]), across)
            plane = fma(along, spread_like(zero, value[1, b]), plane)
            if slopes:
                plane_u = fma(along, spread_like(zero, slope[1, b]), plane_u)
                plane_m = fma(across, spread_like(zero, value[1, b]), plane_m)
        total = fma(plane, spread_like(zero, value[0, a]), total)
        if slopes:
            by_g = fma(plane, spread_like(zero, slope[0, a]), by_g)
            by_u = fma(plane_u, spread_like(zero, value[0, a]), by_u)
            by_m = fma(plane_m, spread_like(zero, value[0, a]), by_m)
    store(sums, 0, total)
    if slopes:
        store(sums, QUANTITIES, by_g)
        store(sums, 2 * QUANTITIES, by_u)
        store(sums, 3 * QUANTITIES, by_m)


@kernel
def _sum_up(coefficients, scales, start, step, volts, slopes, out):
    """Fill current and charges, and their slopes, (1 or 4, 4, cells) at volts (gate, drain, source; cells)."""
    in_node, by_node = np.empty((3, 4)), np.empty((3, 4))
    sums = np.empty(4 * QUANTITIES if slopes else QUANTITIES)
    value, g, u, m = sums[:4], sums[4:8], sums[8:12], sums[12:16]
    k_floor, u_scale = scales
    _, gates, n_u, n_m, _ = coefficients.shape
    along_u = n_m * QUANTITIES
    along_g, flat = n_u * along_u, coefficients.ravel()
    for cell in range(volts.shape[1]):
        drain, source = volts[1, cell], volts[2, cell]
        over = drain - source
        size, lower = abs(over), min(drain, source)
        at = 0 if over >= 0 else gates * along_g
        at += along_g * _weights((volts[0, cell] - start[0]) / step[0], gates, in_node[0], by_node[0])
        at += along_u * _weights(np.arcsinh(size / u_scale) / step[1], n_u, in_node[1], by_node[1])
        at += QUANTITIES * _weights((lower - start[2]) / step[2], n_m, in_node[2], by_node[2])
        _around(flat, at, (along_g, along_u), in_node, by_node, sums)
        e = np.exp(value[0])
        k, rise = 0.5 * k_floor * (e - 1.0 / e), 0.5 * k_floor * (e + 1.0 / e)
        value[0] = over * k
        out[0, :, cell] = value
        if slopes:
            per_volt = 1.0 / (step[1] * np.sqrt(u_scale * u_scale + size * size))
            g[0], m[0] = over * rise * g[0], over * rise * m[0]
            u[0] = (k if over >= 0 else -k) / per_volt + over * rise * u[0]
            _by_voltages(over >= 0, per_volt * u, m / step[2], out[1:, :, cell])
            out[3, :, cell] = g / step[0]
