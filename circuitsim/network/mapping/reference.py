"""One column for each output about the middle of the range, and one column at the middle, subtracted digitally."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim.network.mapping.offset import Offset


@dataclass(frozen=True)
class Reference(Offset):
    """Signed weights about the middle of the range, as `Offset`, with one reference column at g_mid in each tile.

    The reference column takes the last place after the outputs of a tile. Its current carries the middle of the range
    as the array really reads it, with what wires and transistors take; subtracting it removes the common part of
    that loss, which `Offset` leaves in the products. Columns far from it lose other shares. See `Scheme` for the
    functions.
    """

    name = "reference"

    @property
    def shared_columns(self) -> int:
        """The reference column."""
        return 1

    def conductances(self, weights: np.ndarray, *, w_max: float) -> np.ndarray:
        """Map weights (inputs, outputs) onto conductances (inputs, outputs + 1) [S]."""
        return np.hstack([super().conductances(weights, w_max=w_max), np.full((len(weights), 1), self.g_mid)])

    def numbers(self, i_out: Any, v_sum: Any, *, w_max: float, v_per_unit: float) -> Any:
        """Turn currents (batch, outputs + 1) [A] into products (batch, outputs); the sum of the inputs is not used."""
        del v_sum
        return (i_out[:, :-1] - i_out[:, -1:]) * (2 * w_max / ((self.g_max - self.g_min) * v_per_unit))
