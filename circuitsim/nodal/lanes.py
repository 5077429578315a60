"""A numba type for a few numbers side by side, as those of as many vectors of a batch: one variable holds them all."""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

import operator

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

WIDTH = 16  # vectors solved together; two AVX-512 or four AVX2 registers

VECTOR = ir.VectorType(ir.DoubleType(), WIDTH)
VECTORS = {types.float32: ir.VectorType(ir.FloatType(), WIDTH), types.float64: VECTOR}


class _LanesType(types.Type):
    def __init__(self, number):
        self.number = number
        super().__init__(name=f"Lanes{WIDTH}{number}")


LANES = _LanesType(types.float64)


def lanes_type(number):
    """Return the numba type of lanes of a type of numbers."""
    return _LanesType(number)


@register_model(_LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, VECTORS[fe_type.number])


def _address(context, builder, signature, args):
    """Pointer to the lanes that begin at a flat index of an array."""
    array = context.make_array(signature.args[0])(context, builder, args[0])
    kind = VECTORS[signature.args[0].dtype].as_pointer()
    return builder.bitcast(builder.gep(array.data, [args[1]]), kind), signature.args[0].dtype.bitwidth // 8


@intrinsic
def load(typingctx, array, index):
    """Read WIDTH neighbouring numbers of a flat array, from `index` on."""

    def generate(context, builder, signature, args):
        address, align = _address(context, builder, signature, args)
        return builder.load(address, align=align)

    return _LanesType(array.dtype)(array, types.intp), generate


@intrinsic
def store(typingctx, array, index, lanes):
    """Write WIDTH neighbouring numbers of a flat array, from `index` on."""

    def generate(context, builder, signature, args):
        address, align = _address(context, builder, signature, args)
        builder.store(args[2], address, align=align)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), generate


def splat(builder, number):
    """Instructions that put one number into every lane."""
    nothing = ir.Constant(ir.VectorType(number.type, WIDTH), ir.Undefined)
    one = builder.insert_element(nothing, number, ir.Constant(ir.IntType(32), 0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    return builder.shuffle_vector(one, nothing, mask)


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
        name = f"llvm.fmuladd.v{WIDTH}f{a.number.bitwidth}"
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
        zero = ir.Constant(args[0].type, [ir.Constant(args[0].type.element, 0.0)] * WIDTH)
        return builder.select(builder.fcmp_ordered("<", args[0], zero), args[1], args[2])

    return sign(sign, sign, sign), generate


def _reduce(operation: str):
    @intrinsic
    def compute(typingctx, a):
        def generate(context, builder, signature, args):
            kind = ir.FunctionType(args[0].type.element, [args[0].type])
            name = f"llvm.vector.reduce.{operation}.v{WIDTH}f{a.number.bitwidth}"
            return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)

        return a.number(a), generate

    return compute


least, largest = _reduce("fmin"), _reduce("fmax")
divide = _binary("fdiv")
larger, smaller = _choose(">"), _choose("<")


def _overload(operation, instruction: str):
    compute = _binary(instruction)

    @overload(operation)
    def on_lanes(a, b):
        return (lambda a, b: compute(a, b)) if isinstance(a, _LanesType) else None


_overload(operator.add, "fadd")
_overload(operator.sub, "fsub")
_overload(operator.mul, "fmul")


def to_blocks(vectors: np.ndarray) -> np.ndarray:
    """Arrange a batch (batch, n) as blocks of lanes (blocks, n · WIDTH), the last one filled up with zeros."""
    batch, n = vectors.shape
    blocks = -(-batch // WIDTH)
    padded = np.zeros((blocks * WIDTH, n))
    padded[:batch] = vectors
    return np.ascontiguousarray(padded.reshape(blocks, WIDTH, n).swapaxes(1, 2)).reshape(blocks, n * WIDTH)


def from_blocks(blocks: np.ndarray, batch: int) -> np.ndarray:
    """Undo `to_blocks`: (blocks, n · WIDTH) to (batch, n)."""
    n = blocks.shape[1] // WIDTH
    return blocks.reshape(len(blocks), n, WIDTH).swapaxes(1, 2).reshape(-1, n)[:batch]
