"""Compiled read of a tile with bands: a group of vectors from scaled inputs to currents, within the nearest caches.

Everything of a group lies as `lane_products` wants it: the values of its vectors side by side.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from typing import NamedTuple

import numpy as np

from circuitsim.behavioral.tile import DistanceFunction
from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.lane_products import GROUP, OUTPUTS, product
from circuitsim.nodal.lanes import WIDTH, fma, load, spread, store

_S, _S2, _TAU, _S_TAU, _TAU2, _T, _S_T, _TAU_T, _T2 = range(len(DistanceFunction._fields))
_BLOCK = OUTPUTS * GROUP  # numbers of a block of sums
_SUMS = 6  # blocks of each band: t0, the factors of t⁰, t¹ and t², and what t0 and t0² multiply in that of t⁰


class BandMatrices(NamedTuple):
    """The fields of `BandProducts`, matrices flat, and the functions f (`before`) and h (`after`) of `Tile`."""

    edges: np.ndarray
    before: np.ndarray
    after: np.ndarray
    functions: np.ndarray
    wide: np.ndarray
    rest: np.ndarray
    flat: np.ndarray
    sloped: np.ndarray
    curved: np.ndarray
    apart: np.ndarray
    constants: np.ndarray
    exchange: np.ndarray


@kernel
def _fitted(coefficients, function, s):
    """s²·(c0 + c1·s + …) of one fitted function."""
    last = coefficients.shape[1] - 1
    value = spread(coefficients[function, last])
    for power in range(last - 1, -1, -1):
        value = fma(s, value, spread(coefficients[function, power]))
    return s * s * value


@kernel
def _of_row(functions, function, s, tau):
    """p of one function φ = p(s, τ) + t·q(s, τ) + t²·r."""
    c = functions[function]
    in_tau = fma(tau, spread(c[_TAU2]), fma(s, spread(c[_S_TAU]), spread(c[_TAU])))
    return fma(s, fma(s, spread(c[_S2]), spread(c[_S])), tau * in_tau)


@kernel
def _of_own(functions, function, s, tau):
    """q of one function φ."""
    c = functions[function]
    return fma(tau, spread(c[_TAU_T]), fma(s, spread(c[_S_T]), spread(c[_T])))


@kernel
def _fill_features(parts, inputs, seen, features):
    """Write the features of each band, [f | τ | τ·p | s | h | τ·q − p | τ·r − q] of `BandProducts`.

    Args:
        parts: See `BandMatrices`.
        inputs, seen: (rows, GROUP) s and τ.
        features: (features · rows, GROUP), written; those of a band follow one another.
    """
    before, after, functions, edges = parts.before, parts.after, parts.functions, parts.edges
    to = 0
    for band in range(len(edges) - 1):
        at, step = edges[band] * GROUP, (edges[band + 1] - edges[band]) * GROUP
        for f in range(len(before)):
            for i in range(0, step, WIDTH):
                store(features, to + i, _fitted(before, f, load(inputs, at + i)))
            to += step
        for i in range(0, step, WIDTH):
            store(features, to + i, load(seen, at + i))
        to += step
        others = to + (len(functions) + 1 + len(after)) * step
        for f in range(len(functions)):
            for i in range(0, step, WIDTH):
                s, tau = load(inputs, at + i), load(seen, at + i)
                p, q = _of_row(functions, f, s, tau), _of_own(functions, f, s, tau)
                store(features, to + i, tau * p)
                store(features, others + i, tau * q - p)
                store(features, others + len(functions) * step + i, tau * spread(functions[f, _T2]) - q)
            to, others = to + step, others + step
        for i in range(0, step, WIDTH):
            store(features, to + i, load(inputs, at + i))
        to += step
        for h in range(len(after)):
            for i in range(0, step, WIDTH):
                store(features, to + i, _fitted(after, h, load(inputs, at + i)))
            to += step
        to += 2 * len(functions) * step


@kernel
def _sum_bands(o, outputs, rows, cols, parts, inputs, features, sums, used):
    """Multiply columns o to o + outputs − 1 of all matrices: i0, and `_SUMS` blocks of each band."""
    edges, wide = parts.edges, parts.wide
    bands, apart = len(edges) - 1, len(parts.functions)
    flat, sloped = len(parts.before) + 1 + apart, 1 + len(parts.after)
    count, width = flat + sloped + 2 * apart, len(parts.rest)
    product(wide, o, width, outputs, inputs, 0, rows, sums, 0, used)
    for band in range(bands):
        first, n, to = edges[band], edges[band + 1] - edges[band], (1 + _SUMS * band) * _BLOCK
        at = first * count * GROUP
        product(wide, (1 + band) * cols + o, width, outputs, inputs, 0, rows, sums, to, used)
        product(parts.flat, first * flat * cols + o, cols, outputs, features, at, n * flat, sums, to + _BLOCK, used)
        at += n * flat * GROUP
        product(
            parts.sloped,
            first * sloped * cols + o,
            cols,
            outputs,
            features,
            at,
            n * sloped,
            sums,
            to + 2 * _BLOCK,
            used,
        )
        product(parts.curved, first * cols + o, cols, outputs, features, at, n, sums, to + 3 * _BLOCK, used)
        at += n * sloped * GROUP
        for power in (4, 5):
            product(
                parts.apart,
                first * apart * cols + o,
                cols,
                outputs,
                features,
                at,
                n * apart,
                sums,
                to + power * _BLOCK,
                used,
            )
            at += n * apart * GROUP


@kernel
def _complete(o, outputs, cols, bands, rest, constants, sums, used):
    """Complete sums: the constants of each band, and what t0 and its square add to the factor of t⁰."""
    for band in range(bands):
        first = (1 + _SUMS * band) * _BLOCK
        for output in range(outputs):
            k = 5 * band * cols + o + output
            level, one, two = (
                spread(rest[(1 + band) * cols + o + output]),
                spread(constants[k]),
                spread(constants[k + cols]),
            )
            apart, square = spread(constants[k + 3 * cols]), spread(constants[k + 4 * cols])
            for at in range(first + output * GROUP, first + output * GROUP + used, WIDTH):
                t = load(sums, at) + level
                by_level, by_square = load(sums, at + 4 * _BLOCK) - apart, load(sums, at + 5 * _BLOCK) - t * square
                store(sums, at, t)
                store(sums, at + _BLOCK, fma(t, fma(t, by_square, by_level), load(sums, at + _BLOCK)))
                store(sums, at + 2 * _BLOCK, load(sums, at + 2 * _BLOCK) + one)
                store(sums, at + 3 * _BLOCK, load(sums, at + 3 * _BLOCK) + two)


@kernel
def _cubic(at, three, t, sums):
    """S of a band at its level t; its sums begin at `at`."""
    flat, sloped, curved = load(sums, at + _BLOCK), load(sums, at + 2 * _BLOCK), load(sums, at + 3 * _BLOCK)
    return fma(t, fma(t, fma(t, three, curved), sloped), flat)


@kernel
def _settle(o, outputs, cols, bands, repetitions, constants, exchange, sums, levels, added, used):
    """Let the bands' currents shift their levels.

    Args:
        o, outputs, cols: First output, number of outputs, and of all columns.
        bands: Number of bands.
        repetitions: How often the levels are shifted.
        constants, exchange: As of `BandProducts`, flat.
        sums: Completed sums.
        levels: (bands, GROUP) room for the levels of an output.
        added: (2, bands, GROUP) room for the currents before and after.
        used: Vectors of the group that count.

    The block of i0 in `sums` takes the currents of the bands; that of t0 the last levels.
    """
    for output in range(outputs):
        k = o + output
        old, new = 0, bands * GROUP
        for band in range(bands):
            at, three = (1 + _SUMS * band) * _BLOCK + output * GROUP, spread(constants[(5 * band + 2) * cols + k])
            for lane in range(0, used, WIDTH):
                t = load(sums, at + lane)
                store(levels, band * GROUP + lane, t)
                store(added, band * GROUP + lane, _cubic(at + lane, three, t, sums))
        for _ in range(repetitions):
            for band in range(bands):
                at, three = (1 + _SUMS * band) * _BLOCK + output * GROUP, spread(constants[(5 * band + 2) * cols + k])
                for lane in range(0, used, WIDTH):
                    t = load(levels, band * GROUP + lane)
                    for other in range(bands):
                        shift = spread(exchange[(band * bands + other) * cols + k])
                        t = fma(shift, load(added, old + other * GROUP + lane), t)
                    store(sums, at + lane, t)
                    store(added, new + band * GROUP + lane, _cubic(at + lane, three, t, sums))
            old, new = new, old
        for lane in range(0, used, WIDTH):
            current = load(sums, output * GROUP + lane)
            for band in range(bands):
                current = current + load(added, old + band * GROUP + lane)
            store(sums, output * GROUP + lane, current)


@kernel
def _slopes(o, outputs, cols, bands, constants, per_volt, sums, steep, used):
    """Write what the bands' currents change per volt at the sense nodes [S], of settled sums."""
    for output in range(outputs):
        for lane in range(output * GROUP, output * GROUP + used, WIDTH):
            total = spread(per_volt[0]) - spread(per_volt[0])
            for band in range(bands):
                k, at = band * cols + o + output, (1 + _SUMS * band) * _BLOCK + lane
                three = spread(constants[(5 * band + 2) * cols + o + output])
                t, sloped, curved = load(sums, at), load(sums, at + 2 * _BLOCK), load(sums, at + 3 * _BLOCK)
                slope = fma(t, fma(t, three + three + three, curved + curved), sloped)
                total = fma(slope, spread(per_volt[k]), total)
            store(steep, lane, total)


@kernel
def _lay_beside(vectors, start, count, inputs):
    """Write vectors (batch, rows) from `start` on as (rows, GROUP), zeros behind the last."""
    for i in range(vectors.shape[1]):
        for n in range(count):
            inputs[i * GROUP + n] = vectors[start + n, i]
        for n in range(count, GROUP):
            inputs[i * GROUP + n] = 0


@kernel
def _lay_apart(start, count, o, outputs, beside, vectors):
    """Write outputs (outputs, GROUP) to vectors (batch, cols) from `start` and column `o` on."""
    for n in range(count):
        for output in range(outputs):
            vectors[start + n, o + output] = beside[output * GROUP + n]


@kernel
def read_groups(scaled, repetitions, parts, per_volt, i_out, slope):
    """Read a tile with bands.

    Args:
        scaled: (batch, rows) scaled inputs.
        repetitions: How often the bands' currents shift their levels.
        parts: See `BandMatrices`.
        per_volt: (bands, cols) rise of the levels per volt at the sense nodes [1/V], flat.
        i_out: (batch, cols) currents [A], written.
        slope: What the bands' currents change per such volt (batch, cols) [S], written; nothing if it is empty.
    """
    (batch, rows), cols, bands = scaled.shape, i_out.shape[1], len(parts.edges) - 1
    kind, width, constants, exchange, rest = scaled.dtype, len(parts.rest), parts.constants, parts.exchange, parts.rest
    count = len(parts.before) + len(parts.after) + 2 + 3 * len(parts.functions)
    inputs, seen, features = (
        np.empty(rows * GROUP, kind),
        np.empty(rows * GROUP, kind),
        np.empty(count * rows * GROUP, kind),
    )
    sums, steep = np.empty((1 + _SUMS * bands) * _BLOCK, kind), np.empty(_BLOCK, kind)
    levels, added = np.empty(bands * GROUP, kind), np.empty(2 * bands * GROUP, kind)
    for start in range(0, batch, GROUP):
        used = min(GROUP, batch - start)
        _lay_beside(scaled, start, used, inputs)
        for place in range(0, rows, OUTPUTS):
            outputs = min(OUTPUTS, rows)
            i = min(place, rows - outputs)  # the last ones again, where they are not a multiple
            product(parts.wide, width - rows + i, width, outputs, inputs, 0, rows, seen, i * GROUP, used)
        for i in range(rows):
            for lane in range(i * GROUP, i * GROUP + used, WIDTH):
                store(seen, lane, load(seen, lane) + spread(rest[width - rows + i]))
        _fill_features(parts, inputs, seen, features)
        for place in range(0, cols, OUTPUTS):
            outputs = min(OUTPUTS, cols)
            o = min(place, cols - outputs)
            _sum_bands(o, outputs, rows, cols, parts, inputs, features, sums, used)
            for output in range(outputs):
                for lane in range(output * GROUP, output * GROUP + used, WIDTH):
                    store(sums, lane, load(sums, lane) + spread(rest[o + output]))
            _complete(o, outputs, cols, bands, rest, constants, sums, used)
            _settle(o, outputs, cols, bands, repetitions, constants, exchange, sums, levels, added, used)
            _lay_apart(start, used, o, outputs, sums, i_out)
            if len(slope) > 0:
                _slopes(o, outputs, cols, bands, constants, per_volt, sums, steep, used)
                _lay_apart(start, used, o, outputs, steep, slope)
