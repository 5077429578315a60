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
"""Of Newton's method. Of 8 to 64 rows up to 0.4 V currents are up to 5e-2, 7e-4 and 2e-6 off after 1 to 3."""
_NOTHING = 1e-30  # resistance that stands for that of no selected cell


class BandSums(NamedTuple):
    """Sums over the rows of a band.

    Attributes:
        powers: Coefficients of I, I², I³, … in the voltage of all selected cells together.
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

    def at(self, middle: Any, drop: Any, current: Any) -> tuple[Any, Any]:
        """Return the mean conductance of cells along a run with this middle and drop, and its slope in the middle."""
        h = middle - 0.5
        bent = self.sloped + self.leaning * current + self.curved * h
        even = self.flat + self.driven * current + (1.0 / 12.0) * self.curved * drop * drop
        return even + h * bent, bent + self.curved * h


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
        reached = current * bottom, bottom
        for band, drop in zip(reversed(split), reversed(drops), strict=True):
            reached, drop[0] = _run(law, band.below, reached, drop[0], current)
            selected, along = _polynomial(band.powers, current)
            reached, drop[1] = _run(law, band.above, (reached[0] + selected, reached[1] + along), drop[1], current)
        current = current + (1.0 - (reached[0] + current * top)) / (reached[1] + top)
    return current


def _run(law: BypassLaw, count: Any, reached: tuple[Any, Any], drop: Any, current: Any) -> tuple[tuple[Any, Any], Any]:
    """Go up a run of bypassed cells whose drop is nearly known.

    Returns:
        The voltage above it with its slope in the current, and the drop.
    """
    voltage, slope = reached
    conductance, rise = law.at(voltage + 0.5 * drop, drop, current)
    turn = drop * rise
    inverse = 1.0 / (conductance + 0.5 * turn)  # a step of Newton's method for drop·G = count·I
    along = (count - turn * slope) * inverse
    drop = (count * current + 0.5 * turn * drop) * inverse
    return (voltage + drop, slope + along), drop


def _split(band: BandSums) -> _Band:
    """Put the bypassed cells below and above the selected ones."""
    above = band.bypassed * (band.lifted / (band.powers[0] + _NOTHING))
    return _Band(band.powers, band.bypassed - above, above)


def _polynomial(coefficients: Sequence[Any], current: Any) -> tuple[Any, Any]:
    """Return Σ c_m·I^(m + 1) and its slope."""
    value, slope = coefficients[-1], 0.0
    for coefficient in reversed(coefficients[:-1]):
        slope = value + current * slope
        value = coefficient + current * value
    return current * value, value + current * slope
