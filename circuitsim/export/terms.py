"""Convert a programmed tile to plain coefficients, from which every exported model is written."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from circuitsim.behavioral import Tile
from circuitsim.behavioral.product import ITERATIONS
from circuitsim.behavioral.tile import Factor
from circuitsim.errors import InputError


@dataclass(frozen=True)
class Feature:
    """One function of every input.

    Attributes:
        name: Short, unique name.
        polynomial: Coefficients of x, x², …; None for the constant 1, which is a single number for all inputs.
    """

    name: str
    polynomial: tuple[float, ...] | None


@dataclass(frozen=True)
class Sum:
    """Σ over features and inputs of coefficient · feature, plus a constant, for every output.

    Attributes:
        matrices: Pairs of a feature name and its (rows, cols) coefficients.
        constant: (cols,) constants.
    """

    matrices: tuple[tuple[str, np.ndarray], ...]
    constant: np.ndarray


@dataclass(frozen=True)
class Terms:
    """A tile: x = (v_in − v_ref)/v_scale, i_out = Σ_b currents[b]·t^b, t from `iterations` of t = Σ_b levels[b]·t^b.

    Attributes:
        rows, cols: Size of the array.
        v_ref, v_scale: Reference and scale of the inputs [V].
        i_scale: Unit of the currents [A]: between some tenths of full scale and a few times full scale.
        features: Functions of the inputs.
        currents: Coefficients of each power of the level t, in units of `i_scale`, the constant first.
        levels: Coefficients of each power of t in the iteration of t, the constant first; empty for a tile of one
            product, which has no level.
        iterations: Number of iterations, starting from t = levels[0].
        i_row: (rows, rows) input currents, in units of `i_scale` per unit of x.
    """

    rows: int
    cols: int
    v_ref: float
    v_scale: float
    i_scale: float
    features: tuple[Feature, ...]
    currents: tuple[Sum, ...]
    levels: tuple[Sum, ...]
    iterations: int
    i_row: np.ndarray


def read_terms(tile: Tile) -> Terms:
    """Convert a tile to coefficients.

    Raises:
        InputError: The tile's matrices are not NumPy arrays.
    """
    if not isinstance(tile.w, np.ndarray):
        raise InputError(f"the tile's matrices are {type(tile.w).__name__}: export one programmed with xp = numpy")
    if tile.bands is not None:
        raise InputError(f"grade = {tile.grade}: tiles with bands of rows cannot be exported yet; program grade 2")
    i_scale = float(np.abs(tile.w).sum(0).max()) * tile.v_scale or 1.0
    before, after = tile.functions
    features = [Feature(f"f{n}", (0.0, *c)) for n, c in enumerate(before)]
    features += [Feature("x", (1.0,))] + [Feature(f"h{n}", (0.0, *c)) for n, c in enumerate(after)]
    if tile.currents:
        currents = tuple(_sum(factor, tile, 1.0 / i_scale) for factor in tile.currents)
        levels = tuple(_sum(factor, tile, 1.0) for factor in tile.levels)
    else:
        currents = (Sum((("x", tile.w * (tile.v_scale / i_scale)),), np.zeros(tile.cols)),)
        levels = ()
    return Terms(
        rows=tile.rows,
        cols=tile.cols,
        v_ref=tile.v_ref,
        v_scale=tile.v_scale,
        i_scale=i_scale,
        features=tuple(features),
        currents=currents,
        levels=levels,
        iterations=ITERATIONS if len(levels) > 1 else 0,
        i_row=tile.power.w_row * (tile.v_scale / i_scale),
    )


def evaluate_terms(terms: Terms, v_in: np.ndarray) -> np.ndarray:
    """Compute the currents (batch, cols) [A] of inputs (batch, rows) [V] from the terms, as an exported model does."""
    x = (v_in - terms.v_ref) / terms.v_scale
    value = {f.name: np.polynomial.polynomial.polyval(x, (0.0, *(f.polynomial or ()))) for f in terms.features}

    def total(part: Sum) -> np.ndarray:
        return part.constant + sum(value[name] @ matrix for name, matrix in part.matrices)

    currents, levels = [total(part) for part in terms.currents], [total(part) for part in terms.levels]
    t = levels[0] if levels else np.zeros((len(x), terms.cols))
    for _ in range(terms.iterations):
        t = sum((level * t**b for b, level in enumerate(levels)), np.zeros_like(t))
    return terms.i_scale * sum((current * t**b for b, current in enumerate(currents)), np.zeros_like(t))


def _sum(factor: Factor, tile: Tile, scale: float) -> Sum:
    """Split the matrix of a factor by feature; the features of a tile are ordered [f… | x | 1 | h…]."""
    names = [f"f{n}" for n in range(len(tile.functions[0]))] + ["x", None]
    names += [f"h{n}" for n in range(len(tile.functions[1]))]
    matrices, constant, start = [], np.zeros(tile.cols), 0
    for name in names:
        width = 1 if name is None else tile.rows
        if factor.first <= start and start + width <= factor.last:
            block = np.asarray(factor.matrix[start - factor.first :][:width], float) * scale
            if name is None:
                constant = block[0]
            else:
                matrices.append((name, block))
        start += width
    return Sum(tuple(matrices), constant)


def nested_sum(sums: Sequence[str], t: str = "t", *, plus: str = " + ", times: str = " * ") -> str:
    """Write sums[0] + t·sums[1] + t²·sums[2] + … as a nested expression: "c0 + t * (c1 + t * (c2))".

    Args:
        sums: Text of the factor of each power, at least one.
        t: Text of the variable.
        plus, times: Operators of the target language.
    """
    text = sums[-1]
    for term in reversed(sums[:-1]):
        text = f"{term}{plus}{t}{times}({text})"
    return text


def nested_polynomial(feature: Feature, x: str, *, zero: str = "0.0", plus: str = " + ", times: str = "*") -> str:
    """Write a feature's polynomial of x, without constant term, as a nested expression: "x*(0.5 + x*(2.0 + 0.0))".

    Args:
        feature: The feature.
        x: Text of the variable.
        zero, plus, times: The constant 0 and the operators of the target language.
    """
    text = zero
    for coefficient in reversed(feature.polynomial or ()):
        text = f"{x}{times}({float(coefficient)!r}{plus}{text})"
    return text
