"""A programmed tile: the matrices that turn input voltages into column currents."""

from dataclasses import dataclass
from typing import Any

Polynomial = tuple[float, ...]
"""Coefficients c of x²·(c[0] + c[1]·x + …)."""


@dataclass(frozen=True)
class Factor:
    """What multiplies one power of the level: columns `first` to `last` of the features (see `Tile`) @ matrix.

    Attributes:
        first, last: Columns of the features.
        matrix: (last − first, cols); a single row is a constant and needs no product.
    """

    first: int
    last: int
    matrix: Any


@dataclass(frozen=True)
class Tile:
    """An array with its conductances programmed, as matrix products.

    With x = (v_in − v_ref) / v_scale and functions f of it, a row of features is
    [f(x) of order 0 | x | 1 | f(x) of order 1]. They give the factors of each power of t, the level of each column: its
    mean voltage, in units of its range and relative to the middle of it. i_out = Σ_b currents_b·t^b, where t itself
    solves t = Σ_b levels_b·t^b.

    Attributes:
        grade: 1 one matrix product, 2 six, 3 nine, or 0: the short form for binary inputs, five.
        rows, cols: Size.
        v_range: Inputs it was built for [V].
        v_ref: Voltage of the sense nodes [V].
        v_scale: Voltage of x = 1 [V].
        w: (rows, cols) [S]: the one product of grade 1, i_out = v_in @ w + offset.
        offset: (cols,) [A], None when v_ref is 0.
        functions: Functions of order 0, the least important first, and of order 1.
        currents: Factors of the powers of the level in the currents [A]; empty in grade 1.
        levels: The same for the level itself.
        energy: What `power` needs; NumPy whatever the arrays above are.
        w_port: (cols, cols) [S] current that output o loses per volt at each sense node, NumPy.
        r_sense: Sense resistance that the matrices contain [ohm].
        products: Matrix products of one read, counted in products of shape (rows, cols).
    """

    grade: int
    rows: int
    cols: int
    v_range: tuple[float, float]
    v_ref: float
    v_scale: float
    w: Any
    offset: Any
    functions: tuple[tuple[Polynomial, ...], tuple[Polynomial, ...]]
    currents: tuple[Factor, ...]
    levels: tuple[Factor, ...]
    energy: "Energy"
    w_port: Any
    r_sense: float
    products: int


@dataclass(frozen=True)
class Energy:
    """Power that the row drivers deliver: v·w_row·v, and what the residual currents add (see `energy`).

    With powers x^p of the inputs, level t and the level t' of the linear array, t' = x @ level + level_offset.

    Attributes:
        w_row: (rows, rows) [S].
        even: (powers, rows) [W]: Σ x^p @ even.
        sloped: (powers, rows, cols) [W], times t.
        even_level: (powers, rows, cols) [W], times t'.
        sloped_level: (powers, rows, cols) [W], times t·t'.
        level, level_offset: (rows, cols), (cols,).
    """

    w_row: Any
    even: Any
    sloped: Any
    even_level: Any
    sloped_level: Any
    level: Any
    level_offset: Any
