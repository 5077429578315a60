"""One column for each output, about the middle of the range; the middle is subtracted digitally."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim.network.mapping.scheme import Scheme


@dataclass(frozen=True)
class Offset(Scheme):
    """Signed weights about the middle of the range: g = g_mid + w/w_max · (g_max − g_min)/2, g_mid = (g_min + g_max)/2.

    The current of a column is that of the weights plus g_mid · Σ v, the same in every column. The digital side knows
    the codes of the inputs, hence Σ v, and subtracts the second part. See `Scheme` for the functions.

    Valid for: arrays that lose little of their current. Half the columns of `Differential` suffice, but whatever
    wires, transistors or converters take from the offset's current is an error of the products: it grows with the sum
    of all inputs, not with the product, and no gain corrects it. On the demo's 1T1R array the network's accuracy falls
    from 0.99 to 0.11; on an array without losses both schemes agree.
    """

    name = "offset"

    @property
    def columns_per_output(self) -> int:
        """One for both signs."""
        return 1

    @property
    def g_mid(self) -> float:
        """Conductance of the weight 0 [S]."""
        return (self.g_min + self.g_max) / 2

    def conductances(self, weights: np.ndarray, *, w_max: float) -> np.ndarray:
        """Map weights (inputs, outputs) onto conductances of the same shape [S]."""
        g = self.g_mid + weights * ((self.g_max - self.g_min) / (2 * w_max))
        return np.clip(g, self.g_min, self.g_max)  # rounding alone could pass the ends

    def numbers(self, i_out: Any, v_sum: Any, *, w_max: float, v_per_unit: float) -> Any:
        """Turn currents (batch, outputs) [A] into products (batch, outputs), given the sums of the inputs (batch,)."""
        return (i_out - self.g_mid * v_sum[:, None]) * (2 * w_max / ((self.g_max - self.g_min) * v_per_unit))
