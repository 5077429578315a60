"""Which part of the values of calibration images a range covers."""

from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError
from circuitsim.network.adc_range import best_range
from circuitsim.spec import checked


@dataclass(frozen=True)
class RangeRule:
    """A rule that sets a range from the values that calibration images give.

    Attributes:
        kind: "largest" value; "percentile" of the values that are not 0; or "least_rms" error of rounding and clipping
            together, see `adc_range.best_range`.
        percent: Of a percentile, above 50 up to 100.
    """

    kind: str
    percent: float = 100.0

    def __post_init__(self) -> None:
        if self.kind not in ("largest", "percentile", "least_rms"):
            raise InputError(f"kind = {self.kind!r}: expected largest, percentile or least_rms")
        if not 50 < self.percent <= 100:
            raise InputError(f"percent = {self.percent:g}: expected more than 50, up to 100")

    @property
    def words(self) -> str:
        """The rule in a phrase."""
        return f"the {self.percent:g}th percentile" if self.kind == "percentile" else f"{self.kind.replace('_', ' ')}"

    def choose(self, values: np.ndarray, bits: int | None) -> tuple[float, float]:
        """Return the end of the range of non-negative values, and the fraction of them above it by half a step or more.

        Args:
            values: Any shape, at least one of them positive.
            bits: Of the converter; None rounds nothing, so that the least error is that of the largest value.
        """
        if self.kind == "least_rms" and bits is not None:
            return best_range(values.ravel(), bits)
        values = values.astype(float, copy=False)
        largest = float(values.max())
        if self.kind != "percentile":
            return largest, 0.0
        end = float(np.percentile(values[values > 0], self.percent))
        edge = end * (1.0 + (0.0 if bits is None else 0.5 / (2**bits - 1)))
        return end, float(np.mean(values > edge))


LARGEST, LEAST_RMS = RangeRule("largest"), RangeRule("least_rms")
"""The range is the largest value, or that of the least rms error of rounding and clipping."""


@checked
def range_rule(text: str) -> RangeRule:
    """Read a rule: largest, least_rms, or a percentile such as 99.9.

    Raises:
        InputError: It is none of these.
    """
    if text in ("largest", "least_rms"):
        return RangeRule(text)
    try:
        return RangeRule("percentile", float(text.removesuffix("%")))
    except ValueError:
        raise InputError(f"{text!r}: expected largest, least_rms, or a percentile such as 99.9") from None
