"""The balance of a string, written once for anything that adds, multiplies and divides.

All cells of a string carry one current, and their voltages add up to the bias. A selected cell takes its device's
voltage at that current, whatever lies below it. A bypassed one takes less the lower it lies, because the gate of its
transistor drives it harder: its conductance follows the voltage below it. From the bottom up each band of rows is

    bypassed cells below  →  the selected cells together  →  bypassed cells above,

with as many bypassed cells above as lie above each selected one on average, weighted by its voltage: so the voltages
that the selected cells lift the others by are right on average. A run of bypassed cells takes n·I / G, with G the mean
conductance of one cell over the voltages of the run, which is the exact mean of cells along the run.

Voltages are shares of the bias, currents shares of `StringTile.i_unit`, resistances of their quotient.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

ITERATIONS = 3
"""Of Newton's method. Of 16 rows at 0.4 V, the hardest case met, currents are 1e-3, 1e-7 and 1e-11 off after 1 to 3."""
_NOTHING = 1e-30  # resistance that stands for that of no selected cell


class BandSums(NamedTuple):
    """Sums over the rows of a band.

    Attributes:
        powers: Coefficients of I, I³, I⁵, … in the voltage of all selected cells together.
        bypassed: Number of bypassed cells, each counted by its resistance against that of its column's mean cell.
        lifted: Coefficient of I of the selected cells, each times the share of the bypassed cells that lie above it.
    """

    powers: Sequence[Any]
    bypassed: Any
    lifted: Any


class BypassLaw(NamedTuple):
    """Conductance of a bypassed cell, its middle at ½ + h: flat + h·(sloped + curved·h) + I·(driven + leaning·h)."""

    flat: Any
    sloped: Any
    curved: Any
    driven: Any
    leaning: Any

    def at(self, middle: Any, drop: Any, current: Any) -> Any:
        """Return the mean conductance of cells along a run with this middle and drop."""
        h = middle - 0.5
        along = self.flat + h * (self.sloped + self.curved * h) + current * (self.driven + self.leaning * h)
        return along + (1.0 / 12.0) * self.curved * drop * drop


class _Band(NamedTuple):
    powers: Sequence[Any]
    below: Any
    above: Any


def string_current(bands: Sequence[BandSums], law: BypassLaw, top: Any, bottom: Any) -> Any:
    """Return the currents of strings.

    Args:
        bands: Sums of each band, the uppermost first.
        law: Of the bypassed cells of each string.
        top, bottom: Resistance above the first cell, and below the wire segment of the last one.
    """
    split = [_split(band) for band in bands]
    total, middle = top + bottom, 1.0 / law.flat
    for band in split:
        total = total + band.powers[0] + (band.below + band.above) * middle
    current = 1.0 / total  # of resistors; the voltage of a device rises less than its current
    drops = [[band.below * middle * current, band.above * middle * current] for band in split]
    for _ in range(ITERATIONS):
        reached, slope = current * bottom, top + bottom
        for band, drop in zip(reversed(split), reversed(drops), strict=True):
            below = band.below / law.at(reached + 0.5 * drop[0], drop[0], current)
            drop[0] = below * current
            selected, along = _odd_polynomial(band.powers, current)
            reached = reached + drop[0] + selected
            above = band.above / law.at(reached + 0.5 * drop[1], drop[1], current)
            drop[1] = above * current
            reached = reached + drop[1]
            slope = slope + below + above + along
        current = current + (1.0 - (reached + current * top)) / slope
    return current


def _split(band: BandSums) -> _Band:
    """Put the bypassed cells below and above the selected ones."""
    above = band.bypassed * (band.lifted / (band.powers[0] + _NOTHING))
    return _Band(band.powers, band.bypassed - above, above)


def _odd_polynomial(coefficients: Sequence[Any], current: Any) -> tuple[Any, Any]:
    """Return Σ c_m·I^(2m + 1) and its slope."""
    square = current * current
    value, slope = coefficients[-1], (2.0 * len(coefficients) - 1.0) * coefficients[-1]
    for power in range(len(coefficients) - 2, -1, -1):
        value = value * square + coefficients[power]
        slope = slope * square + (2.0 * power + 1.0) * coefficients[power]
    return value * current, slope
