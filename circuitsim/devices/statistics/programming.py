"""Programming error: how far a cell lands from the conductance it was programmed to."""

import numpy as np

from circuitsim.devices.statistics.curves import curve_value
from circuitsim.devices.statistics.statistics import Statistics, relative
from circuitsim.spec import checked, real_numbers


@checked
def programming_sigma(stats: Statistics, g: np.ndarray, *, extrapolate: bool = False) -> np.ndarray:
    """Standard deviation of the programming error.

    Args:
        stats: Statistics of a card.
        g: Wanted conductances (any shape) [S].
        extrapolate: Go on outside the range of the source, with a warning.

    Returns:
        (shape of g) [S].

    Raises:
        OutsideRangeError: A conductance is outside the range of the source.
    """
    curve = stats.stated(stats.table.programming, "programming").sigma
    return stats.table.unit * np.maximum(curve_value(curve, relative(stats, g, extrapolate=extrapolate)), 0.0)


def sample_programmed(
    stats: Statistics, g: np.ndarray, *, rng: np.random.Generator, extrapolate: bool = False
) -> np.ndarray:
    """Program once: the wanted conductance plus a normal error, not below 0.

    Args:
        stats: Statistics of a card.
        g: Wanted conductances (any shape) [S].
        rng: Source of randomness.
        extrapolate: Go on outside the range of the source, with a warning.

    Returns:
        Programmed conductances (shape of g) [S].
    """
    sigma = programming_sigma(stats, g, extrapolate=extrapolate)
    return np.maximum(real_numbers("g", g) + sigma * rng.standard_normal(np.shape(g)), 0.0)
