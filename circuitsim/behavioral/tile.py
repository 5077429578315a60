"""A programmed tile: the matrices that turn input voltages into column currents."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from circuitsim.behavioral.grades import TileForm
from circuitsim.results import SenseTable
from circuitsim.spec import by_value

InputFunction = tuple[float, ...]
"""Coefficients c of the function s²·(c[0] + c[1]·s + …) of a scaled input s."""


class DistanceFunction(NamedTuple):
    """A function φ of what a distance of levels does to a current, by the coefficient of each of its terms.

        φ = c.s·s + c.s2·s² + c.tau·τ + c.s_tau·s·τ + c.tau2·τ²  +  t·(c.t + c.s_t·s + c.tau_t·τ)  +  c.t2·t²

    of the scaled input s, the level τ that a row sees of the columns, and the output's own level t; c are the fields
    of this tuple. All are dimensionless.
    """

    s: float
    s2: float
    tau: float
    s_tau: float
    tau2: float
    t: float
    s_t: float
    tau_t: float
    t2: float


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
class BandProducts:
    """The matrices of a tile whose columns have one level in each band of rows.

    A read starts from one product with everything that is linear in the scaled input s,

        [i0 | t0_1 … t0_B | τ] = s @ wide + rest,

    with the currents i0, the level t0_b of each column in each band, and the level τ that each row sees of the columns.
    The rows of a band b add S_b to the output currents, a cubic in the band's level t_b, and with it the band shifts
    the levels of all bands. For the rows of the band alone, with the functions f and h of `Tile`, and with functions
    φ = p(s, τ) + t·q(s, τ) + t²·r of what the distance of τ from t does (see `RowCorrection`),

        e1, e2    = [τ·q − p] @ apart_b, [τ·r − q] @ apart_b,
        p0        = [f | τ | τ·p] @ flat_b + t0_b·(e1 − constants_b3 + t0_b·(e2 − t0_b·constants_b4)),
        p_linear  = [s | h] @ sloped_b,
        S_b       = p0 + t_b·(p_linear + constants_b0 + t_b·(s @ curved_b + constants_b1 + t_b·constants_b2)),
        t_b       = t0_b + Σ_r exchange_br·S_r, by iteration,
        i_out     = i0 + Σ_b S_b.

    | field | shape and unit | meaning |
    |---|---|---|
    | edges | | first row of each band, and the number of rows |
    | functions | | φ |
    | wide, rest | (rows, (1 + B)·cols + rows), (1, (1 + B)·cols + rows) | linear part [A and levels] |
    | flat | ((len(f) + 1 + len(φ))·rows, cols) [A] | t⁰, and the levels that rows see |
    | sloped | ((1 + len(h))·rows, cols) [A] | t¹ |
    | curved | (rows, cols) [A] | t² |
    | apart | (len(φ)·rows, cols) [A] | the distance of the levels that rows see from the own ones |
    | constants | (B, 5, cols) [A] | of t¹, t², t³, and of the own level and its cube in what rows see |
    | exchange | (B, B, cols) [1/A] | shift of a band's level (axis 0) per ampere that a band (axis 1) adds |

    In flat, sloped, curved and apart, bands follow one another, and in each of them its features.
    """

    edges: tuple[int, ...]
    functions: tuple[DistanceFunction, ...]
    wide: Any
    rest: Any
    flat: Any
    sloped: Any
    curved: Any
    apart: Any
    constants: Any
    exchange: Any

    def rows_of(self, matrix: Any, band: int) -> Any:
        """Return the part of `flat`, `sloped`, `curved` or `apart` that multiplies the features of a band."""
        each = matrix.shape[0] // self.edges[-1]
        return matrix[each * self.edges[band] : each * self.edges[band + 1], :]


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
    i_out = v_in @ w + offset = (v_in − v_ref) @ w instead, and one with bands reads as `BandProducts` says.

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
    | functions | | f, the least important first, and h |
    | currents | factors [A] | one for each power of the level; empty for one product and with bands |
    | levels | factors | the same for the level itself |
    | bands | | the matrices of a tile with bands, or None |
    | port_admittance | (cols, cols) [S], NumPy | `w_port`, held where there is a table of amplifiers; else None |
    | port_level | (bands, cols) [1/V] | rise of a column's level in each band per volt at the sense nodes, or None |
    | r_sense | [ohm] | sense resistance that the matrices contain |
    | sense | | table of the sense amplifiers, into which `mvm` settles the currents; None: they are behind r_sense |
    | source | | model and conductances: `power` and `w_port` follow from them when they are asked for |

    `w`, `offset`, `port_level` and the matrices of factors and bands are arrays of the namespace, dtype and device that
    `program` was given.
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
    functions: tuple[tuple[InputFunction, ...], tuple[InputFunction, ...]] = ((), ())
    currents: tuple[Factor, ...] = ()
    levels: tuple[Factor, ...] = ()
    bands: BandProducts | None = None
    port_admittance: Any = None
    port_level: Any = None
    r_sense: float
    sense: SenseTable | None = None
    source: "TileOrigin"

    @property
    def products(self) -> int:
        """Matrix products of one read, counted in products of shape (rows, cols)."""
        return self.form.products

    @property
    def power(self) -> "TilePower":
        """What `behavioral.power` needs, NumPy arrays; computed at the first use, at the price of programming."""
        return self.source.power

    @property
    def w_port(self) -> Any:
        """(cols, cols) current that output o (axis 0) loses per volt at each sense node (axis 1) [S], NumPy.

        None for one product whose model has no sense amplifier. Else computed at the first use where it is not held.
        """
        if self.port_admittance is not None or self.form.linear:
            return self.port_admittance
        return self.source.w_port


class TileOrigin(Protocol):
    """What a tile asks its `TileSource` for."""

    @property
    def power(self) -> "TilePower":
        """The matrices of the drivers' power."""
        ...

    @property
    def w_port(self) -> Any:
        """Admittance (cols, cols) between the sense nodes [S]."""
        ...


@by_value
@dataclass(frozen=True)
class TilePower:
    """The matrices of the power that the row drivers deliver, NumPy arrays.

    With v = v_in − v_ref, the scaled input s, the level t of the row's band in each column, and that of the linear
    array t' = s @ level_b + level_offset_b:

        power = v·w_row·v + Σ_p s^p @ even_p
                + Σ_b Σ_j [ Σ_q t^q·(Σ_p s^p @ fixed_qp + t'·Σ_p s^p @ moved_qp) ]_j

    with the products within the sum over b from the rows of band b alone, and fixed_0 in `even`. The first term is the
    linear array; the others, empty for one product, are what the residual currents add.

    | field | shape and unit | multiplies |
    |---|---|---|
    | w_row | (rows, rows) [S] | v twice |
    | even | (powers of s, rows) [W] | 1 |
    | fixed | for each power of t from 1 (powers of s, rows, cols) [W] | t^q |
    | moved | for each power of t from 0 (powers of s, rows, cols) [W] | t'·t^q |
    | level, level_offset | (bands, rows, cols), (bands, cols) | give t' |
    | edges | | first row of each band, and the number of rows; one band of all rows where columns have one level |
    """

    w_row: Any
    even: Any
    fixed: tuple[Any, ...]
    moved: tuple[Any, ...]
    level: Any
    level_offset: Any
    edges: tuple[int, ...]
