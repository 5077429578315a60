"""Converters between the array and numbers, as tables."""

from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results.provenance import Provenance
from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True)
class ConverterTable:
    """A digital-to-analog or analog-to-digital converter; ideal by default.

    Code k represents low + k·lsb, with lsb = (high − low) / (2^bits − 1).

    Attributes:
        bits: Resolution.
        low, high: Values of the smallest and the largest code: [V] for a DAC, [A] for an ADC.
        inl: Integral nonlinearity [LSB]; None: 0. DAC: (2^bits,) deviation of each level. ADC: (2^bits − 1,) deviation
            of each transition; the ideal transition from code k to k + 1 is at k + ½.
        noise: Standard deviation of the noise on the analog side, independent in each conversion [V] or [A].
        provenance: Origin of a characterized converter.
    """

    bits: int
    low: float
    high: float
    inl: np.ndarray | None = None
    noise: float = 0.0
    provenance: Provenance | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= 24:
            raise InputError(f"converter: bits = {self.bits}: expected 1 to 24")
        if not (np.isfinite(self.low) and np.isfinite(self.high) and self.low < self.high):
            raise InputError(
                f"converter: range {self.low:g} to {self.high:g}: expected finite ends, the lower one first"
            )
        if not (np.isfinite(self.noise) and self.noise >= 0):
            raise InputError(f"converter: noise = {self.noise:g}: expected a standard deviation >= 0")

    @property
    def lsb(self) -> float:
        """Step between adjacent codes [V] or [A]."""
        return (self.high - self.low) / (2**self.bits - 1)
