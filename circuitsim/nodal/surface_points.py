"""Evaluate the tensors of a surface at points, `WIDTH` points of one conductance at a time.

A cell is mostly asked for at many voltages: its conductance is put into the tensors once, and its points wait in lanes,
one set for each side, until these are full or another conductance comes.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

import numpy as np
from numba.extending import register_jitable

from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.lanes import WIDTH, fma, load, spread, store


# These two serve Python as well.
@register_jitable
def conductance_coordinate(g, g_scale):
    """Return t = g / (g + g_scale), in which a memory in series with a conductance g_scale is a polynomial.

    With g_scale = 0 it is ln g, in which the current of a transistor that stores the state is smooth over decades.
    """
    return g / (g + g_scale) if g_scale > 0.0 else np.log(g)


@register_jitable
def to_unit(value, low, high):
    """Map the interval from low to high to −1 … 1, where Chebyshev polynomials live."""
    return (value - low) / (high - low) * 2.0 - 1.0


@kernel
def _chebyshev(x, values, slopes):
    """Fill T_n(x) and T_n'(x)."""
    values[0], slopes[0] = 1.0, 0.0
    if len(values) > 1:
        values[1], slopes[1] = x, 1.0
    for n in range(2, len(values)):
        values[n] = 2.0 * x * values[n - 1] - values[n - 2]
        slopes[n] = 2.0 * values[n - 1] + 2.0 * x * slopes[n - 1] - slopes[n - 2]


@kernel
def _chebyshev_lanes(x, count, values, slopes):
    """Fill T_n and T_n' of the lanes at x, flat (count · WIDTH,)."""
    one, zero = spread(1.0), spread(0.0)
    before, slope_before, now, slope = one, zero, x, one
    store(values, 0, before)
    store(slopes, 0, slope_before)
    for n in range(1, count):
        store(values, n * WIDTH, now)
        store(slopes, n * WIDTH, slope)
        twice = now + now
        before, now, slope_before, slope = (
            now, (x + x) * now - before, slope, fma(x + x, slope, twice) - slope_before
        )  # fmt: skip


@kernel
def _contract(tensor, in_t, slope_t, k, k_t):
    """Put one conductance into a tensor (n_t, n_u · n_m): k(u, m) and its derivative along t, both flat."""
    k[:] = 0.0
    k_t[:] = 0.0
    for n in range(len(tensor)):
        for term in range(len(k)):
            k[term] += in_t[n] * tensor[n, term]
            k_t[term] += slope_t[n] * tensor[n, term]


@kernel
def _sum_up(k, k_t, n_u, n_m, at, in_u, d_u, in_m, d_m, found):
    """Fill value, slopes along u, m and t of k at the lanes of one side, flat (4 · WIDTH,).

    Args:
        k, k_t: (n_u · n_m,) coefficients and their derivative along t.
        n_u, n_m: Numbers of terms.
        at: (2 · WIDTH,) the lanes' u and m in −1 … 1.
        in_u, d_u, in_m, d_m: Room for Chebyshev polynomials and their slopes.
        found: Written.
    """
    _chebyshev_lanes(load(at, 0), n_u, in_u, d_u)
    _chebyshev_lanes(load(at, WIDTH), n_m, in_m, d_m)
    value, along_u, along_m, along_t = spread(0.0), spread(0.0), spread(0.0), spread(0.0)
    for i in range(n_u):
        here, here_m, here_t = spread(0.0), spread(0.0), spread(0.0)
        for j in range(n_m):
            t_m = load(in_m, j * WIDTH)
            here = fma(spread(k[i * n_m + j]), t_m, here)
            here_m = fma(spread(k[i * n_m + j]), load(d_m, j * WIDTH), here_m)
            here_t = fma(spread(k_t[i * n_m + j]), t_m, here_t)
        t_u = load(in_u, i * WIDTH)
        value, along_u = fma(here, t_u, value), fma(here, load(d_u, i * WIDTH), along_u)
        along_m, along_t = fma(here_m, t_u, along_m), fma(here_t, t_u, along_t)
    store(found, 0, value)
    store(found, WIDTH, along_u)
    store(found, 2 * WIDTH, along_m)
    store(found, 3 * WIDTH, along_t)


@kernel
def _fill(here, box, points, found, reverse, v_bl, v_sl, out):
    """Fill `out` at the points of one side, all of conductance `here`, from what `_sum_up` found."""
    g_scale, g_parallel, t_low, t_high, u_max, m_low, m_high = box
    beside = here + g_parallel
    dt_dg = (g_scale / (here + g_scale) ** 2 if g_scale > 0.0 else 1.0 / here) * 2.0 / (t_high - t_low)
    for lane in range(len(points)):
        p, value = points[lane], found[lane]
        u = v_bl[p] - v_sl[p]
        in_u_slope = beside * (value + abs(u) * found[WIDTH + lane] * 2.0 / u_max)
        in_m_slope = beside * u * found[2 * WIDTH + lane] * 2.0 / (m_high - m_low)
        out[0, p] = beside * u * value
        out[1, p] = in_u_slope + (in_m_slope if reverse else 0.0)
        out[2, p] = -in_u_slope + (0.0 if reverse else in_m_slope)
        out[3, p] = u * (value + beside * found[3 * WIDTH + lane] * dt_dg)


@kernel
def evaluate_points(forward, reverse, box, g, v_bl, v_sl, out):
    """Fill current, slopes in v_bl and v_sl, and slope in g (4, points) at each point; see `surface.cell_law`."""
    g_scale, _, t_low, t_high, u_max, m_low, m_high = box
    n_t, n_u, n_m = forward.shape
    tensors = (forward.reshape(n_t, n_u * n_m), reverse.reshape(n_t, n_u * n_m))
    in_t, d_t, found = np.empty(n_t), np.empty(n_t), np.empty(4 * WIDTH)
    in_u, d_u, in_m, d_m = np.empty(n_u * WIDTH), np.empty(n_u * WIDTH), np.empty(n_m * WIDTH), np.empty(n_m * WIDTH)
    k, k_t, contracted = np.empty((2, n_u * n_m)), np.empty((2, n_u * n_m)), np.full(2, -1.0)
    at, points, count = np.zeros((2, 2 * WIDTH)), np.empty((2, WIDTH), np.int64), np.zeros(2, np.int64)
    for p in range(len(g)):
        u, end = v_bl[p] - v_sl[p], p == len(g) - 1 or g[p + 1] != g[p]
        coming = 0 if u >= 0.0 else 1
        if g[p] == 0.0:
            out[:, p] = 0.0
            continue
        lane = count[coming]
        points[coming, lane], count[coming] = p, lane + 1
        at[coming, lane] = min(to_unit(abs(u), 0.0, u_max), 1.0)
        at[coming, WIDTH + lane] = min(max(to_unit(min(v_bl[p], v_sl[p]), m_low, m_high), -1.0), 1.0)
        for side in range(2):
            if count[side] == WIDTH or (end and count[side] > 0):
                if contracted[side] != g[p]:
                    contracted[side] = g[p]
                    _chebyshev(to_unit(conductance_coordinate(g[p], g_scale), t_low, t_high), in_t, d_t)
                    _contract(tensors[side], in_t, d_t, k[side], k_t[side])
                _sum_up(k[side], k_t[side], n_u, n_m, at[side], in_u, d_u, in_m, d_m, found)
                _fill(g[p], box, points[side, : count[side]], found, side == 1, v_bl, v_sl, out)
                count[side] = 0
