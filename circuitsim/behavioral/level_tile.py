"""A programmed tile whose gates have several levels: what a cell carries is looked up by the level of its row."""

from dataclasses import dataclass
from typing import Any

from circuitsim.behavioral.column_balance import NO_LINES, Lines
from circuitsim.behavioral.grades import GatedForm
from circuitsim.spec import by_value

PLACES = 9
"""Numbers of a row in `LevelTile.weights`: up to three of A, up to five of s, and one of t, see `column_balance`."""
SLOPES = 3  # place of the first weight of s
CURVATURE = 8  # place of the weight of t


@by_value
@dataclass(frozen=True, kw_only=True)
class LevelTile:
    """An array whose gates have `driver.gate_levels`, with its conductances programmed.

    The column is that of `GatedTile`, with one parabola for each cell at each level of its gate. A matrix product would
    be needed for each level; instead a read adds up, for the rows i of each band and their levels k_i,

        A = rest + Σ_i basis_i · c0_i[k_i],   s = rest + Σ_i P(i) · c1_i[k_i],   t = rest + Σ_i c2_i[k_i],

    and i_out = base + gain·η(A − typical, s, t), which costs the same for any number of levels. A tile of one product
    is i_out = base + Σ_i c0_i[k_i]; its table holds c0 alone.

    | field | shape and unit | meaning |
    |---|---|---|
    | grade, form | | grade of the model, and what the tile keeps, as in `GatedTile` |
    | rows, cols | | size |
    | v_read, v_ref | [V] | bias of the bit lines above the sense nodes, and voltage of these |
    | levels | | of a gate: an input k / (levels − 1) selects the k-th, from 0 on |
    | edges | | first row of each band, and the number of rows; empty for one product |
    | table | (blocks, rows, levels, 3, WIDTH) [A, A/V, A/V²] | c of WIDTH columns, less those at level 0 |
    | weights | (rows, PLACES) | basis, P and 1, zeros where there are fewer moments |
    | rest | (bands, products, width) | A, s and t with all rows at level 0; empty for one product |
    | typical | (bands · moments, width) [A] | what A is at the typical drop |
    | base | (width,) [A] | current at η = 0; for one product that with all rows at level 0 |
    | lines | numbers [S] | the wires, see `Lines` |

    The arrays are of the namespace, dtype and device that `program` was given.
    """

    grade: int
    form: GatedForm
    rows: int
    cols: int
    v_read: float
    v_ref: float
    levels: int
    edges: tuple[int, ...] = ()
    table: Any
    weights: Any = None
    rest: Any = None
    typical: Any = None
    base: Any
    lines: Lines = NO_LINES

    @property
    def products(self) -> int:
        """Multiplications for each cell in one read, those of so many matrix products."""
        return self.form.products
