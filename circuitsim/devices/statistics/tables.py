"""Read the `[statistics]` of a card, and keep every use inside the range its source holds for."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim.devices.card import Card
from circuitsim.devices.statistics.curves import check_curve
from circuitsim.errors import CircuitsimWarning, InputError, OutsideRangeError

FORMS = {
    "drift": ("power law", "log time", "table"),
    "retention": ("sigma at times",),
    "read_noise": ("1/f", "relative", "curve", "log conductance"),
}
PARTS = ("programming", "drift", "retention", "read_noise", "temperature", "stuck", "endurance")


class ExtrapolationWarning(CircuitsimWarning):
    """A statistic is used outside the time or conductance its source measured."""


@dataclass(frozen=True)
class Statistics:
    """The statistics of one card.

    Attributes:
        name: Name of the card.
        source: Where the numbers come from.
        fit: Quality of the fit.
        g_ref: Conductance that is x = 1 in the fit functions [S].
        unit: Conductance that is 1 in the result of the fit functions [S].
        g_min, g_max: Conductances the programming statistics hold for [S].
        parts: Tables by name: programming, drift, retention, read_noise, temperature, stuck, endurance; those known.
    """

    name: str
    source: str
    fit: str
    g_ref: float
    unit: float
    g_min: float
    g_max: float
    parts: Mapping[str, Mapping[str, Any]]

    def part(self, name: str) -> Mapping[str, Any]:
        """One table.

        Raises:
            InputError: The source of the card says nothing about it.
        """
        if name not in self.parts:
            there = ", ".join(self.parts)
            raise InputError(f"{self.name}: no statistics of {name.replace('_', ' ')}; its source has {there}")
        return self.parts[name]


def read_statistics(card: Card) -> Statistics:
    """Check and return the statistics of a card.

    Raises:
        InputError: The card has none, or a key of them is missing or unusable; names file and key.
    """
    table = card.statistics
    file = card.folder / "device.toml"
    if not table:
        raise InputError(f"{card.name}: {file} has no [statistics]")
    for key in ("g_ref", "unit", "source", "fit"):
        if key not in table:
            raise InputError(f"{file}: statistics.{key} is missing")
    parts = {name: table[name] for name in PARTS if name in table}
    for name, part in parts.items():
        where = f"{file}: statistics.{name}"
        if name in FORMS and part.get("form") not in FORMS[name]:
            raise InputError(f"{where}.form = {part.get('form')!r}, expected one of {', '.join(FORMS[name])}")
        for key in ("sigma", "q", "nu_mean", "nu_sigma"):
            if isinstance(part.get(key), Mapping):
                check_curve(part[key], f"{where}.{key}")
    state = card.state
    programming = parts.get("programming", {})
    g_min = programming.get("g_min", state.g_min if state else 0.0)
    g_max = programming.get("g_max", state.g_max if state else np.inf)
    return Statistics(
        card.name, table["source"], table["fit"], table["g_ref"], table["unit"], float(g_min), float(g_max), parts
    )


def relative(stats: Statistics, g: np.ndarray, *, extrapolate: bool, g_max: float | None = None) -> np.ndarray:
    """Conductance over `g_ref`, after the range has been checked.

    Raises:
        OutsideRangeError: A conductance lies outside the range of the source and `extrapolate` is False.
    """
    g = np.asarray(g, dtype=float)
    high = stats.g_max if g_max is None else g_max
    slack = 1e-9 * high
    outside = (g < stats.g_min - slack) | (g > high + slack) | ~np.isfinite(g)
    if outside.any():
        _outside(
            f"{stats.name}: g = {g[outside].flat[0]:g} S, its source holds from {stats.g_min:g} to {high:g} S",
            extrapolate,
        )
    return g / stats.g_ref


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
        raise OutsideRangeError(f"{message}; pass extrapolate=True to go on, labelled")
    warnings.warn(f"{message}: extrapolated", ExtrapolationWarning, stacklevel=4)
