"""Polynomials in U and w with as many terms as a cell needs, written out without loops for the sweeps.

A shape is two lists of counts, for P and for Q of `compact`: how many powers of w go with each power of U, the highest
power of U first. The coefficients of a cell stand in Horner order, P before Q.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from typing import NamedTuple

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from circuitsim.nodal.lanes import all_at_least, fma, smaller, splat, spread_like


def _triangle(powers_u: int, powers_w: int) -> tuple[int, ...]:
    """Counts that thin out the powers of w as the power of U rises."""
    return tuple(max(1, int(powers_w * (1 - k / powers_u))) for k in range(powers_u))[::-1]


# A BSIM4 access transistor in series with an ohmic memory needs one of the first three shapes, a sinh the fourth or the
# sixth. Q takes time only where a current flows backwards.
SHAPES = (
    ((1, 2, 3, 4), (2, 3)),
    ((1, 3, 4, 5), (2, 3)),
    (_triangle(4, 6), (2, 3)),
    ((1, 1, 2, 2, 3, 3, 4, 4), _triangle(6, 6)),
    (_triangle(6, 7), _triangle(4, 4)),
    ((1, 1, 2, 3, 3, 4, 4, 5), _triangle(6, 6)),
    ((1, 2, 3, 4, 4, 5, 5, 6), _triangle(6, 6)),
    (_triangle(8, 8), _triangle(6, 6)),
    (_triangle(12, 10), _triangle(10, 9)),
)
TERMS = np.array([sum(p) + sum(q) for p, q in SHAPES])


class CellTerms(NamedTuple):
    """Polynomials of i/U − g0 for every cell, for `beyond_chord`; fields as in `modes.SweepPlan`."""

    law: tuple[float, ...]
    forward: np.ndarray
    reverse: np.ndarray


def law_of(shape: int) -> tuple[float, ...]:
    """Return the tuple whose length tells a kernel the shape; an empty one says that cells are ohmic."""
    return (0.0,) * (shape + 1)


def split_terms(coefficients: np.ndarray, shape: int) -> tuple[np.ndarray, np.ndarray]:
    """Part coefficients (cells · terms) into those of P and of Q, both flat."""
    of_p = sum(SHAPES[shape][0])
    by_cell = coefficients.reshape(-1, TERMS[shape])
    return by_cell[:, :of_p].ravel(), by_cell[:, of_p:].ravel()


def _written_out(side: int):
    @intrinsic
    def evaluate(typingctx, law, coefficients, cell, u, w):
        counts = SHAPES[len(law) - 1][side]

        def generate(context, builder, signature, args):
            if len(law) == 0:  # typed, but never run
                return ir.Constant(args[3].type, [0.0] * u.width)
            data = context.make_array(signature.args[1])(context, builder, args[1]).data
            kind = ir.FunctionType(args[3].type, [args[3].type] * 3)
            multiply_add = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fmuladd.v{u.width}f64")
            first = builder.gep(data, [builder.mul(args[2], ir.Constant(args[2].type, sum(counts)))])
            next_term = iter(range(sum(counts)))
            at_u, at_w = args[3:]

            def coefficient():
                number = builder.load(builder.gep(first, [ir.Constant(args[2].type, next(next_term))]))
                return splat(builder, number, u.width)

            value = None
            for count in counts:
                along_w = coefficient()
                for _ in range(count - 1):
                    along_w = builder.call(multiply_add, [along_w, at_w, coefficient()])
                value = along_w if value is None else builder.call(multiply_add, [value, at_u, along_w])
            return value

        return u(law, coefficients, types.intp, u, w), generate

    return evaluate


_forward, _back = _written_out(0), _written_out(1)


@numba.njit(inline="always")
def beyond_chord(law, cell, u, w):
    """i/U less the chord conductance, P(U, w) + min(U, 0)·Q(U, w), of one cell [S], from `CellTerms`."""
    zero = spread_like(u, 0.0)
    value = _forward(law.law, law.forward, cell, u, w)
    if not all_at_least(u, zero):
        back = smaller(u, zero)
        value = fma(back, _back(law.law, law.reverse, cell, back, w), value)
    return value
