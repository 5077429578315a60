"""Compiled read of a layer's tiles: from driver inputs to the output tensor, a group of vectors at a time.

The inputs of a group lie side by side, as `nodal.lane_products` wants them. They are laid out from the driven tensor
itself, so that no array of patches is ever made, and neither currents nor codes leave the nearest caches. Every number
of a vector is summed in the same order wherever the vector lies: it depends neither on the others nor on their number.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from circuitsim.network.joint import finish_kernels
from circuitsim.network.joint.finish_kernels import COLS, ROWS, largest_of_windows
from circuitsim.nodal.kernel import bare_kernel
from circuitsim.nodal.lane_products import GROUP, OUTPUTS, product
from circuitsim.nodal.lanes import (
    WIDTH,
    choose_negative,
    fma,
    larger,
    largest,
    least,
    load,
    magnitude,
    smaller,
    spread,
    store,
)


def _kernel(function: Callable[..., Any]) -> Any:
    return bare_kernel(function, finish_kernels)  # whose functions are compiled in


PAIRS = OUTPUTS // 2
"""Outputs whose positive and negative columns are multiplied together."""
_KEPT = 3  # coefficients of a function that stay in registers, besides the last one
TERMS = _KEPT + 1
"""Least number of coefficients of a function."""
_BLOCK = OUTPUTS * GROUP  # numbers of a block of sums
GROUP_AT, FIRST, LAST, OUTPUT, BLOCKS, WEIGHT, FUNCTION, STEP = range(8)
"""Columns of `JointArrays.parts`."""


class JointArrays(NamedTuple):
    """The tiles of a layer as flat arrays.

    | field | shape | meaning |
    |---|---|---|
    | parts | (tiles, 8) | group, first input and the one after the last, first output, … |
    | | | … blocks of `PAIRS` outputs, where its matrices, its functions and its steps begin |
    | factors | (tiles, factors, 2) | first feature and number of features of each factor: currents, then levels |
    | weights | flat | for each tile, block and factor (features, OUTPUTS): positive columns, then negative ones |
    | functions | (functions of all tiles, terms) | coefficients of f, then h, of each tile: `TERMS` or more |
    | before, after | | number of functions f and h of a tile |
    | powers | | number of the factors that are currents |
    | repeats | | how often the levels act on themselves |
    | steps | flat, or empty | LSB of each column, of the layer's: OUTPUTS for each tile and block, ordered as weights |
    """

    parts: np.ndarray
    factors: np.ndarray
    weights: np.ndarray
    functions: np.ndarray
    before: int
    after: int
    powers: int
    repeats: int
    steps: np.ndarray


@bare_kernel
def _lay_beside(driven, at, offsets, group, first, last, pieces, piece, end, used, features, to, tail):
    """Lay out inputs first to last − 1 of the vectors.

    A piece is copied as whole lanes: what that writes beyond its end, the next piece corrects. Only where the next
    input begins there, it keeps what is there.
    """
    if end - piece == used:  # each vector lies by itself
        for r in range(piece, end):
            place, source = to + r - piece, at + pieces[r, 1]
            for k in range(first, last):
                features[place] = driven[source + offsets[group, k]]
                place += GROUP
        return
    for r in range(piece, end):
        place, source = to + pieces[r, 0], at + pieces[r, 1]
        if pieces[r, 0] + WIDTH <= GROUP:
            for k in range(first, last):
                store(features, place, load(driven, source + offsets[group, k]))
                place += GROUP
        else:
            for n in range(WIDTH):
                tail[n] = n - pieces[r, 2]
            beyond = load(tail, 0)
            for k in range(first, last):
                inside = load(driven, source + offsets[group, k])
                store(features, place, choose_negative(beyond, inside, load(features, place)))
                place += GROUP


@bare_kernel
def _mark_active(features, at, rows, used, active):
    """Write 1 for each vector with an input that is not at rest, else 0; return how many."""
    zero = spread(features[0] - features[0])
    for lane in range(0, GROUP, WIDTH):
        seen = zero
        for k in range(rows):
            seen = larger(seen, magnitude(load(features, at + k * GROUP + lane)))
        store(active, lane, choose_negative(zero - seen, spread(features.dtype.type(1)), zero))
    for n in range(used, GROUP):
        active[n] = 0
    count = 0
    for n in range(GROUP):
        count += active[n] > 0
    return count


@bare_kernel
def _fill_features(functions, first, before, after, rows, features):
    """Write [f | s | 1 | h] of the inputs s, which are there already."""
    s = before * rows * GROUP
    one = s + rows * GROUP
    for lane in range(one, one + GROUP, WIDTH):
        store(features, lane, spread(features.dtype.type(1)))
    for f in range(before + after):
        to = f * rows * GROUP if f < before else one + GROUP + (f - before) * rows * GROUP
        last, row = functions.shape[1] - 1, functions[first + f]
        c0, c1, c2, top = spread(row[0]), spread(row[1]), spread(row[2]), spread(row[last])
        for i in range(0, rows * GROUP, WIDTH):
            x, value = load(features, s + i), top
            for power in range(last - 1, _KEPT - 1, -1):
                value = fma(x, value, spread(row[power]))
            store(features, to + i, x * x * fma(x, fma(x, fma(x, value, c2), c1), c0))


@bare_kernel
def _polynomial(sums, first, last, at, level):
    """Σ_b factor_b · level^b of the factors first to last − 1."""
    value = load(sums, (last - 1) * _BLOCK + at)
    for factor in range(last - 2, first - 1, -1):
        value = fma(level, value, load(sums, factor * _BLOCK + at))
    return value


@bare_kernel
def _combine(powers, factors, repeats, used, sums):
    """Turn the factors of a block into currents, in the place of the first factor."""
    for output in range(0, _BLOCK, GROUP):
        for at in range(output, output + used, WIDTH):
            level = load(sums, powers * _BLOCK + at)
            for _ in range(repeats):
                level = _polynomial(sums, powers, factors, at, level)
            store(sums, at, _polynomial(sums, 0, powers, at, level))


@bare_kernel
def _add_products(sums, active, used, converter, weight, steps, step, products, at, found, tail):
    """Convert the currents of a block, and add the difference of each pair to the products.

    Args:
        sums: Currents [LSB of each column], those of the positive columns first.
        active: 1 for each vector that is read, else 0.
        used: Vectors of the group that count.
        converter: Largest code, 0 without conversion; a number whose sum with a smaller one is whole; the largest and
            the least current that are within the range.
        weight: Weight of the phase.
        steps, step: LSB of each column, of the layer's, from `step` on; empty: all columns have the layer's.
        products: (outputs, GROUP), added to from `at` on.
        found: Least and largest current so far [LSB of the layer], number of conversions outside the range: added to.
        tail: (WIDTH,) room.
    """
    top, whole, zero = spread(converter[0]), spread(converter[1]), spread(converter[0] - converter[0])
    high, low, converts = zero, zero, converter[0] > 0
    most, fewest, stepped = zero, zero, len(steps) > 0
    for n in range(0, PAIRS * GROUP, GROUP):
        for lane in range(0, used, WIDTH):
            read = load(active, lane)
            a, b = load(sums, n + lane) * read, load(sums, PAIRS * GROUP + n + lane) * read
            high, low = larger(high, larger(a, b)), smaller(low, smaller(a, b))
            if stepped:
                own, other = spread(steps[step + n // GROUP]), spread(steps[step + PAIRS + n // GROUP])
                most, fewest = larger(most, larger(a * own, b * other)), smaller(fewest, smaller(a * own, b * other))
            if converts:
                a = (smaller(larger(a, zero), top) + whole) - whole
                b = (smaller(larger(b, zero), top) + whole) - whole
            if stepped:
                a = a * spread(steps[step + n // GROUP])
                b = b * spread(steps[step + PAIRS + n // GROUP])
            store(products, at + n + lane, fma(spread(weight), a - b, load(products, at + n + lane)))
    lowest, highest = least(low), largest(high)
    if stepped:
        found[0], found[1] = min(found[0], least(fewest)), max(found[1], largest(most))
    else:
        found[0], found[1] = min(found[0], lowest), max(found[1], highest)
    if converts and (highest > converter[2] or lowest < converter[3]):
        many, one = zero, spread(converter[0] / converter[0])
        over, under = spread(converter[2]), spread(converter[3])
        for n in range(0, _BLOCK, GROUP):
            for lane in range(0, used, WIDTH):
                current = load(sums, n + lane) * load(active, lane)
                many = many + choose_negative(over - current, one, choose_negative(current - under, one, zero))
        store(tail, 0, many)
        for n in range(WIDTH):
            found[2] += tail[n]


@bare_kernel
def _write(products, group, stride, scale, biases, bottom, pieces, piece, end, ring, out, tail):
    """Write products · scale + bias, `bottom` or more, of all outputs of a group of inputs, round by round."""
    outputs = biases.shape[1]
    for r in range(piece, end):
        vector, at, many = pieces[r, 0], pieces[r, 1] % ring + group * outputs * stride, pieces[r, 2]
        for o in range(outputs):
            values = fma(spread(scale), load(products, o * GROUP + vector), spread(biases[group, o]))
            values = larger(spread(bottom), values)
            if many == WIDTH:
                store(out, at, values)
            else:
                store(tail, 0, values)
                for i in range(many):
                    out[at + i] = tail[i]
            at += stride


@bare_kernel
def _read_group(
    group, used, driven, size, phases, offsets, parts, factors, weights, functions, before, after, powers, repeats,
    steps, converter, reads, found, pieces, piece, end_piece, features, sums, active, products, tail,
):  # fmt: skip
    """Read the tiles of one group of inputs with a group of vectors; `products` takes the sums of all phases."""
    first, count, zero = 0, factors.shape[1], spread(products[0] - products[0])
    while first < len(parts) and parts[first, GROUP_AT] < group:
        first += 1
    for n in range(0, len(products), WIDTH):
        store(products, n, zero)
    for phase in range(len(phases)):
        p, laid, number = first, -1, 0
        while p < len(parts) and parts[p, GROUP_AT] == group:
            begin, end = parts[p, FIRST], parts[p, LAST]
            s = before * (end - begin) * GROUP
            if begin != laid:  # tiles beside each other have the same inputs
                laid, at = begin, phase * size
                _lay_beside(driven, at, offsets, group, begin, end, pieces, piece, end_piece, used, features, s, tail)
                number = _mark_active(features, s, end - begin, used, active)
            reads[p] += number
            if number > 0 and count > 1:
                _fill_features(functions, parts[p, FUNCTION], before, after, end - begin, features)
            at, to, step = parts[p, WEIGHT], parts[p, OUTPUT] * GROUP, parts[p, STEP]
            for _ in range(parts[p, BLOCKS] if number > 0 else 0):
                for f in range(count):
                    row, depth = factors[p, f, 0] * GROUP, factors[p, f, 1]
                    product(weights, at, OUTPUTS, OUTPUTS, features, row, depth, sums, f * _BLOCK, used)
                    at += depth * OUTPUTS
                if count > 1:
                    _combine(powers, count, repeats, used, sums)
                _add_products(sums, active, used, converter, phases[phase], steps, step, products, to, found, tail)
                to += PAIRS * GROUP
                step += OUTPUTS
            p += 1


@_kernel
def read_joined(
    begin, end, vectors, driven, size, phases, pieces, firsts, offsets, out_pieces, out_firsts, stride, parts, factors,
    weights, functions, before, after, powers, repeats, steps, converter, scale, biases, bottom, ring, out, windows,
    row, finished, reads, found, features, sums, active, products, tail,
):  # fmt: skip
    """Read a layer with the vectors of groups `begin` to `end` − 1.

    Args:
        begin, end: Groups of `GROUP` vectors.
        vectors: Number of vectors of all groups.
        driven: Scaled inputs of the tensor that the vectors are cut from, for each phase `size` numbers, flat.
        size: Numbers of a phase, `WIDTH` of them behind the tensor.
        phases: (phases,) weight of each.
        pieces, firsts: Where the vectors begin in the numbers of a phase, see `vector_places.Pieces`.
        offsets: (groups, inputs) where its inputs lie from there.
        out_pieces, out_firsts: Where the outputs of the vectors begin in `out`.
        stride: Distance of neighbouring outputs there.
        parts, factors, weights, functions, before, after, powers, repeats, steps: The tiles, see `JointArrays`.
        converter: See `_add_products`.
        scale: Factor from codes to numbers.
        biases: (groups, outputs).
        bottom: Least output: smaller ones become this.
        ring: How many numbers of images `out` holds: windows of an image are taken before the next ones overwrite it.
        out: Flat, written.
        windows, row, finished: See `largest_of_windows`: images whose planes lie among these groups are finished.
        reads: (tiles,) number of reads of each tile, added to.
        found: See `_add_products`.
        features, sums, active, products, tail: From `room`.
    """
    pixels = windows[ROWS] * windows[COLS] if len(windows) > 0 else vectors + 1
    image = -(-begin * GROUP // pixels)
    for n in range(begin, end):
        used = min(GROUP, vectors - n * GROUP)
        for group in range(len(offsets)):
            _read_group(
                group, used, driven, size, phases, offsets, parts, factors, weights, functions, before, after, powers,
                repeats, steps, converter, reads, found, pieces, firsts[n], firsts[n + 1], features, sums, active,
                products, tail,
            )  # fmt: skip
            first, last = out_firsts[n], out_firsts[n + 1]
            _write(products, group, stride, scale, biases, bottom, out_pieces, first, last, ring, out, tail)
        complete = (n * GROUP + used) // pixels
        if complete > image:
            largest_of_windows(out, image, complete, ring, windows, row, finished)
            image = complete


def room(joint: JointArrays, outputs: int) -> tuple[np.ndarray, ...]:
    """Return what `read_joined` writes meanwhile, for groups of a number of outputs; each thread needs its own."""
    rows, kind = int(np.max(joint.parts[:, LAST] - joint.parts[:, FIRST])), joint.weights.dtype
    features = (1 + joint.before + joint.after) * rows * GROUP + GROUP + WIDTH
    sizes = (features, joint.factors.shape[1] * _BLOCK, GROUP, (outputs + PAIRS) * GROUP + WIDTH, WIDTH)
    return tuple(np.zeros(size, kind) for size in sizes)
