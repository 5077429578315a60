"""Converters and sense amplifiers between the array and numbers, as tables."""

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


@by_value
@dataclass(frozen=True)
class SenseTable:
    """A sense amplifier: its voltage drop at the end of a column, and the current that it reports.

    Attributes:
        gain: Ratio of reported current to input current.
        offset: Reported current without input [A].
        noise: Standard deviation of the reported current, independent in each read [A].
        current: (points,) evenly spaced input currents [A]; None if the input resistance is constant and part of the
            tile.
        drop: (points,) voltage between the end of the column and v_ref at these currents [V]; it rises with the
            current.
        provenance: Origin of a characterized amplifier.
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
            raise InputError(
                f"sense: current {self.current.shape} and drop {self.drop.shape}: expected equal lengths >= 2"
            )
        if not np.allclose(step, step[0], rtol=1e-6, atol=0.0) or step[0] <= 0:
            raise InputError("sense: current must rise in equal steps")
        if not np.all(np.diff(self.drop) > 0):
            raise InputError("sense: drop must rise with the current")
