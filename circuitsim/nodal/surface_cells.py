"""Evaluate a surface in the cells of an array, each at a few voltages: `WIDTH` points of a cell at a time.

`surface_points` sorts points of any order into lanes, which costs more than their evaluation. Here the points of a cell
lie side by side, and slopes that nobody asks for are left out.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

import numpy as np

from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.lanes import WIDTH, choose_negative, fma, larger, largest, least, load, smaller, spread, store


@kernel
def _chebyshev(x, count, values, slopes):
    """Fill T_n(x) and T_n'(x) of the lanes at x, flat (count · WIDTH,)."""
    before, now, slope_before, slope = x, spread(1.0), spread(1.0), spread(0.0)  # of T₋₁ and T₀
    for n in range(count):
        store(values, n * WIDTH, now)
        store(slopes, n * WIDTH, slope)
        before, now, slope_before, slope = (
            now, (x + x) * now - before, slope, fma(x + x, slope, now + now) - slope_before
        )  # fmt: skip


@kernel
def _sum_up(k, n_u, n_m, in_u, d_u, in_m, d_m, sloped):
    """k(u, m) of coefficients (n_u · n_m,) and, where `sloped`, its slopes along the coordinates of u and m."""
    value, along_u, along_m = spread(0.0), spread(0.0), spread(0.0)
    for i in range(n_u):
        here, here_m = spread(0.0), spread(0.0)
        for j in range(n_m):
            factor = spread(k[i * n_m + j])
            here = fma(factor, load(in_m, j * WIDTH), here)
            if sloped:
                here_m = fma(factor, load(d_m, j * WIDTH), here_m)
        of_u = load(in_u, i * WIDTH)
        value = fma(here, of_u, value)
        if sloped:
            along_u, along_m = fma(here, load(d_u, i * WIDTH), along_u), fma(here_m, of_u, along_m)
    return value, along_u, along_m


@kernel
def evaluate_cells(forward, reverse, counts, box, g, which, points, v_bl, v_sl, current, slope):
    """Fill current and slope in v_bl of every cell at its points; see `surface.cells_law`.

    Args:
        forward, reverse: (conductances, n_u · n_m) coefficients of k(u, m) of every conductance that some cell has.
        counts: n_u and n_m of forward, and of reverse.
        box: g_parallel, u_max, and the ends of m.
        g: (conductances,).
        which: (cells,) index of each cell's conductance.
        points: Number of points of a cell.
        v_bl, v_sl: (cells · points + WIDTH,) voltages, those of a cell side by side.
        current, slope: Written, as long as these; no slope if it is empty.
    """
    g_parallel, u_max, m_low, m_high = box
    sloped, x_by_u, y_by_m = len(slope) > 0, 2.0 / u_max, 2.0 / (m_high - m_low)
    most_u, most_m = max(counts[0], counts[2]), max(counts[1], counts[3])
    in_u, d_u, in_m, d_m = (
        np.empty(most_u * WIDTH), np.empty(most_u * WIDTH), np.empty(most_m * WIDTH), np.empty(most_m * WIDTH)
    )  # fmt: skip
    sides = (forward, reverse)
    for cell in range(len(which)):
        kind = which[cell]
        first, beside = cell * points, g[kind] + g_parallel
        if g[kind] == 0.0:
            current[first : first + points] = 0.0
            if sloped:
                slope[first : first + points] = 0.0
            continue
        for p in range(first, first + points, WIDTH):
            bl, sl = load(v_bl, p), load(v_sl, p)
            u = bl - sl
            x = smaller(fma(larger(u, spread(0.0) - u), spread(x_by_u), spread(-1.0)), spread(1.0))
            y = fma(smaller(bl, sl) - spread(m_low), spread(y_by_m), spread(-1.0))
            y = smaller(larger(y, spread(-1.0)), spread(1.0))
            _chebyshev(x, most_u, in_u, d_u)
            _chebyshev(y, most_m, in_m, d_m)
            across, found, along = larger(u, spread(0.0) - u) * spread(x_by_u), u, u
            for side in range(2):
                if (side == 0 and largest(u) < 0.0) or (side == 1 and not least(u) < 0.0):
                    continue
                n_u, n_m = counts[2 * side], counts[2 * side + 1]
                value, along_u, along_m = _sum_up(sides[side][kind], n_u, n_m, in_u, d_u, in_m, d_m, sloped)
                here = spread(beside) * u * value
                steep = spread(beside) * fma(u * spread(side * y_by_m), along_m, fma(across, along_u, value))
                found = here if side == 0 else choose_negative(u, here, found)
                along = steep if side == 0 else choose_negative(u, steep, along)
            store(current, p, found)
            if sloped:
                store(slope, p, along)
