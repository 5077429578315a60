"""A programmed tile: the matrices that turn input voltages into column currents."""

from dataclasses import dataclass
from typing import Any

from circuitsim.behavioral.grades import TileForm
from circuitsim.spec import by_value

Polynomial = tuple[float, ...]
"""Coefficients c of the function s²·(c[0] + c[1]·s + …) of a scaled input s."""


@by_value
@dataclass(frozen=True)
class Factor:
    """The factor of one power of the level: features[:, first:last] @ matrix, for the features of `Tile`.

    Attributes:
        first, last: Range of the features' columns.
        matrix: (last − first, cols); a single row is a constant and needs no product.
    """

    first: int
    last: int
    matrix: Any


@by_value
@dataclass(frozen=True, kw_only=True)
class Tile:
    """An array with its conductances programmed, as matrix products.

    A tile works on the scaled input s = (v_in − v_ref) / v_scale, between −1 and 1, and on the level t of each column:
    the column's mean voltage as a fraction of the range that it can take, 0 near the middle of it. A read is

        features = [f(s) | s | 1 | h(s)]                        (batch, features), f and h fitted to the array
        t        = Σ_b (features @ levels_b) · t^b              (batch, cols), by iteration
        i_out    = Σ_b (features @ currents_b) · t^b            (batch, cols) [A]

    where each factor multiplies only the columns of the features that it needs. A tile of one product is
    i_out = v_in @ w + offset = (v_in − v_ref) @ w instead.

    | field | shape and unit | meaning |
    |---|---|---|
    | grade | | grade of the model |
    | form | | what the tile keeps of the cells' nonlinearity (`grades`) |
    | rows, cols | | size |
    | v_range | [V] | inputs that the tile was built for |
    | v_ref | [V] | voltage of the sense nodes |
    | v_scale | [V] | v_in − v_ref at s = 1 |
    | w | (rows, cols) [S] | the linear array, i_out = (v_in − v_ref) @ w |
    | offset | (cols,) [A] | added to one product; None where v_ref is 0 |
    | functions | polynomials | f, the least important first, and h |
    | currents | factors [A] | one for each power of the level; empty for one product |
    | levels | factors | the same for the level itself |
    | power | NumPy | what `behavioral.power` needs |
    | w_port | (cols, cols) [S], NumPy | current that output o (axis 0) loses per volt at sense node (axis 1), or None |
    | r_sense | [ohm] | sense resistance that the matrices contain |

    `w`, `offset` and the factors' matrices are arrays of the namespace, dtype and device given to `program`.
    """

    grade: int
    form: TileForm
    rows: int
    cols: int
    v_range: tuple[float, float]
    v_ref: float
    v_scale: float
    w: Any
    offset: Any = None
    functions: tuple[tuple[Polynomial, ...], tuple[Polynomial, ...]] = ((), ())
    currents: tuple[Factor, ...] = ()
    levels: tuple[Factor, ...] = ()
    power: "TilePower"
    w_port: Any = None
    r_sense: float

    @property
    def products(self) -> int:
        """Matrix products of one read, counted in products of shape (rows, cols)."""
        return self.form.products


@by_value
@dataclass(frozen=True)
class TilePower:
    """The matrices of the power that the row drivers deliver, NumPy arrays.

    With v = v_in − v_ref, the scaled input s, the level t, and the level of the linear array t' = s @ level +
    level_offset:

        power = v·w_row·v + Σ_p s^p @ even_p + Σ_j [ t·Σ_p s^p @ sloped_p + t'·(Σ_p s^p @ even_level_p
                + t·Σ_p s^p @ sloped_level_p) ]_j

    The first term is the linear array; the others, empty for one product, are what the residual currents add.

    | field | shape and unit | multiplies |
    |---|---|---|
    | w_row | (rows, rows) [S] | v twice |
    | even | (powers, rows) [W] | 1 |
    | sloped | (powers, rows, cols) [W] | t |
    | even_level | (powers, rows, cols) [W] | t' |
    | sloped_level | (powers, rows, cols) [W] | t·t' |
    | level, level_offset | (rows, cols), (cols,) | give t' |
    """

    w_row: Any
    even: Any
    sloped: Any
    even_level: Any
    sloped_level: Any
    level: Any
    level_offset: Any
