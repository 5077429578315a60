"""Polynomials in U and w with as many terms as a cell needs, written out without loops for the sweeps.

A shape is two lists of counts, for P and for Q of `compact`: how many powers of w go with each power of U, the highest
power of U first. The coefficients of a cell stand in Horner order, P before Q.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from circuitsim.nodal.lanes import LANES, VECTOR, WIDTH, splat


def _triangle(powers_u: int, powers_w: int) -> tuple[int, ...]:
    """Counts that thin out the powers of w as the power of U rises."""
    return tuple(max(1, int(powers_w * (1 - k / powers_u))) for k in range(powers_u))[::-1]


# A BSIM4 access transistor in series with an ohmic memory needs the first shape, a strong sinh the third.
SHAPES = (
    (_triangle(4, 6), (2, 3)),
    (_triangle(6, 7), _triangle(4, 4)),
    (_triangle(8, 8), _triangle(6, 6)),
    (_triangle(12, 10), _triangle(10, 9)),
)
TERMS = np.array([sum(p) + sum(q) for p, q in SHAPES])


def _written_out(shape: tuple[tuple[int, ...], tuple[int, ...]]):
    @intrinsic
    def evaluate(typingctx, coefficients, at, u, w):
        def generate(context, builder, signature, args):
            data = context.make_array(signature.args[0])(context, builder, args[0]).data
            kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
            fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fmuladd.v{WIDTH}f64")
            next_term = iter(range(sum(map(sum, shape))))
            u, w = args[2:]

            def coefficient():
                index = builder.add(args[1], ir.Constant(args[1].type, next(next_term)))
                return splat(builder, builder.load(builder.gep(data, [index])))

            def horner(counts, x):
                value = None
                for count in counts:
                    along_w = coefficient()
                    for _ in range(count - 1):
                        along_w = builder.call(fma, [along_w, w, coefficient()])
                    value = along_w if value is None else builder.call(fma, [value, x, along_w])
                return value

            forward = horner(shape[0], u)
            zero = ir.Constant(VECTOR, [ir.Constant(ir.DoubleType(), 0.0)] * WIDTH)
            back = builder.select(builder.fcmp_ordered("<", u, zero), u, zero)
            return builder.call(fma, [back, horner(shape[1], back), forward])

        return LANES(coefficients, types.intp, LANES, LANES), generate

    return evaluate


small, medium, large, largest = (_written_out(shape) for shape in SHAPES)


@numba.njit(inline="always")
def beyond_chord(coefficients, shape, cell, u, w):
    """i/U less the chord conductance, P(U, w) + min(U, 0)·Q(U, w), of one cell [S]."""
    if shape == 0:
        return small(coefficients, cell * TERMS[0], u, w)
    if shape == 1:
        return medium(coefficients, cell * TERMS[1], u, w)
    if shape == 2:
        return large(coefficients, cell * TERMS[2], u, w)
    return largest(coefficients, cell * TERMS[3], u, w)
