"""A programmed tile whose inputs switch gates: the currents of its cells as moments in bands of rows."""

from dataclasses import dataclass
from typing import Any

from circuitsim.behavioral.column_balance import NO_LINES, Lines
from circuitsim.behavioral.grades import GatedForm
from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True, kw_only=True)
class GatedTile:
    """An array of gated rows with its conductances programmed, as matrix products and a small system per column.

    Between a biased bit line and a source line the voltage across the cell of row k of a column is v_read less a drop,
    which `column_balance` solves for in a few moments for each band of rows. A read is, for the rows of each band,

        products = x @ maps_b                       A, s and t of `column_balance`
        i_out    = base + gain·η(products − typical)

    and i_out = x @ w + base for a tile of one product. Rows at 0 carry the leakage of their cells: it is in `maps`, as
    what a row at 1 adds, and in `typical` and `base`.

    | field | shape and unit | meaning |
    |---|---|---|
    | grade, form | | grade of the model, and what the tile keeps: fewer bands and moments where rows or wires are few |
    | rows, cols | | size |
    | v_read, v_ref | [V] | bias of the bit lines above the sense nodes, and voltage of these |
    | edges | | first row of each band, and the number of rows; empty for one product |
    | maps | for each band (rows of it, products · width) [A, A/V, A/V²] | columns filled up to width |
    | typical | (bands · moments, width) [A] | what A is at the typical drop, less leakage |
    | base | (width,) [A] | current at η = 0; the leakage alone for one product |
    | lines | numbers [S] | the wires, see `Lines` |
    | w | (rows, width) [A] | one product: current of each row that is on; else None |

    `maps`, `typical`, `base` and `w` are arrays of the namespace, dtype and device that `program` was given.
    """

    grade: int
    form: GatedForm
    rows: int
    cols: int
    v_read: float
    v_ref: float
    edges: tuple[int, ...] = ()
    maps: tuple[Any, ...] = ()
    typical: Any = None
    base: Any
    lines: Lines = NO_LINES
    w: Any = None

    @property
    def products(self) -> int:
        """Matrix products of one read, counted in products of shape (rows, cols)."""
        return self.form.products
