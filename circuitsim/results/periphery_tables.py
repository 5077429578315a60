"""What stands between numbers and the array: drivers, sense amplifiers and converters as tables."""

from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results.provenance import Provenance


@dataclass(frozen=True)
class ConverterTable:
    """A digital-to-analog or analog-to-digital converter; ideal where nothing else is said.

    Code k stands for low + k·lsb, lsb = (high − low) / (2^bits − 1).

    Attributes:
        bits: Resolution.
        low, high: What the smallest and the largest code stand for [V] for a DAC, [A] for an ADC.
        inl: Integral nonlinearity [LSB]; None for none. DAC: (2^bits,) deviation of each level. ADC: (2^bits − 1,)
            deviation of each transition, the one between codes k and k + 1 lying at k + ½.
        noise: Standard deviation of noise at the analog side, each conversion anew [V] or [A].
        provenance: Where a characterized converter comes from.
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
            raise InputError(f"converter: range {self.low:g} to {self.high:g}: expected a lower and a higher end")
        if not (np.isfinite(self.noise) and self.noise >= 0):
            raise InputError(f"converter: noise = {self.noise:g}: expected a standard deviation >= 0")

    @property
    def lsb(self) -> float:
        """Step between two codes [V] or [A]."""
        return (self.high - self.low) / (2**self.bits - 1)


@dataclass(frozen=True)
class SenseTable:
    """A sense amplifier: what it does to a column's voltage, and what it reports.

    Attributes:
        gain: Reported current per input current.
        offset: Reported current without input [A].
        noise: Standard deviation of the reported current, each read anew [A].
        current: (points,) evenly spaced input currents [A]; None where the input resistance is constant and part of
            the tile.
        drop: (points,) voltage between the column's end and v_ref at these currents [V], rising.
        provenance: Where a characterized amplifier comes from.
    """

    gain: float = 1.0
    offset: float = 0.0
    noise: float = 0.0
    current: np.ndarray | None = None
    drop: np.ndarray | None = None
    provenance: Provenance | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.noise) and self.noise >= 0):
            raise InputError(f"sense: noise = {self.noise:g} A: expected a standard deviation >= 0")
        if (self.current is None) != (self.drop is None):
            raise InputError("sense: current and drop go together: expected both or neither")
        if self.current is None or self.drop is None:
            return
        step = np.diff(self.current)
        if self.current.shape != self.drop.shape or self.current.ndim != 1 or len(self.current) < 2:
            raise InputError(f"sense: current {self.current.shape} and drop {self.drop.shape}: expected two equal rows")
        if not np.allclose(step, step[0], rtol=1e-6, atol=0.0) or step[0] <= 0:
            raise InputError("sense: current must rise in equal steps")
        if not np.all(np.diff(self.drop) > 0):
            raise InputError("sense: drop must rise with the current")
