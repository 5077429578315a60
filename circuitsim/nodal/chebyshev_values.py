"""Chebyshev polynomials of one coordinate, written into the kernels that sum them up."""

import numba


@numba.njit(inline="always")
def fill_chebyshev(values, x):
    """Fill `values`, at least two of them, the first of which is 1, with T_n(x)."""
    values[1] = x
    for n in range(2, len(values)):
        values[n] = 2.0 * x * values[n - 1] - values[n - 2]
