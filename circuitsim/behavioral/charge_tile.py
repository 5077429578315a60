"""A programmed tile of capacitors: the charges of a read as one matrix product."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from circuitsim.behavioral.grades import ChargeForm
from circuitsim.nodal import ChargeArray
from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True, kw_only=True)
class ChargeTile:
    """An array of capacitors with its capacitances programmed. A read within `driver.t_read` is

        out = v_in @ w + offset = (v_in − v_ref) @ w        (batch, cols) [C]

    | field | shape and unit | meaning |
    |---|---|---|
    | grade, form | | grade of the model, and which charges its tiles keep |
    | rows, cols | | size |
    | v_range | [V] | inputs that the tile was built for |
    | v_ref | [V] | voltage of the sense nodes, at which rows rest |
    | t_read | [s] | duration of a read, over which `behavioral.power` is the mean |
    | w | (rows, cols) [F] | charge per volt |
    | offset | (cols,) [C] | of the inputs' own zero; None where v_ref is 0 |
    | lines | | the array from whose rows the energy of a read follows, as the array solver knows it |

    `w` and `offset` are arrays of the namespace, dtype and device that `program` was given.
    """

    grade: int
    form: ChargeForm
    rows: int
    cols: int
    v_range: tuple[float, float]
    v_ref: float
    t_read: float
    w: Any
    offset: Any = None
    lines: ChargeArray

    @property
    def products(self) -> int:
        """Matrix products of one read, counted in products of shape (rows, cols)."""
        return self.form.products

    @cached_property
    def energy(self) -> tuple[np.ndarray, np.ndarray]:
        """Energy of a read with v = v_in − v_ref as a quadratic (rows, rows) [F] and a linear part (rows,) [C].

        The drivers put out the charges of the rows at v_in, but during the edge at what they have reached; the sense
        references take those of the columns at v_ref. What the capacitances to ground keep is the linear part.
        """
        found = self.lines.matrices
        kept = found.to_rows.sum(axis=1) - found.to_columns.sum(axis=1)
        return found.to_rows - self.lines.rising, self.v_ref * kept
