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
    """Write products (vectors, outputs) of currents (phases, vectors, 2 · outputs); top = 0: no ADC rounds."""
    kind = i_out.dtype.type
    zero, last, factor = kind(0), kind(top), kind(per_step)
    codes = np.empty(i_out.shape[2], i_out.dtype)  # side by side: rounding then takes whole lanes
    for vector in range(y.shape[0]):
        for phase in range(len(weights)):
            current = i_out[phase, vector]
            if top > 0:
                for n in range(len(codes)):
                    codes[n] = min(max(np.rint(current[n] * factor), zero), last)
            else:
                for n in range(len(codes)):
                    codes[n] = current[n] * factor
            weight = kind(weights[phase] * scale)
            if phase == 0:
                for output in range(y.shape[1]):
                    y[vector, output] = weight * (codes[2 * output] - codes[2 * output + 1])
            else:
                for output in range(y.shape[1]):
                    y[vector, output] += weight * (codes[2 * output] - codes[2 * output + 1])


@numba.njit(cache=True, nogil=True)
def due_to_currents(by_number, i_out, low, high, weights, slope, due):
    """Write what currents (phases, vectors, 2 · outputs) are due of dL/dy (vectors, outputs): 0 outside the range."""
    kind = by_number.dtype.type
    zero, least, most = kind(0), kind(low), kind(high)
    for phase in range(len(weights)):
        factor = kind(weights[phase] * slope)
        for vector in range(by_number.shape[0]):
            current, found = i_out[phase, vector], due[phase, vector]
            for output in range(by_number.shape[1]):
                part = by_number[vector, output] * factor
                plus, minus = current[2 * output], current[2 * output + 1]
                found[2 * output] = part if least <= plus <= most else zero
                found[2 * output + 1] = -part if least <= minus <= most else zero
