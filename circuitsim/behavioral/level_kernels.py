"""Add up what the rows of a band carry at the levels of their gates, `WIDTH` columns side by side.

Rows at level 0 are in `LevelTile.rest`, and cost nothing.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from circuitsim.behavioral.level_tile import PLACES, SLOPES
from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.lanes import WIDTH, fma_at, load, store

ROUNDING = 1e-6
"""Of an input, as in `spec.between_levels`."""
_STEP = 3 * WIDTH  # numbers of WIDTH cells at one level


@kernel
def _list_rows(x, edges, levels, step, places, rows, ends):
    """List the rows of each vector that are not at level 0, band by band, and tell whether every input is a level.

    Args:
        x: (batch, rows) inputs, k / (levels − 1) for the k-th level.
        edges: (bands + 1,) first row of each band, and the number of rows.
        levels: Number of levels.
        step: Numbers of WIDTH cells at one level.
        places: Flat (batch, rows) where the numbers of each listed row begin in a block of the table, written; one
            place longer than that.
        rows: The same for the listed rows themselves.
        ends: Flat (batch, bands) where the list of each band ends in both, written; that of the first one begins at
            vector · rows.
    """
    count, bands, last, right = x.shape[1], len(edges) - 1, levels - 1, True
    for n in range(len(x)):
        at = n * count
        for band in range(bands):
            for i in range(edges[band], edges[band + 1]):
                share = x[n, i] * last
                within = -0.5 < share < last + 0.5  # NaN is not
                level = int(share + 0.5) if within else 0
                right = right and within and abs(share - level) <= ROUNDING * last
                places[at] = (i * levels + level) * step
                rows[at] = i
                at += 1 if level > 0 else 0
            ends[n * bands + band] = at
    return right


@kernel
def _add_up(start, stop, plain, weighted, places, rows, first, table, weights, sums, to, one, two):
    """Add what listed rows carry to a sum without weights and to up to two with weights.

    No more than three sums of lanes fit into the registers of every processor.

    Args:
        start, stop: Listed rows.
        plain, weighted: Where the numbers begin in the table that the first sum takes, and the others, of row 0.
        places, rows: Lists of `_list_rows`.
        first: Place of the weight of the second sum in a row of `weights`; that of the third one follows.
        table, weights: As of `LevelTile`, flat.
        sums: Flat, written.
        to, one, two: Where the sums stand in it; a second or third one that stands at the place before is left out.
    """
    a0 = load(sums, to)
    a1 = a0 - a0
    a2 = a1
    for m in range(start, stop):
        value, at = load(table, weighted + places[m]), rows[m] * PLACES + first
        a0 = a0 + load(table, plain + places[m])
        a1 = fma_at(weights, at, value, a1)
        a2 = fma_at(weights, at + 1, value, a2)
    store(sums, to, a0)
    if one != to:
        store(sums, one, load(sums, one) + a1)
    if two != one:
        store(sums, two, load(sums, two) + a2)


@kernel
def sum_levels(x, edges, levels, moments, table, weights, rest, room, places, rows, ends, sums):
    """Write A, s and t of a batch, and tell whether every input is a level.

    Args:
        x: (batch, rows) inputs.
        edges: (bands + 1,) first row of each band, and the number of rows.
        levels, moments: Of a gate, and of each band: up to three.
        table, weights, rest: As of `LevelTile`, flat.
        room: Vectors for which `sums` has room, the batch or more.
        places, rows, ends: Room for the lists of `_list_rows`.
        sums: Flat (bands, room, products, cols), written.
    """
    batch, bands, products = len(x), len(edges) - 1, 3 * moments
    cols, size = len(rest) // (bands * products), x.shape[1] * levels * _STEP
    right = _list_rows(x, edges, levels, _STEP, places, rows, ends)
    for j in range(0, cols, WIDTH):
        block = j // WIDTH * size
        for band in range(bands):  # outside, so that its part of the table stays in the nearer cache
            for n in range(batch):
                start = ends[n * bands + band - 1] if band > 0 else n * x.shape[1]
                stop, to = ends[n * bands + band], (band * room + n) * products * cols + j
                for p in range(products):
                    store(sums, to + p * cols, load(rest, (band * products + p) * cols + j))
                known = places, rows
                second, third = to + min(1, moments - 1) * cols, to + (moments - 1) * cols
                _add_up(start, stop, block, block, *known, 1, table, weights, sums, to, second, third)
                to += moments * cols
                second, third = to + min(1, moments - 1) * cols, to + 2 * min(1, moments - 1) * cols
                slope, bend = block + WIDTH, block + 2 * WIDTH
                _add_up(start, stop, slope, slope, *known, SLOPES + 1, table, weights, sums, to, second, third)
                last = to + (2 * moments - 1) * cols
                second, third = (to + 3 * cols, to + 4 * cols) if moments > 2 else (last, last)
                _add_up(start, stop, bend, slope, *known, SLOPES + 3, table, weights, sums, last, second, third)
    return right


@kernel
def add_levels(x, edges, levels, table, base, places, rows, ends, out):
    """Write the currents of a tile of one product, and tell whether every input is a level.

    Args:
        x: (batch, rows) inputs.
        edges: 0 and the number of rows.
        levels: Of a gate.
        table, base: As of `LevelTile`, flat.
        places, rows, ends: Room for the lists of `_list_rows`.
        out: Flat (batch, cols) [A], written.
    """
    cols, size = len(base), x.shape[1] * levels * WIDTH
    right = _list_rows(x, edges, levels, WIDTH, places, rows, ends)
    for j in range(0, cols, WIDTH):
        block = j // WIDTH * size
        for n in range(len(x)):
            total = load(base, j)
            for m in range(n * x.shape[1], ends[n]):
                total = total + load(table, block + places[m])
            store(out, n * cols + j, total)
    return right
