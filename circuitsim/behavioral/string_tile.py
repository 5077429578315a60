"""A programmed tile of strings: the voltages of their cells as powers of the current, in bands of rows."""

from dataclasses import dataclass
from typing import Any

from circuitsim.behavioral.grades import StringForm
from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True, kw_only=True)
class StringTile:
    """Strings with their conductances programmed: the voltage of a string at a current is linear in its inputs.

    A read finds the current of each column at which the voltages of its cells add up to the bias; `string_balance`
    states them. For the rows of each band,

        x @ maps_b                   coefficients of I, I², … of the selected cells, and the bypasses switched off
        lifted @ (first of maps_b)   the same of I, with the share of bypassed cells above each selected one in x

    | field | shape and unit | meaning |
    |---|---|---|
    | grade, form | | grade of the model, and what the tile keeps: no more bands than rows |
    | rows, cols | | size |
    | v_read, v_ref | [V] | bias of the strings above the sense nodes, and voltage of these |
    | i_unit | [A] | unit of the currents in all that follows; v_read is that of voltages |
    | edges | | first row of each band, and the number of rows |
    | maps | for each band (rows of it, (powers + 1) · width) | columns filled up to width |
    | counts | (bands, width) | bypassed cells of a band without a selected row, as `BandSums.bypassed` |
    | law | (7, width) | `BypassLaw` of each column, and its resistances at the top and at the bottom |

    `maps`, `counts` and `law` are arrays of the namespace, dtype and device that `program` was given.
    """

    grade: int
    form: StringForm
    rows: int
    cols: int
    v_read: float
    v_ref: float
    i_unit: float
    edges: tuple[int, ...]
    maps: tuple[Any, ...]
    counts: Any
    law: Any

    @property
    def products(self) -> int:
        """Matrix products of one read, counted in products of shape (rows, cols)."""
        return self.form.products
