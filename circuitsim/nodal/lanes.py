"""A numba type for a few numbers side by side, as those of as many vectors of a batch: one variable holds them all."""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

import operator

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

WIDTH = 16  # numbers side by side; two AVX-512 or four AVX2 registers
NARROW = 4  # as many where there is less to do at once

VECTOR = ir.VectorType(ir.DoubleType(), WIDTH)
VECTORS = {types.float32: ir.VectorType(ir.FloatType(), WIDTH), types.float64: VECTOR}


class _LanesType(types.Type):
    def __init__(self, number, width=WIDTH):
        self.number, self.width = number, width
        super().__init__(name=f"Lanes{width}{number}")


LANES = _LanesType(types.float64)


def lanes_type(number):
    """Return the numba type of lanes of a type of numbers."""
    return _LanesType(number)


@register_model(_LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, ir.VectorType(VECTORS[fe_type.number].element, fe_type.width))


def _address(context, builder, lanes, array_type, array, index):
    """Pointer to the lanes that begin at a flat index of an array, and their alignment."""
    data = context.make_array(array_type)(context, builder, array).data
    kind = context.get_value_type(lanes).as_pointer()
    return builder.bitcast(builder.gep(data, [index]), kind), array_type.dtype.bitwidth // 8


@intrinsic
def load(typingctx, array, index):
    """Read WIDTH neighbouring numbers of a flat array, from `index` on."""
    lanes = _LanesType(array.dtype)

    def generate(context, builder, signature, args):
        address, align = _address(context, builder, lanes, signature.args[0], *args)
        return builder.load(address, align=align)

    return lanes(array, types.intp), generate


@intrinsic
def load_like(typingctx, like, array, index):
    """Read neighbouring numbers of a flat array, as many as other lanes hold, from `index` on."""

    def generate(context, builder, signature, args):
        address, align = _address(context, builder, like, signature.args[1], *args[1:])
        return builder.load(address, align=align)

    return like(like, array, types.intp), generate


@intrinsic
def take_like(typingctx, like, array, index):
    """Put the number at an index of a flat array into every lane, as many as other lanes hold."""

    def generate(context, builder, signature, args):
        data = context.make_array(signature.args[1])(context, builder, args[1]).data
        return splat(builder, builder.load(builder.gep(data, [args[2]])), like.width)

    return like(like, array, types.intp), generate


@intrinsic
def fma_at(typingctx, array, index, b, c):
    """The number at an index of a flat array, times b, plus c in every lane."""

    def generate(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        number = splat(builder, builder.load(builder.gep(data, [args[1]])), b.width)
        kind = ir.FunctionType(args[2].type, [args[2].type] * 3)
        name = f"llvm.fmuladd.v{b.width}f{b.number.bitwidth}"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [number, *args[2:]])

    return b(array, types.intp, b, b), generate


@intrinsic
def store(typingctx, array, index, lanes):
    """Write lanes into neighbouring places of a flat array, from `index` on."""

    def generate(context, builder, signature, args):
        address, align = _address(context, builder, lanes, signature.args[0], *args[:2])
        builder.store(args[2], address, align=align)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), generate


def splat(builder, number, width=WIDTH):
    """Instructions that put one number into every lane."""
    nothing = ir.Constant(ir.VectorType(number.type, width), ir.Undefined)
    one = builder.insert_element(nothing, number, ir.Constant(ir.IntType(32), 0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width)
    return builder.shuffle_vector(one, nothing, mask)


@intrinsic
def spread_like(typingctx, like, number):
    """The same number in every lane, as many as other lanes hold."""

    def generate(context, builder, signature, args):
        return splat(builder, args[1], like.width)

    return like(like, number), generate


@intrinsic
def zeros_for(typingctx, numbers):
    """Zero in as many lanes as a tuple has numbers; its length belongs to its type."""
    lanes = _LanesType(types.float64, len(numbers))

    def generate(context, builder, signature, args):
        return ir.Constant(ir.VectorType(ir.DoubleType(), lanes.width), [0.0] * lanes.width)

    return lanes(numbers), generate


@intrinsic
def spread(typingctx, number):
    """The same number in every lane."""

    def generate(context, builder, signature, args):
        return splat(builder, args[0])

    return _LanesType(number)(number), generate


@intrinsic
def fma(typingctx, a, b, c):
    """a · b + c in every lane."""

    def generate(context, builder, signature, args):
        kind = ir.FunctionType(args[0].type, [args[0].type] * 3)
        name = f"llvm.fmuladd.v{a.width}f{a.number.bitwidth}"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)

    return a(a, a, a), generate


_WHOLE = ir.VectorType(ir.IntType(32), WIDTH)


@intrinsic
def floor_of(typingctx, a):
    """The whole number below each lane, of lanes from 0 to 2³¹."""

    def generate(context, builder, signature, args):
        return builder.sitofp(builder.fptosi(args[0], _WHOLE), args[0].type)

    return a(a), generate


@intrinsic
def pick(typingctx, array, places):
    """The numbers of a flat array at places that are whole numbers from 0 on, one for each lane."""

    def generate(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        kind, size = VECTORS[signature.args[0].dtype], signature.args[0].dtype.bitwidth // 8
        whole, wide = ir.IntType(64), ir.VectorType(ir.IntType(64), WIDTH)
        steps = builder.mul(builder.sext(builder.fptosi(args[1], _WHOLE), wide), splat(builder, whole(size)))
        places = builder.add(steps, splat(builder, builder.ptrtoint(data, whole)))
        places = builder.inttoptr(places, ir.VectorType(data.type, WIDTH))
        all_lanes = ir.Constant(ir.VectorType(ir.IntType(1), WIDTH), [True] * WIDTH)
        takes = ir.FunctionType(kind, [places.type, ir.IntType(32), all_lanes.type, kind])
        name = f"llvm.masked.gather.v{WIDTH}f{8 * size}.v{WIDTH}p0"
        gather = cgutils.get_or_insert_function(builder.module, takes, name)
        return builder.call(gather, [places, ir.IntType(32)(size), all_lanes, ir.Constant(kind, ir.Undefined)])

    return places(array, places), generate


def _binary(instruction: str):
    @intrinsic
    def compute(typingctx, a, b):
        def generate(context, builder, signature, args):
            return getattr(builder, instruction)(*args)

        return a(a, a), generate

    return compute


def _choose(comparison: str):
    @intrinsic
    def compute(typingctx, a, b):
        def generate(context, builder, signature, args):
            return builder.select(builder.fcmp_ordered(comparison, *args), *args)

        return a(a, a), generate

    return compute


@intrinsic
def choose_negative(typingctx, sign, below, other):
    """In every lane `below` where `sign` is negative, else `other`."""

    def generate(context, builder, signature, args):
        zero = ir.Constant(args[0].type, [ir.Constant(args[0].type.element, 0.0)] * sign.width)
        return builder.select(builder.fcmp_ordered("<", args[0], zero), args[1], args[2])

    return sign(sign, sign, sign), generate


def _reduce(operation: str):
    @intrinsic
    def compute(typingctx, a):
        def generate(context, builder, signature, args):
            kind = ir.FunctionType(args[0].type.element, [args[0].type])
            name = f"llvm.vector.reduce.{operation}.v{a.width}f{a.number.bitwidth}"
            return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)

        return a.number(a), generate

    return compute


@intrinsic
def sum_of(typingctx, a):
    """Sum of the lanes, in whatever order is fastest."""

    def generate(context, builder, signature, args):
        element = args[0].type.element
        kind = ir.FunctionType(element, [element, args[0].type])
        name = f"llvm.vector.reduce.fadd.v{a.width}f{a.number.bitwidth}"
        reduce = cgutils.get_or_insert_function(builder.module, kind, name)
        return builder.call(reduce, [ir.Constant(element, 0.0), args[0]], fastmath=("reassoc",))

    return a.number(a), generate


@intrinsic
def negative(typingctx, a):
    """−a in every lane; costs nothing where the result is added to a product."""

    def generate(context, builder, signature, args):
        return builder.fneg(args[0])

    return a(a), generate


@intrinsic
def magnitude(typingctx, a):
    """|a| in every lane."""

    def generate(context, builder, signature, args):
        kind = ir.FunctionType(args[0].type, [args[0].type])
        name = f"llvm.fabs.v{a.width}f{a.number.bitwidth}"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)

    return a(a), generate


def _every(comparison: str):
    @intrinsic
    def compute(typingctx, a, b):
        def generate(context, builder, signature, args):
            mask = ir.IntType(a.width)
            holds = builder.bitcast(builder.fcmp_ordered(comparison, *args), mask)
            return builder.icmp_unsigned("==", holds, ir.Constant(mask, 2**a.width - 1))

        return types.boolean(a, a), generate

    return compute


# Whether a comparison holds in every lane; where a number is NaN it does not.
all_at_most, all_at_least = _every("<="), _every(">=")
least, largest = _reduce("fmin"), _reduce("fmax")
# Names beside the signs, for kernels with many of them: Numba looks a name up at once, a sign among all that have it.
add, subtract, multiply, divide = (_binary(name) for name in ("fadd", "fsub", "fmul", "fdiv"))
larger, smaller = _choose(">"), _choose("<")


def _overload(operation, instruction: str):
    compute = _binary(instruction)

    @overload(operation)
    def on_lanes(a, b):
        return (lambda a, b: compute(a, b)) if isinstance(a, _LanesType) else None


_overload(operator.add, "fadd")
_overload(operator.sub, "fsub")
_overload(operator.mul, "fmul")


def to_blocks(vectors: np.ndarray, width: int) -> np.ndarray:
    """Arrange a batch (batch, n) as blocks of lanes (blocks, n · width), the last one filled up with zeros."""
    batch, n = vectors.shape
    blocks = -(-batch // width)
    padded = np.zeros((blocks * width, n))
    padded[:batch] = vectors
    return np.ascontiguousarray(padded.reshape(blocks, width, n).swapaxes(1, 2)).reshape(blocks, n * width)


def from_blocks(blocks: np.ndarray, batch: int, width: int) -> np.ndarray:
    """Undo `to_blocks`: (blocks, n · width) to (batch, n)."""
    n = blocks.shape[1] // width
    return blocks.reshape(len(blocks), n, width).swapaxes(1, 2).reshape(-1, n)[:batch]
