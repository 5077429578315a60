"""Transistors from gate off to gate on: cubic splines over gate, |U| and the smaller voltage, with their slopes.

The current is U·k, and ln k is all but straight where a gate is off, so that its leak is right wherever it lies among
the decades. asinh(k/k_floor) is ln k above `k_floor`, and straight at and below 0, where rounding leaves either sign.
"""

from dataclasses import dataclass

import numpy as np

from circuitsim.nodal.kernel import kernel
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
def _sum_up(coefficients, scales, start, step, volts, slopes, out):
    """Fill current and charges, and their slopes, (1 or 4, 4, cells) at volts (gate, drain, source; cells)."""
    in_g, in_u, in_m = np.empty(4), np.empty(4), np.empty(4)
    by_g, by_u, by_m = np.empty(4), np.empty(4), np.empty(4)
    value, g, u, m = np.empty(4), np.empty(4), np.empty(4), np.empty(4)
    along, across = np.empty(4), np.empty(4)
    k_floor, u_scale = scales
    _, gates, n_u, n_m, _ = coefficients.shape
    for cell in range(volts.shape[1]):
        drain, source = volts[1, cell], volts[2, cell]
        over = drain - source
        size, lower = abs(over), min(drain, source)
        side = 0 if over >= 0 else 1
        at_g = _weights((volts[0, cell] - start[0]) / step[0], gates, in_g, by_g)
        at_u = _weights(np.arcsinh(size / u_scale) / step[1], n_u, in_u, by_u)
        per_volt = 1.0 / (step[1] * np.sqrt(u_scale * u_scale + size * size))
        at_m = _weights((lower - start[2]) / step[2], n_m, in_m, by_m)
        value[:], g[:], u[:], m[:] = 0.0, 0.0, 0.0, 0.0
        for a in range(4):
            for b in range(4):
                along[:] = 0.0
                for c in range(4):
                    for q in range(4):  # an array taken out of another one costs more than these indices
                        along[q] += in_m[c] * coefficients[side, at_g + a, at_u + b, at_m + c, q]
                both = in_g[a] * in_u[b]
                for q in range(4):
                    value[q] += both * along[q]
                if slopes:
                    across[:] = 0.0
                    for c in range(4):
                        for q in range(4):
                            across[q] += by_m[c] * coefficients[side, at_g + a, at_u + b, at_m + c, q]
                    of_g, of_u = by_g[a] * in_u[b], in_g[a] * by_u[b]
                    for q in range(4):
                        g[q] += of_g * along[q]
                        u[q] += of_u * along[q]
                        m[q] += both * across[q]
        k, rise = k_floor * np.sinh(value[0]), k_floor * np.cosh(value[0])
        value[0], g[0], m[0] = over * k, over * rise * g[0], over * rise * m[0]
        u[0] = (k if over >= 0 else -k) / per_volt + over * rise * u[0]
        out[0, :, cell] = value
        if slopes:
            _by_voltages(over >= 0, per_volt * u, m / step[2], out[1:, :, cell])
            out[3, :, cell] = g / step[0]
