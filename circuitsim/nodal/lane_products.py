"""Matrix products of a group of vectors that lie side by side, summed in registers.

BLAS lays both factors of a product out anew before it multiplies, and adds to sums in memory. For many thin products
this takes about as long as the multiplications. Here the values of `GROUP` vectors are neighbours,

    values[k · GROUP + vector],

so that a matrix is taken as it is, and a few of its columns are summed over all k before anything is stored.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.lanes import WIDTH, splat

_LANES = 3
GROUP = _LANES * WIDTH
"""Vectors that are multiplied together."""
OUTPUTS = 8
"""Columns of a matrix that are summed together."""
_INDEX = ir.IntType(64)


def _registers() -> tuple[int, int]:
    """Return how many vector registers of the processor sums may take, and how many bits each has."""
    features = binding.get_host_cpu_features()
    if features.get("avx512f"):
        return 24, 512
    return (12, 256) if features.get("avx2") else (12, 128)


def _together(outputs: int, lanes: int, bits: int) -> tuple[int, int]:
    """Return how many outputs and lanes at a time have sums, of numbers of so many bits, that fit into registers."""
    count, size = _registers()
    count //= max(1, WIDTH * bits // size)  # registers of one sum in lanes
    lanes = lanes if outputs * lanes <= count else 1
    return max(n for n in (1, 2, 4, 8) if n <= outputs and (n == 1 or n * lanes <= count)), lanes


def _sums(builder, shape, weights, stride, values, depth):
    """Instructions that sum weights[k · stride + output] · values[k · GROUP + lane] over k, for (outputs, lanes)."""
    (outputs, lanes), number = shape, weights.type.pointee
    bits = 32 if number == ir.FloatType() else 64
    kind = ir.VectorType(number, WIDTH)
    fma = ir.FunctionType(kind, [kind] * 3)
    fma = cgutils.get_or_insert_function(builder.module, fma, f"llvm.fmuladd.v{WIDTH}f{bits}")
    before, head, body, behind = builder.block, *(builder.append_basic_block() for _ in range(3))
    builder.branch(head)
    builder.position_at_end(head)
    start = [_INDEX(0), weights, values, *[ir.Constant(kind, [number(0.0)] * WIDTH)] * (outputs * lanes)]
    now = [builder.phi(value.type) for value in start]
    k, weight, value, *sums = now
    builder.cbranch(builder.icmp_signed("<", k, depth), body, behind)
    builder.position_at_end(body)
    places = [builder.bitcast(builder.gep(value, [_INDEX(lane * WIDTH)]), kind.as_pointer()) for lane in range(lanes)]
    x = [builder.load(place, align=bits // 8) for place in places]
    w = [splat(builder, builder.load(builder.gep(weight, [_INDEX(output)]))) for output in range(outputs)]
    then = [builder.add(k, _INDEX(1)), builder.gep(weight, [stride]), builder.gep(value, [_INDEX(GROUP)])]
    then += [builder.call(fma, [w[n // lanes], x[n % lanes], sums[n]]) for n in range(outputs * lanes)]
    for phi, first, following in zip(now, start, then, strict=True):
        phi.add_incoming(first, before)
        phi.add_incoming(following, body)
    builder.branch(head)
    builder.position_at_end(behind)
    return sums


def _multiply(outputs: int, all_lanes: int):
    """Make an intrinsic that multiplies so many columns of a matrix with so many lanes of a group; see `product`."""

    @intrinsic
    def multiply(typingctx, weights, at, stride, values, first, depth, sums, to):
        shape = _together(outputs, all_lanes, weights.dtype.bitwidth)

        def generate(context, builder, signature, args):
            _, at, stride, _, first, depth, _, to = args
            kinds = (signature.args[0], signature.args[3], signature.args[6])
            weight, value, result = (
                builder.gep(context.make_array(kind)(context, builder, array).data, [index])
                for kind, array, index in zip(kinds, (args[0], args[3], args[6]), (at, first, to), strict=True)
            )
            for output in range(0, outputs, shape[0]):
                for lane in range(0, all_lanes, shape[1]):
                    of, by = builder.gep(weight, [_INDEX(output)]), builder.gep(value, [_INDEX(lane * WIDTH)])
                    for n, lanes in enumerate(_sums(builder, shape, of, stride, by, depth)):
                        place = (output + n // shape[1]) * GROUP + (lane + n % shape[1]) * WIDTH
                        place = builder.bitcast(builder.gep(result, [_INDEX(place)]), lanes.type.as_pointer())
                        builder.store(lanes, place, align=weights.dtype.bitwidth // 8)
            return context.get_dummy_value()

        places = types.intp
        return types.void(weights, places, places, values, places, places, sums, places), generate

    return multiply


_some_by_all, _one_by_all, _some_by_few, _one_by_few = (
    _multiply(outputs, lanes) for lanes in (_LANES, 1) for outputs in (OUTPUTS, 1)
)


@kernel
def product(weights, at, stride, outputs, values, first, depth, sums, to, used):
    """Multiply columns of a matrix with the values of a group, sums[to + o · GROUP + vector] for each output o.

    Args:
        weights: A flat array; the matrix begins at `at`, and its next row `stride` behind.
        outputs: Number of its columns: `OUTPUTS`, or fewer, one after the other.
        values: A flat array, in which the values of the first row begin at `first`.
        depth: Number of the matrix's rows.
        sums: A flat array, written.
        used: Vectors of the group that count, the first ones: up to `WIDTH` of them cost less than all.
    """
    if outputs == OUTPUTS and used > WIDTH:
        _some_by_all(weights, at, stride, values, first, depth, sums, to)
    elif outputs == OUTPUTS:
        _some_by_few(weights, at, stride, values, first, depth, sums, to)
    else:
        for output in range(outputs):
            if used > WIDTH:
                _one_by_all(weights, at + output, stride, values, first, depth, sums, to + output * GROUP)
            else:
                _one_by_few(weights, at + output, stride, values, first, depth, sums, to + output * GROUP)
