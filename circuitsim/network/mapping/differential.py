"""Two columns for each output, subtracted digitally."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim.network.mapping.scheme import Scheme


@dataclass(frozen=True)
class Differential(Scheme):
    """Signed weights as pairs of columns: the side that carries the sign takes g_min + |w|/w_max · (g_max − g_min).

    The other side takes g_min. Column 2j is the positive side of output j, column 2j + 1 the negative side: both sit
    at the same place along the row, so that the wires treat them alike. See `Scheme` for the functions.
    """

    name = "differential"

    @property
    def columns_per_output(self) -> int:
        """One for each sign."""
        return 2

    @property
    def paired(self) -> bool:
        """The two sides of a sign."""
        return True

    def conductances(self, weights: np.ndarray, *, w_max: float) -> np.ndarray:
        """Map weights (inputs, outputs) onto conductances (inputs, 2 · outputs) [S]."""
        inputs, outputs = weights.shape
        g = np.full((inputs, 2 * outputs), self.g_min)
        slope = (self.g_max - self.g_min) / w_max
        g[:, 0::2] += np.maximum(weights, 0.0) * slope
        g[:, 1::2] += np.maximum(-weights, 0.0) * slope
        return np.minimum(g, self.g_max)  # rounding alone could pass g_max

    def numbers(self, i_out: Any, v_sum: Any, *, w_max: float, v_per_unit: float) -> Any:
        """Turn currents (batch, 2 · outputs) [A] into products (batch, outputs); the sum of the inputs cancels."""
        del v_sum
        return (i_out[:, 0::2] - i_out[:, 1::2]) * (w_max / ((self.g_max - self.g_min) * v_per_unit))
