"""Weights of several bits on pairs of columns, a few bits a cell; the slices are weighted and added digitally."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim.network.mapping.scheme import Scheme


@dataclass(frozen=True)
class Sliced(Scheme):
    """Signed weights as integers, whose magnitude is cut into slices of `bits_per_cell` bits, a pair of columns each.

    |w| becomes the integer q = round(|w|/w_max · (2^weight_bits − 1)). Slice s, the lowest first, holds the bits
    s · bits_per_cell and up: level d_s of 2^bits_per_cell, at g_min + d_s/(2^bits_per_cell − 1) · (g_max − g_min), on
    the side of the pair that carries the sign; the other side takes g_min. Every column is converted by itself; with
    i_s the difference of slice s, the product is Σ_s 2^(s · bits_per_cell) i_s. See `Scheme` for the functions.

    Attributes:
        bits_per_cell: Bits that a cell holds, 1 for two levels.
        weight_bits: Bits of a weight's magnitude, without the sign.
    """

    bits_per_cell: int
    weight_bits: int

    name = "differential"

    @property
    def columns_per_output(self) -> int:
        """One for each sign of each slice."""
        return 2 * self.slices

    @property
    def slices(self) -> int:
        """Number of pairs of columns of an output."""
        return -(-self.weight_bits // self.bits_per_cell)

    @property
    def paired(self) -> bool:
        """The two sides of a sign."""
        return True

    def conductances(self, weights: np.ndarray, *, w_max: float) -> np.ndarray:
        """Map weights (inputs, outputs) onto conductances (inputs, outputs · 2 · slices) [S]."""
        inputs, outputs = weights.shape
        whole = np.rint(np.abs(weights) / w_max * (2**self.weight_bits - 1)).astype(np.int64)
        g = np.full((inputs, outputs, self.slices, 2), self.g_min)
        step = (self.g_max - self.g_min) / (2**self.bits_per_cell - 1)
        for s in range(self.slices):
            level = (whole >> (s * self.bits_per_cell)) % 2**self.bits_per_cell * step
            g[:, :, s, 0] += np.where(weights > 0, level, 0.0)
            g[:, :, s, 1] += np.where(weights < 0, level, 0.0)
        return np.minimum(g.reshape(inputs, -1), self.g_max)  # rounding alone could pass g_max

    def numbers(self, i_out: Any, v_sum: Any, *, w_max: float, v_per_unit: float) -> Any:
        """Turn currents (batch, outputs · 2 · slices) [A] into products (batch, outputs)."""
        del v_sum
        total, per_slice = 0.0, 2 * self.slices
        for s in range(self.slices):
            difference = i_out[:, 2 * s :: per_slice] - i_out[:, 2 * s + 1 :: per_slice]
            total = total + difference * 2.0 ** (s * self.bits_per_cell)
        levels = (2**self.bits_per_cell - 1) / (2**self.weight_bits - 1)
        return total * (w_max * levels / ((self.g_max - self.g_min) * v_per_unit))
