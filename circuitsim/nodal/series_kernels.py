"""Devices in series with a transistor, current flowing forward: Newton's method in lanes, `WIDTH` cells at a time.

Forward, the lower voltage of the transistor is that of the source line, whatever lies between it and the device: its
polynomial in both voltages is put together once for a cell, and each step evaluates one in a single variable.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

import numpy as np

from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.lanes import (
    WIDTH,
    all_at_most,
    choose_negative,
    divide,
    fma,
    larger,
    load,
    magnitude,
    smaller,
    spread,
    store,
)


@kernel
def _summed(coefficients, count, x):
    """A series of lanes, flat (count · WIDTH,), and its slope in x, by Clenshaw's recurrence."""
    twice = x + x
    last, this = spread(0.0), spread(0.0)
    slope_last, slope = last, last
    for n in range(count - 1, 0, -1):
        slope_last, slope = slope, fma(twice, slope, this + this) - slope_last
        last, this = this, fma(twice, this, load(coefficients, n * WIDTH)) - last
    return fma(x, this, load(coefficients, 0)) - last, fma(x, slope, this) - slope_last


@kernel
def _part(coefficients, count, beside, u, by_u):
    """Current beside·u·k(u) of lanes and its slope in u, by_u = 2 / u_max."""
    value, along = _summed(coefficients, count, smaller(fma(u, spread(by_u), spread(-1.0)), spread(1.0)))
    return beside * u * value, beside * fma(u * spread(by_u), along, value)


@kernel
def _put_conductance(tensor, t, k, k_t):
    """Put a conductance coordinate, −1 … 1, into a tensor (n_t, n_u): k(u) and its slope in t (n_u,)."""
    k[:] = 0.0
    k_t[:] = 0.0
    before, now, slope_before, slope = t, 1.0, 1.0, 0.0  # of T₋₁ and T₀
    for n in range(len(tensor)):
        for i in range(len(k)):
            k[i] += tensor[n, i] * now
            k_t[i] += tensor[n, i] * slope
        before, now, slope_before, slope = now, 2 * t * now - before, slope, 2 * (t * slope + now) - slope_before


@kernel
def _put_lower(tensor, y, in_y, to):
    """Put the lower voltages of lanes, −1 … 1, into a tensor (n_u, n_m): k(u) and its slope in y, flat in two rows.

    `in_y` is room for the polynomials and their slopes.
    """
    n_u, n_m = tensor.shape
    polynomials, slopes, one, two = in_y[0], in_y[1], to[0], to[1]
    before, now, slope_before, slope = y, spread(1.0), spread(1.0), spread(0.0)  # of T₋₁ and T₀
    for j in range(n_m):
        store(polynomials, j * WIDTH, now)
        store(slopes, j * WIDTH, slope)
        before, now, slope_before, slope = (
            now, (y + y) * now - before, slope, fma(y + y, slope, now + now) - slope_before
        )  # fmt: skip
    for i in range(n_u):
        value, along = spread(0.0), spread(0.0)
        for j in range(n_m):
            factor = spread(tensor[i, j])
            value, along = fma(factor, load(polynomials, j * WIDTH), value), fma(factor, load(slopes, j * WIDTH), along)
        store(one, i * WIDTH, value)
        store(two, i * WIDTH, along)


@kernel
def _between(g, bl, sl, of_device, n_device, of_transistor, n_transistor, by_u, most, settled):
    """Lanes of the voltage between device and transistor.

    Newton's method rises to it from the lower end, or from where a saturated transistor has it, which carries the same
    current with the whole voltage across it.
    """
    half, low, high = spread(0.5), sl, bl
    saturated = divide(
        _part(of_transistor, n_transistor, spread(1.0), bl - sl, by_u)[0],
        _part(of_device, n_device, g, bl - bl, by_u)[1],
    )
    mid = larger(low, smaller(bl - saturated, high))
    for _ in range(most):
        one, one_slope = _part(of_device, n_device, g, bl - mid, by_u)
        two, two_slope = _part(of_transistor, n_transistor, spread(1.0), mid - sl, by_u)
        more = one - two
        low, high = choose_negative(more, low, mid), choose_negative(more, mid, high)
        moved, middle = mid + divide(more, one_slope + two_slope), half * (low + high)
        moved = choose_negative(moved - low, middle, choose_negative(high - moved, middle, moved))
        step = magnitude(moved - mid)
        mid = moved
        if all_at_most(step, spread(settled)):
            break
    return mid


@kernel
def solve_forward(device, transistor, box, most, settled, g, t, dt_dg, v_bl, v_sl, out):
    """Fill current, slopes in v_bl and v_sl, and slope in g (4, cells) of cells with v_bl >= v_sl.

    Args:
        device: (n_t, n_u) coefficients of k of the device.
        transistor: (n_u, n_m) coefficients of k of the transistor [S].
        box: u_max and the ends of m that belong to `transistor`.
        most, settled: Largest number of steps, and step [V] that ends them.
        g, t, dt_dg: (cells,) conductances [S], their coordinates from −1 to 1, and what these change by [1/S].
        v_bl, v_sl: (cells,) [V].
        out: Written.
    """
    u_max, m_low, m_high = box
    by_u, by_m, one = 2.0 / u_max, 2.0 / (m_high - m_low), spread(1.0)
    n_device, n_transistor = device.shape[1], len(transistor)
    given, wanted, k, k_t = np.empty((4, WIDTH)), np.empty((4, WIDTH)), np.empty(n_device), np.empty(n_device)
    in_y = np.empty((2, transistor.shape[1] * WIDTH))
    of_device, of_transistor = np.empty((2, n_device * WIDTH)), np.empty((2, n_transistor * WIDTH))
    for first in range(0, len(g), WIDTH):
        for lane in range(WIDTH):
            p = min(first + lane, len(g) - 1)
            given[0, lane], given[1, lane], given[2, lane], given[3, lane] = g[p], v_bl[p], v_sl[p], dt_dg[p]
            if first + lane == 0 or t[p] != t[p - 1]:
                _put_conductance(device, t[p], k, k_t)
            for i in range(n_device):
                of_device[0, i * WIDTH + lane], of_device[1, i * WIDTH + lane] = k[i], k_t[i]
        here, bl, sl, per_g = load(given[0], 0), load(given[1], 0), load(given[2], 0), load(given[3], 0)
        y = smaller(larger(fma(sl - spread(m_low), spread(by_m), spread(-1.0)), spread(-1.0)), one)
        _put_lower(transistor, y, in_y, of_transistor)
        mid = _between(here, bl, sl, of_device[0], n_device, of_transistor[0], n_transistor, by_u, most, settled)
        current, along_bl = _part(of_device[0], n_device, here, bl - mid, by_u)
        again, along_mid = _part(of_transistor[0], n_transistor, one, mid - sl, by_u)
        with_t = _part(of_device[1], n_device, here, bl - mid, by_u)[0] * per_g
        with_y = _part(of_transistor[1], n_transistor, one, mid - sl, by_u)[0] * spread(by_m)
        both, along_g = along_bl + along_mid, divide(current, here) + with_t
        store(wanted[0], 0, divide(fma(along_bl, again, along_mid * current), both))
        store(wanted[1], 0, divide(along_bl * along_mid, both))
        store(wanted[2], 0, divide(along_bl * (with_y - along_mid), both))
        store(wanted[3], 0, divide(along_mid * along_g, both))
        for lane in range(min(WIDTH, len(g) - first)):
            out[:, first + lane] = wanted[:, lane]
