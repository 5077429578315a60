"""Where the cells of an array are fitted: voltages of terminals and column wires, rounded so that reads share fits.

A fit takes long and is kept by its box (see `compact_cells.fit`), so that each of its sides is rounded outward to one
of few values: inputs to eighths of the range, how far columns follow them to eighths of an octave, how far sense nodes
pull columns to powers of two.
"""

import math
from dataclasses import dataclass

_MARGIN = 1.25  # column voltages of a nonlinear array against those of its chord
_LEAST_RESPONSE = 1e-9  # of a column that stays where its sense amplifier holds it
_LEAST_PULL = 1e-9  # V


@dataclass(frozen=True)
class VoltageBox:
    """Voltages relative to v_ref [V]: of the terminals, and of the column wires at the cells."""

    v_low: float
    v_high: float
    w_low: float
    w_high: float

    @property
    def columns(self) -> tuple[float, float]:
        """The column voltages [V]."""
        return self.w_low, self.w_high

    def holds(self, v_low: float, v_high: float) -> bool:
        """Whether terminals between the two voltages are inside."""
        return self.v_low <= v_low and v_high <= self.v_high

    def reaches(self, w_low: float, w_high: float) -> bool:
        """Whether column voltages between the two are inside, to a thousandth: polynomials do not turn that fast."""
        slack = 1e-3 * (self.w_high - self.w_low)
        return self.w_low - slack <= w_low and w_high <= self.w_high + slack

    def with_all_columns(self) -> "VoltageBox":
        """Return the box in which columns rise as far as terminals, which they never exceed."""
        return VoltageBox(self.v_low, self.v_high, self.v_low, self.v_high)


def driven_box(response: float, v_low: float, v_high: float) -> VoltageBox:
    """Return what cells reach when inputs lie between two voltages relative to v_ref [V]; v_ref is always inside.

    Args:
        response: How far columns rise, in parts of the inputs, where cells are their chords.
        v_low: Least input [V].
        v_high: Largest input [V].
    """
    v_low, v_high = min(v_low, 0.0), max(v_high, 0.0)
    reach = _MARGIN * response
    if reach > _LEAST_RESPONSE:
        reach = 2.0 ** (math.ceil(8 * math.log2(reach)) / 8)
    reach = min(reach, 1.0)
    return VoltageBox(v_low, v_high, reach * v_low, reach * v_high)


def in_eighths(v_low: float, v_high: float, v_range: tuple[float, float]) -> tuple[float, float]:
    """Round inputs [V] outward to eighths of a range [V]; inputs that leave it stay as they are."""
    low, high = v_range
    if v_low < low or high < v_high:
        return v_low, v_high
    eighth = (high - low) / 8
    return max(eighth * math.floor(v_low / eighth), low), min(eighth * math.ceil(v_high / eighth), high)


def pulled_box(driven: VoltageBox, down: float, up: float) -> VoltageBox:
    """Return what cells reach when sense nodes pull their columns along, besides what is driven.

    Args:
        driven: The box without the pull.
        down: How far a sense node is below v_ref at most [V], >= 0.
        up: How far one is above v_ref at most [V], >= 0.
    """
    v_low, v_high = min(driven.v_low, -down), max(driven.v_high, up)
    w_low, w_high = driven.w_low - _power_of_two(down), driven.w_high + _power_of_two(up)
    return VoltageBox(v_low, v_high, max(w_low, v_low), min(w_high, v_high))


def _power_of_two(voltage: float) -> float:
    """Round a voltage up to a power of two; less than a nanovolt counts as none."""
    return 2.0 ** math.ceil(math.log2(voltage)) if voltage > _LEAST_PULL else 0.0
