"""Compiled edges of a tile for training: ideal DACs, ideal ADCs and differences of column pairs, one pass each.

They compute what `drive_rows` and `tile_numbers` do with an ideal ADC between; a pass of torch for each operation takes
longer than the matrix products.
"""

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def drive_inputs(x, signs, per_step, top, step, low, driven):
    """Write the voltages (phases, n) of activations x (n,); top = 0: no DAC rounds, and step is that of `top` = 1."""
    kind = x.dtype.type
    zero, last = kind(0), kind(top if top > 0 else 1)
    for phase in range(len(signs)):
        factor = kind(signs[phase] * per_step)
        if top > 0:
            for n in range(len(x)):
                code = np.rint(x[n] * factor)
                driven[phase, n] = min(max(code, zero), last) * kind(step) + kind(low)
        else:
            for n in range(len(x)):
                driven[phase, n] = min(max(x[n] * factor, zero), last) * kind(step) + kind(low)


@numba.njit(cache=True, nogil=True)
def due_to_inputs(x, signs, largest, slope, by_volt, due):
    """Write what activations (n,) are due of dL/dv (phases, n): nothing beyond `largest`, each in its own phase."""
    kind = x.dtype.type
    limit, zero, factor = kind(largest), kind(0), kind(slope)
    if len(signs) == 1:
        for n in range(len(x)):
            due[n] = by_volt[0, n] * factor if x[n] <= limit else zero
    else:
        for n in range(len(x)):
            part = by_volt[0, n] if x[n] >= zero else -by_volt[1, n]
            due[n] = part * factor if abs(x[n]) <= limit else zero


@numba.njit(cache=True, nogil=True)
def pair_numbers(i_out, weights, per_step, top, scale, y):
    """Write products (vectors, outputs) of currents (phases, vectors, 2 · outputs); return the number of clipped ones.

    top = 0: no ADC rounds.
    """
    kind = i_out.dtype.type
    zero, last, factor, half = kind(0), kind(top), kind(per_step), kind(0.5)
    clipped = 0
    for vector in range(y.shape[0]):
        for output in range(y.shape[1]):
            total = zero
            for phase in range(len(weights)):
                plus, minus = i_out[phase, vector, 2 * output] * factor, i_out[phase, vector, 2 * output + 1] * factor
                if top > 0:
                    clipped += (plus > last + half) + (minus > last + half) + (plus < -half) + (minus < -half)
                    plus, minus = min(max(np.rint(plus), zero), last), min(max(np.rint(minus), zero), last)
                total += kind(weights[phase]) * (plus - minus)
            y[vector, output] = total * kind(scale)
    return clipped


@numba.njit(cache=True, nogil=True)
def due_to_currents(by_number, weights, slope, due):
    """Write what currents (phases, vectors, 2 · outputs) are due of dL/dy (vectors, outputs)."""
    kind = by_number.dtype.type
    for phase in range(len(weights)):
        factor = kind(weights[phase] * slope)
        for vector in range(by_number.shape[0]):
            for output in range(by_number.shape[1]):
                part = by_number[vector, output] * factor
                due[phase, vector, 2 * output] = part
                due[phase, vector, 2 * output + 1] = -part
