"""Compiled pulses on cells, one after the other: an update moves few cells, by few pulses each."""

import numba


@numba.njit(cache=True, nogil=True)
def _within(place, share, row):
    """Value of a table row at a place, linear between its points and flat beyond them."""
    last = len(share) - 1
    if place <= share[0]:
        return row[0]
    if place >= share[last]:
        return row[last]
    below, above = 0, last
    while above - below > 1:
        middle = (below + above) // 2
        if share[middle] <= place:
            below = middle
        else:
            above = middle
    part = (place - share[below]) / (share[above] - share[below])
    return row[below] + part * (row[above] - row[below])


@numba.njit(cache=True, nogil=True)
def move_cells(counts, cells, factors, pulses, share, steps, energies, noise, limit):
    """Pulse cells, which are changed; return the number of pulses that a bound cut, and their energy [J].

    Args:
        counts: (n,) pulses, down where negative.
        cells: (3, n) conductance, lower and upper bound [S].
        factors: (2, n) on up and on down steps.
        pulses: (n,) pulses received before, which are counted on.
        share: (points,) places between the bounds, 0 to 1.
        steps: (2, points) up and down steps there [S].
        energies: (2, points) of an up and a down pulse there [J].
        noise: (all pulses,) relative deviation of each step; empty without.
        limit: Number of pulses after which a cell stays.
    """
    clipped, energy, drawn = 0, 0.0, 0
    for n in range(len(counts)):
        side = 0 if counts[n] > 0 else 1
        low, high = cells[1, n], cells[2, n]
        for _ in range(abs(counts[n])):
            place = (cells[0, n] - low) / (high - low)
            energy += _within(place, share, energies[side])
            step = _within(place, share, steps[side]) * factors[side, n]
            if len(noise):
                step *= 1.0 + noise[drawn]
                drawn += 1
            if pulses[n] < limit:
                moved = cells[0, n] + step
                kept = min(max(moved, low), high)
                clipped += moved != kept
                cells[0, n] = kept
            pulses[n] += 1
    return clipped, energy
