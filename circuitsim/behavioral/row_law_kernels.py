"""Evaluate the cells of rows, each a polynomial in the conductance and in the voltage across it, at a few voltages."""

import numpy as np

from circuitsim.nodal.kernel import kernel


@kernel
def evaluate_rows(value, slope, in_t, beside, x, current, steep):
    """Fill currents and slopes of the cells of an array.

    Args:
        value, slope: (rows, n_t, n_u) coefficients of what a cell carries per conductance, and of its slope.
        in_t: (rows, cols, n_t) Chebyshev polynomials of the conductances.
        beside: (rows, cols) conductances with what is beside them [S]; 0 for open cells.
        x: (rows, cols, points) voltages, −1 … 1.
        current, steep: Like x, written [A, S].
    """
    rows, cols, points = x.shape
    n_t, n_u = value.shape[1:]
    k, k_slope = np.empty(n_u), np.empty(n_u)
    for i in range(rows):
        for j in range(cols):
            k[:] = 0.0
            k_slope[:] = 0.0
            for t in range(n_t):
                share = beside[i, j] * in_t[i, j, t]
                for n in range(n_u):
                    k[n] += share * value[i, t, n]
                    k_slope[n] += share * slope[i, t, n]
            for p in range(points):
                before, now, one, two = x[i, j, p], 1.0, 0.0, 0.0  # T₋₁ and T₀
                twice = 2.0 * x[i, j, p]
                for n in range(n_u):
                    one += k[n] * now
                    two += k_slope[n] * now
                    before, now = now, twice * now - before
                current[i, j, p], steep[i, j, p] = one, two
