"""Add up what the rows of a band carry at the levels of their gates, `WIDTH` columns side by side.

Rows at level 0 are in `LevelTile.rest`, and cost nothing.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from circuitsim.behavioral.level_tile import PLACES, SLOPES
from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.lanes import WIDTH, fma, load, spread, store

_STEP = 3 * WIDTH  # numbers of WIDTH cells at one level


@kernel
def _list_rows(numbers, edges, levels, step, places, rows, ends):
    """List the rows of each vector that are not at level 0, band by band.

    Args:
        numbers: (batch, rows) levels.
        edges: (bands + 1,) first row of each band, and the number of rows.
        levels: Number of levels.
        step: Numbers of WIDTH cells at one level.
        places: Flat (batch, rows) where the numbers of each listed row begin in a block of the table, written; one
            place longer than that.
        rows: The same for the listed rows themselves.
        ends: Flat (batch, bands) where the list of each band ends in both, written; that of the first one begins at
            vector · rows.
    """
    count, bands = numbers.shape[1], len(edges) - 1
    for n in range(len(numbers)):
        at = n * count
        for band in range(bands):
            for i in range(edges[band], edges[band + 1]):
                level = numbers[n, i]
                places[at] = (i * levels + level) * step
                rows[at] = i
                at += 1 if level > 0 else 0
            ends[n * bands + band] = at


@kernel
def _sum_flat(start, stop, block, places, rows, table, weights, moments, cols, sums, to):
    """Add c0 of listed rows to A, up to three moments of it, which stand from `to` on."""
    last, more = to + (moments - 1) * cols, to + min(1, moments - 1) * cols
    zero = spread(weights[0]) - spread(weights[0])
    a0, a1, a2 = zero, zero, zero
    for m in range(start, stop):
        current, at = load(table, block + places[m]), rows[m] * PLACES
        a0 = fma(current, spread(weights[at]), a0)
        a1 = fma(current, spread(weights[at + 1]), a1)
        a2 = fma(current, spread(weights[at + 2]), a2)
    store(sums, to, load(sums, to) + a0)
    if moments > 1:
        store(sums, more, load(sums, more) + a1)
    if moments > 2:
        store(sums, last, load(sums, last) + a2)


@kernel
def _sum_slopes(start, stop, block, places, rows, table, weights, moments, cols, sums, to):
    """Add c1 and c2 of listed rows to s, up to five moments of it, and t, which stand from `to` on."""
    zero = spread(weights[0]) - spread(weights[0])
    s0, s1, s2, s3, s4, t = zero, zero, zero, zero, zero, zero
    for m in range(start, stop):
        slope, at = load(table, block + places[m] + WIDTH), rows[m] * PLACES + SLOPES
        s0 = fma(slope, spread(weights[at]), s0)
        s1 = fma(slope, spread(weights[at + 1]), s1)
        s2 = fma(slope, spread(weights[at + 2]), s2)
        s3 = fma(slope, spread(weights[at + 3]), s3)
        s4 = fma(slope, spread(weights[at + 4]), s4)
        t = t + load(table, block + places[m] + 2 * WIDTH)
    store(sums, to, load(sums, to) + s0)
    if moments > 1:
        store(sums, to + cols, load(sums, to + cols) + s1)
        store(sums, to + 2 * cols, load(sums, to + 2 * cols) + s2)
    if moments > 2:
        store(sums, to + 3 * cols, load(sums, to + 3 * cols) + s3)
        store(sums, to + 4 * cols, load(sums, to + 4 * cols) + s4)
    to += (2 * moments - 1) * cols
    store(sums, to, load(sums, to) + t)


@kernel
def sum_levels(numbers, edges, levels, moments, table, weights, rest, room, places, rows, ends, sums):
    """Write A, s and t of a batch.

    Args:
        numbers: (batch, rows) levels.
        edges: (bands + 1,) first row of each band, and the number of rows.
        levels, moments: Of a gate, and of each band: up to three.
        table, weights, rest: As of `LevelTile`, flat.
        room: Vectors for which `sums` has room, the batch or more.
        places, rows, ends: Room for the lists of `_list_rows`.
        sums: Flat (bands, room, products, cols), written.
    """
    batch, bands, products = len(numbers), len(edges) - 1, 3 * moments
    cols, size = len(rest) // (bands * products), numbers.shape[1] * levels * _STEP
    _list_rows(numbers, edges, levels, _STEP, places, rows, ends)
    for j in range(0, cols, WIDTH):
        block = j // WIDTH * size
        for n in range(batch):
            start = n * numbers.shape[1]
            for band in range(bands):
                stop, to = ends[n * bands + band], (band * room + n) * products * cols + j
                for p in range(products):
                    store(sums, to + p * cols, load(rest, (band * products + p) * cols + j))
                _sum_flat(start, stop, block, places, rows, table, weights, moments, cols, sums, to)
                to += moments * cols
                _sum_slopes(start, stop, block, places, rows, table, weights, moments, cols, sums, to)
                start = stop


@kernel
def add_levels(numbers, edges, levels, table, base, places, rows, ends, out):
    """Write the currents of a tile of one product.

    Args:
        numbers: (batch, rows) levels.
        edges: 0 and the number of rows.
        levels: Of a gate.
        table, base: As of `LevelTile`, flat.
        places, rows, ends: Room for the lists of `_list_rows`.
        out: Flat (batch, cols) [A], written.
    """
    cols, size = len(base), numbers.shape[1] * levels * WIDTH
    _list_rows(numbers, edges, levels, WIDTH, places, rows, ends)
    for j in range(0, cols, WIDTH):
        block = j // WIDTH * size
        for n in range(len(numbers)):
            total = load(base, j)
            for m in range(n * numbers.shape[1], ends[n]):
                total = total + load(table, block + places[m])
            store(out, n * cols + j, total)
