"""The balance of strings compiled, `WIDTH` columns side by side; `string_balance` states it, see `written_lanes`."""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from numba import types
from numba.extending import intrinsic

from circuitsim.behavioral import string_balance, written_lanes
from circuitsim.behavioral.string_balance import BandSums, BypassLaw, string_current
from circuitsim.behavioral.written_lanes import WrittenLanes
from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.lanes import WIDTH, lanes_type, store


@intrinsic
def _balanced(typingctx, form, sums, start, between_bands, cols, lifted, place, between_lifted, counts, law, at):
    """Lanes of the currents of strings.

    The length of the tuple `form` is the number of bands, its first entry's type the number of powers. Sums begin at
    `start`, lifted ones at `place`, what belongs to the columns at `at`.
    """
    bands, powers = form.count, form.dtype.count
    result = lanes_type(sums.dtype)

    def generate(context, builder, signature, args):
        kind, align = context.get_value_type(result), sums.dtype.bitwidth // 8
        arrays = {n: context.make_array(signature.args[n])(context, builder, args[n]).data for n in (1, 5, 8, 9)}

        def lanes(array, first, *steps):
            index = first
            for number, step in steps:
                index = builder.add(index, builder.mul(context.get_constant(types.intp, number), step))
            address = builder.bitcast(builder.gep(arrays[array], [index]), kind.as_pointer())
            return WrittenLanes(builder, builder.load(address, align=align))

        found = [
            BandSums(
                [lanes(1, args[2], (band, args[3]), (m, args[4])) for m in range(powers)],
                lanes(8, args[10], (band, args[4])) - lanes(1, args[2], (band, args[3]), (powers, args[4])),
                lanes(5, args[6], (band, args[7])),
            )
            for band in range(bands)
        ]
        known = [lanes(9, args[10], (n, args[4])) for n in range(len(BypassLaw._fields) + 2)]
        return string_current(found, BypassLaw(*known[:-2]), known[-2], known[-1]).value

    given = (form, sums, start, between_bands, cols, lifted, place, between_lifted, counts, law, at)
    return result(*given), generate


def _string_currents(form, batch, cols, sums, lifted, room, counts, law, out, first):
    """Write the currents of a batch, shares of the tile's unit.

    Args:
        form: A tuple of as many tuples as there are bands, each of as many numbers as there are powers.
        batch, cols: Numbers of vectors, and of columns rounded up to `WIDTH`.
        sums: Flat (bands, room, powers + 1, cols): the powers, and the bypasses that selected rows switch off.
        lifted: Flat (bands, room, cols).
        room: Vectors for which `sums` and `lifted` have room, `batch` or more.
        counts: Flat (bands, cols) bypassed cells with no row selected.
        law: Flat (7, cols): `BypassLaw`, and the resistances at the top and at the bottom.
        out: Flat (vectors, cols), written from vector `first` on.
    """
    count = len(form[0]) + 1
    for n in range(batch):
        for j in range(0, cols, WIDTH):
            start, place = n * count * cols + j, n * cols + j
            found = _balanced(form, sums, start, room * count * cols, cols, lifted, place, room * cols, counts, law, j)
            store(out, (first + n) * cols + j, found)


string_currents = kernel(_string_currents, string_balance, written_lanes)
