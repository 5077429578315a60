"""Cells that do not follow: stuck ones, worn ones; and what temperature does to a conductance."""

import numpy as np

from circuitsim.devices.statistics.statistics import Statistics
from circuitsim.errors import InputError


def sample_stuck(
    g: np.ndarray, *, low: float, high: float, fraction_low: float, fraction_high: float, rng: np.random.Generator
) -> np.ndarray:
    """Replace some cells by stuck ones.

    Args:
        g: Conductances (any shape) [S].
        low, high: Conductance of a cell stuck in the high- and in the low-resistance state [S].
        fraction_low, fraction_high: Probability of each.
        rng: Source of randomness.

    Returns:
        Conductances (shape of g) [S].

    Raises:
        InputError: A fraction is negative, or they add up to more than 1.
    """
    if fraction_low < 0 or fraction_high < 0 or fraction_low + fraction_high > 1:
        raise InputError(
            f"fraction_low = {fraction_low:g}, fraction_high = {fraction_high:g}: expected two probabilities that add"
            " up to at most 1"
        )
    chance = rng.random(np.shape(g))
    return np.where(chance < fraction_low, low, np.where(chance < fraction_low + fraction_high, high, g))


def endurance_limit(stats: Statistics) -> float:
    """Number of write cycles that the source of a card states.

    Raises:
        InputError: It states none.
    """
    return stats.stated(stats.table.endurance, "endurance").cycles


def temperature_factor(stats: Statistics, temperature_c: float) -> float:
    """1 + α (T − T_ref), the factor on every conductance at a temperature [°C].

    Raises:
        InputError: The source of the card states no temperature coefficient, or not for this temperature.
    """
    table = stats.stated(stats.table.temperature, "temperature")
    if not table.min_c <= temperature_c <= table.max_c:
        raise InputError(
            f"{stats.name}: temperature_c = {temperature_c:g}, its coefficient holds from {table.min_c:g} to"
            f" {table.max_c:g} °C"
        )
    return 1.0 + table.coefficient * (temperature_c - table.reference_c)
