"""A tile as plain coefficients, from which every exported model is written."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Feature:
    """One function of every input.

    Attributes:
        name: Short, unique name.
        polynomial: Coefficients of x, x², …
    """

    name: str
    polynomial: tuple[float, ...]


@dataclass(frozen=True)
class Sum:
    """Σ over features and inputs of coefficient · feature, plus a constant, for every output.

    Attributes:
        name: Short, unique name.
        matrices: For each feature its name, the first input that counts, and its coefficients (inputs, outputs).
        constant: (outputs,) constants.
    """

    name: str
    matrices: tuple[tuple[str, int, np.ndarray], ...]
    constant: np.ndarray


@dataclass(frozen=True)
class Combination:
    """One number for every output, computed from others: a sum of products of sums and earlier combinations.

    Attributes:
        name: Short, unique name.
        products: Names of the factors of each product.
    """

    name: str
    products: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Terms:
    """A tile as features of its scaled inputs x = (v_in − v_ref) / v_scale, sums of them, and steps from the sums on.

    Attributes:
        rows, cols: Size of the array.
        v_ref, v_scale: Reference and scale of the inputs [V].
        i_scale: Unit of the currents [A]: between some tenths of full scale and a few times full scale.
        features: Functions of the inputs, x among them.
        row_sums, row_steps: Further features, one number for each row: sums over all inputs, and steps from them and
            from the row's own features. Only tiles with bands have them.
        sums, steps: One number for each column. The last step is the current, in units of `i_scale`.
        i_row: (rows, rows) input currents, in units of `i_scale` per unit of x.
    """

    rows: int
    cols: int
    v_ref: float
    v_scale: float
    i_scale: float
    features: tuple[Feature, ...]
    row_sums: tuple[Sum, ...]
    row_steps: tuple[Combination, ...]
    sums: tuple[Sum, ...]
    steps: tuple[Combination, ...]
    i_row: np.ndarray


def evaluate_terms(terms: Terms, v_in: np.ndarray) -> np.ndarray:
    """Compute the currents (batch, cols) [A] of inputs (batch, rows) [V] from the terms, as an exported model does."""
    x = (v_in - terms.v_ref) / terms.v_scale
    row = {f.name: np.polynomial.polynomial.polyval(x, (0.0, *f.polynomial)) for f in terms.features}
    row |= {total.name: _summed(total, row) for total in terms.row_sums}
    _take(terms.row_steps, row)
    column = {total.name: _summed(total, row) for total in terms.sums}
    _take(terms.steps, column)
    return terms.i_scale * column[terms.steps[-1].name]


def expression(step: Combination, value: Callable[[str], str], *, plus: str = " + ", times: str = "*") -> str:
    """Write a combination as an expression: "c0 + t*c1 + t*t*c2".

    Args:
        step: The combination.
        value: Text of the number that a name stands for.
        plus, times: Operators of the target language.
    """
    return plus.join(times.join(value(name) for name in product) for product in step.products)


def nested_polynomial(feature: Feature, x: str, *, zero: str = "0.0", plus: str = " + ", times: str = "*") -> str:
    """Write a feature's polynomial of x, without constant term, as a nested expression: "x*(0.5 + x*(2.0 + 0.0))".

    Args:
        feature: The feature.
        x: Text of the variable.
        zero, plus, times: The constant 0 and the operators of the target language.
    """
    text = zero
    for coefficient in reversed(feature.polynomial):
        text = f"{x}{times}({float(coefficient)!r}{plus}{text})"
    return text


def _summed(total: Sum, row: Mapping[str, np.ndarray]) -> np.ndarray:
    value = np.broadcast_to(total.constant, (len(row["x"]), len(total.constant)))
    for feature, first, matrix in total.matrices:
        value = value + row[feature][:, first : first + len(matrix)] @ matrix
    return value


def _take(steps: Sequence[Combination], values: dict[str, np.ndarray]) -> None:
    """Add the value of each step to those it is computed from."""
    for step in steps:
        products = [math.prod((values[name] for name in names[1:]), start=values[names[0]]) for names in step.products]
        values[step.name] = sum(products[1:], start=products[0])
