"""Compiled steps of the read of a tile with bands, between its matrix products.

They work on flat buffers, `WIDTH` numbers at a time. The last of a band or a vector reach beyond its end: what they
read there is not used, and what they write there is written again afterwards. So every buffer has room for `WIDTH`
numbers behind its last one.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

import numpy as np

from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.lanes import WIDTH, fma, load, spread, store


@kernel
def _fitted(coefficients, function, x):
    """s²·(c0 + c1·s + …) of one fitted function."""
    last = coefficients.shape[1] - 1
    value = spread(coefficients[function, last])
    for power in range(last - 1, -1, -1):
        value = fma(x, value, spread(coefficients[function, power]))
    return x * x * value


@kernel
def _of_row(functions, function, s, tau):
    """p of one function φ = p(s, τ) + t·q(s, τ) + t²·r."""
    c = functions[function]
    in_tau = fma(tau, spread(c[4]), fma(s, spread(c[3]), spread(c[2])))
    return fma(s, fma(s, spread(c[1]), spread(c[0])), tau * in_tau)


@kernel
def _of_own(functions, function, s, tau):
    """q of one function φ."""
    c = functions[function]
    return fma(tau, spread(c[7]), fma(s, spread(c[6]), spread(c[5])))


@kernel
def fill_features(batch, edges, before, after, functions, s, wide, rest, seen, flat, sloped, apart):
    """Write the features of each band: [f | τ | τ·p] to `flat`, [s | h] to `sloped`, and two kinds to `apart`.

    They are those of `BandProducts`; `apart` takes τ·q − p of all vectors, then τ·r − q.

    Args:
        batch: Number of vectors.
        edges: First row of each band, and the number of rows.
        before, after: (functions, coefficients) of f and of h.
        functions: (functions, 9) coefficients of φ.
        s: (batch, rows) scaled inputs.
        wide: (batch, width) the first product; its last `rows` columns are the levels that rows see.
        rest: (width,) its constants.
        seen: Where these levels begin in `wide` and `rest`.
        flat, sloped, apart: (batch, features·rows) twice, (2, batch, features·rows), written.
    """
    bands = len(edges) - 1
    rows, width = edges[bands], seen + edges[bands]
    flat_count, sloped_count = len(before) + 1 + len(functions), len(after) + 1
    for b in range(batch):
        for band in range(bands):
            first, n = edges[band], edges[band + 1] - edges[band]
            x = b * rows + first
            to = x * flat_count
            for function in range(len(before)):
                for i in range(0, n, WIDTH):
                    store(flat, to + i, _fitted(before, function, load(s, x + i)))
                to += n
            for i in range(0, n, WIDTH):
                store(flat, to + i, load(wide, b * width + seen + first + i) + load(rest, seen + first + i))
            beside = x * len(functions)
            for function in range(len(functions)):
                to += n
                for i in range(0, n, WIDTH):
                    at = load(s, x + i)
                    tau = load(wide, b * width + seen + first + i) + load(rest, seen + first + i)
                    p = _of_row(functions, function, at, tau)
                    store(flat, to + i, tau * p)
                    store(apart, beside + i, tau * _of_own(functions, function, at, tau) - p)
                beside += n
            to = x * sloped_count
            for i in range(0, n, WIDTH):
                store(sloped, to + i, load(s, x + i))
            for function in range(len(after)):
                to += n
                for i in range(0, n, WIDTH):
                    store(sloped, to + i, _fitted(after, function, load(s, x + i)))
    to = batch * rows * len(functions)
    for b in range(batch):  # after the first kind, whose last lanes reach into this one
        for band in range(bands):
            first, n = edges[band], edges[band + 1] - edges[band]
            for function in range(len(functions)):
                for i in range(0, n, WIDTH):
                    at = b * width + seen + first + i
                    tau = load(wide, at) + load(rest, seen + first + i)
                    q = _of_own(functions, function, load(s, b * rows + first + i), tau)
                    store(apart, to + i, tau * spread(functions[function, 8]) - q)
                to += n


@kernel
def _cubic(flat, sloped, curved, cubic, t):
    return fma(t, fma(t, fma(t, cubic, curved), sloped), flat)


@kernel
def settle_bands(
    batch, bands, cols, repetitions, wide, rest, constants, exchange,
    flat, sloped, curved, apart, per_volt, i_out, slope, first,
):  # fmt: skip
    """Let the bands' currents shift their levels, and add them up.

    Args:
        batch, bands, cols: Numbers of vectors, bands and columns.
        repetitions: How often the levels are shifted.
        wide, rest: (batch, width), (width,) the first product and its constants.
        constants, exchange: (bands, 5, cols) [A] and (bands, bands, cols) [1/A] of `BandProducts`.
        flat, sloped, curved, apart: (bands, batch, cols), the last (bands, 2, batch, cols): products of features [A].
        per_volt: (bands, cols) rise of the levels per volt at the sense nodes [1/V].
        i_out: Written from `first` on, (batch, cols) [A].
        slope: What the bands' currents change per such volt (batch, cols) [S], likewise; nothing if it is empty.
    """
    width, line = len(rest) - WIDTH, bands * WIDTH
    # of each band: level, factors of t⁰, t¹, t², currents before and after, and the last level
    work = np.empty(7 * line, wide.dtype)
    for b in range(batch):
        for o in range(0, cols, WIDTH):
            for band in range(bands):
                at, one, k = (band * batch + b) * cols, 5 * band * cols + o, band * WIDTH
                t = load(wide, b * width + (1 + band) * cols + o) + load(rest, (1 + band) * cols + o)
                e1 = load(apart, 2 * at - b * cols + o) - load(constants, one + 3 * cols)
                e2 = load(apart, 2 * at + (batch - b) * cols + o) - t * load(constants, one + 4 * cols)
                p0 = fma(t, fma(t, e2, e1), load(flat, at + o))
                p1 = load(sloped, at + o) + load(constants, one)
                p2 = load(curved, at + o) + load(constants, one + cols)
                store(work, k, t)
                store(work, line + k, p0)
                store(work, 2 * line + k, p1)
                store(work, 3 * line + k, p2)
                store(work, 4 * line + k, _cubic(p0, p1, p2, load(constants, one + 2 * cols), t))
            old, new = 4 * line, 5 * line
            for _ in range(repetitions):
                for band in range(bands):
                    k, three = band * WIDTH, load(constants, (5 * band + 2) * cols + o)
                    t = load(work, k)
                    for other in range(bands):
                        shift = load(exchange, (band * bands + other) * cols + o)
                        t = fma(shift, load(work, old + other * WIDTH), t)
                    store(work, 6 * line + k, t)
                    p0, p1, p2 = load(work, line + k), load(work, 2 * line + k), load(work, 3 * line + k)
                    store(work, new + k, _cubic(p0, p1, p2, three, t))
                old, new = new, old
            current = load(wide, b * width + o) + load(rest, o)
            for band in range(bands):
                current = current + load(work, old + band * WIDTH)
            store(i_out, first + b * cols + o, current)
            if len(slope) > 0:
                steep = current - current
                for band in range(bands):
                    k = band * WIDTH
                    t, three = load(work, 6 * line + k), load(constants, (5 * band + 2) * cols + o)
                    p1, p2 = load(work, 2 * line + k), load(work, 3 * line + k)
                    one = fma(t, fma(t, three + three + three, p2 + p2), p1)
                    steep = fma(one, load(per_volt, band * cols + o), steep)
                store(slope, first + b * cols + o, steep)
