"""The statistics of a card, and the check that keeps every use inside the range its source holds for."""

import warnings
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from circuitsim.devices.card import Card
from circuitsim.devices.device_toml_statistics import StatisticsTable
from circuitsim.errors import CircuitsimWarning, InputError, OutsideRangeError
from circuitsim.spec import checked, real_numbers

_T = TypeVar("_T")


class ExtrapolationWarning(CircuitsimWarning):
    """A statistic is used outside the time or conductance its source measured."""


@dataclass(frozen=True)
class Statistics:
    """The statistics of one card and the conductances they hold for.

    Attributes:
        name: Name of the card.
        g_min, g_max: Conductances that the programming statistics hold for [S].
        table: What the card states.
    """

    name: str
    g_min: float
    g_max: float
    table: StatisticsTable

    def stated(self, part: _T | None, what: str) -> _T:
        """Return a part of the table: `stats.stated(stats.table.drift, "drift")`.

        Raises:
            InputError: The source of the card says nothing about it.
        """
        if part is None:
            known = ", ".join(self.table.parts)
            raise InputError(f"{self.name}: no statistics of {what}; its source has {known}")
        return part


@checked
def read_statistics(card: Card) -> Statistics:
    """Return the statistics of a card.

    Raises:
        InputError: The card has none.
    """
    table = card.statistics
    if table is None:
        raise InputError(f"{card.name}: {card.folder / 'device.toml'} has no [statistics]")
    g_min, g_max = (card.state.g_min, card.state.g_max) if card.state else (0.0, np.inf)
    if table.programming is not None:
        g_min = g_min if table.programming.g_min is None else table.programming.g_min
        g_max = g_max if table.programming.g_max is None else table.programming.g_max
    return Statistics(card.name, float(g_min), float(g_max), table)


def relative(stats: Statistics, g: np.ndarray, *, extrapolate: bool, g_max: float | None = None) -> np.ndarray:
    """Conductance over `g_ref`, after the range has been checked.

    Raises:
        OutsideRangeError: A conductance lies outside the range of the source and `extrapolate` is False.
    """
    g = real_numbers("g", g)
    high = stats.g_max if g_max is None else g_max
    slack = 1e-9 * high
    outside = (g < stats.g_min - slack) | (g > high + slack) | ~np.isfinite(g)
    if outside.any():
        _outside(
            f"{stats.name}: g = {g[outside].flat[0]:g} S, its source holds from {stats.g_min:g} to {high:g} S",
            extrapolate,
        )
    return g / stats.table.g_ref


def check_time(stats: Statistics, t: float, low: float, high: float, *, extrapolate: bool) -> None:
    """Refuse a time that the source does not hold for, or say that it is extrapolated.

    Raises:
        OutsideRangeError: The time [s] is outside [low, high] and `extrapolate` is False, or it is no time at all.
    """
    if not np.isfinite(t) or t < 0:
        raise OutsideRangeError(f"{stats.name}: t = {t:g} s, expected a time since the end of programming, 0 or more")
    if not low <= t <= high:
        _outside(f"{stats.name}: t = {t:g} s, its source holds from {low:g} to {high:g} s", extrapolate)


def _outside(message: str, extrapolate: bool) -> None:
    if not extrapolate:
        raise OutsideRangeError(f"{message}; pass extrapolate=True (--extrapolate) to go on, labelled")
    warnings.warn(f"{message}: extrapolated", ExtrapolationWarning, stacklevel=4)
