"""The balance of columns compiled, `WIDTH` columns side by side.

`column_balance` states it for anything that adds and multiplies. Here it meets `written_lanes`: the compiler gets every
step, and no loop or array between the products and the current.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from numba import types
from numba.extending import intrinsic

from circuitsim.behavioral import column_balance, written_lanes
from circuitsim.behavioral.column_balance import Lines, column_current, product_count
from circuitsim.behavioral.written_lanes import WrittenLanes
from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.lanes import WIDTH, lanes_type, load, splat, store


@intrinsic
def _balanced(typingctx, products, start, between_bands, between_products, typical, place, inverse, lone, gain):
    """Lanes of gain·η, from products that begin at `start`, less `typical` at `place`.

    The types of the tuples of `Lines` tell bands and moments.
    """
    bands, coupled = gain.count, gain.dtype.count
    moments = coupled + (1 if lone.count else 0)
    result = lanes_type(products.dtype)

    def generate(context, builder, signature, args):
        kind, align = context.get_value_type(result), products.dtype.bitwidth // 8
        flat, rest = (context.make_array(signature.args[n])(context, builder, args[n]) for n in (0, 4))

        def lanes(array, index):
            address = builder.bitcast(builder.gep(array.data, [index]), kind.as_pointer())
            return WrittenLanes(builder, builder.load(address, align=align))

        def at(index, steps, step):
            return builder.add(index, builder.mul(context.get_constant(types.intp, steps), step))

        def everywhere(values, count):
            return [WrittenLanes(builder, splat(builder, builder.extract_value(values, n))) for n in range(count)]

        found = []
        for band in range(bands):
            first = at(args[1], band, args[2])
            mine = [lanes(flat, at(first, number, args[3])) for number in range(product_count(moments))]
            for p in range(moments):
                mine[p] = mine[p] - lanes(rest, at(args[5], band * moments + p, args[3]))
            found.append(mine)
        by_band = [
            [everywhere(builder.extract_value(args[which], band), of.dtype.count) for band in range(of.count)]
            for which, of in ((7, lone), (8, gain))
        ]
        return column_current(found, Lines(everywhere(args[6], inverse.count), *by_band)).value

    given = (products, start, between_bands, between_products, typical, place, inverse, lone, gain)
    return result(*given), generate


def _column_currents(batch, cols, products, room, typical, base, inverse, lone, gain, out, first):
    """Write the currents of a batch.

    Args:
        batch, cols: Numbers of vectors, and of columns rounded up to `WIDTH`.
        products: Flat (bands, room, products, cols) [A, A/V, A/V²].
        room: Vectors for which `products` has room, `batch` or more.
        typical: Flat (bands · moments, cols) what A is at η = 0 [A].
        base: (cols,) current at η = 0 [A].
        inverse, lone, gain: Tuples, see `Lines`.
        out: Flat (vectors, cols) [A], written from vector `first` on.
    """
    count = 3 * (len(gain[0]) + (1 if len(lone) else 0))
    for n in range(batch):
        for j in range(0, cols, WIDTH):
            start = n * count * cols + j
            bands = room * count * cols
            found = _balanced(products, start, bands, cols, typical, j, inverse, lone, gain)
            store(out, (first + n) * cols + j, found + load(base, j))


column_currents = kernel(_column_currents, column_balance, written_lanes)
