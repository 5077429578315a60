"""Several columns for each column of another scheme, whose products are averaged digitally."""

from dataclasses import dataclass
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.network.mapping.scheme import Scheme
from circuitsim.network.mapping.sliced import Sliced

_STEP = 0.05  # of the range, by which each copy is smaller than the one before


@dataclass(frozen=True)
class Copied(Scheme):
    """Every output on several copies of its columns, side by side; each is converted, and the products are averaged.

    Independent errors of copies, noise and errors of programming, fall by √copies. Equal currents would all be rounded
    alike by the ADC; the copies of analog weights therefore use 1, 0.95, 0.90 … of the range, and the digital side
    undoes it. A current of ten codes then lands half a code elsewhere in each copy, and rounding falls by √copies or
    more. Copies of slices are equal, because slices have levels: there rounding stays. See `Scheme` for the functions.

    Attributes:
        single: The scheme that is copied.
        copies: Number of copies, 2 or more.
    """

    single: Scheme
    copies: int

    name = "copied"

    @property
    def columns_per_output(self) -> int:
        """Those of all copies."""
        return self.copies * self.single.columns_per_output

    @property
    def shared_columns(self) -> int:
        """Those of the scheme that is copied, once."""
        return self.single.shared_columns

    @property
    def paired(self) -> bool:
        """As in the scheme that is copied."""
        return self.single.paired

    @property
    def shares(self) -> np.ndarray:
        """(copies,) share of the range that each copy uses."""
        return 1.0 - (0.0 if isinstance(self.single, Sliced) else _STEP) * np.arange(self.copies)

    def conductances(self, weights: np.ndarray, *, w_max: float) -> np.ndarray:
        """Map weights (inputs, outputs) onto conductances (inputs, outputs · columns_per_output + shared) [S]."""
        each = (weights[:, :, None] * self.shares).reshape(len(weights), -1)
        return self.single.conductances(each, w_max=w_max)

    def numbers(self, i_out: Any, v_sum: Any, *, w_max: float, v_per_unit: float) -> Any:
        """Turn currents (batch, outputs · columns_per_output + shared) [A] into products (batch, outputs)."""
        y = self.single.numbers(i_out, v_sum, w_max=w_max, v_per_unit=v_per_unit)
        xp = array_api_compat.array_namespace(y)
        undo = xp.asarray(1.0 / (self.copies * self.shares), dtype=y.dtype, device=array_api_compat.device(y))
        return xp.sum(xp.reshape(y, (y.shape[0], -1, self.copies)) * undo, axis=2)
