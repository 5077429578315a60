"""Fit functions of statistics, as a `device.toml` writes them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from circuitsim.errors import InputError

SMALLEST = 1e-7  # relative conductance below which ln x is taken at this value, as the sources of the fits do

_KEYS = {
    "polynomial": ("coefficients",),
    "log": ("a", "b", "low", "high"),
    "power": ("c", "p", "floor", "cap"),
    "saturating": ("a", "b"),
    "split": ("at", "below", "above"),
}


def evaluate(curve: Mapping[str, Any], x: np.ndarray) -> np.ndarray:
    """Evaluate a fit function.

    Args:
        curve: Table with `form` and its keys: polynomial Σ coefficients[i] x^i; log clip(a ln x + b, low, high);
            power min(c / max(x^p, floor), cap); saturating a (1 − exp(−x/b)); split: `below` under `at`, else `above`.
        x: Conductance over the reference of the statistics (any shape).

    Returns:
        Values in the shape of x.
    """
    form = curve["form"]
    if form == "polynomial":
        return np.polynomial.polynomial.polyval(x, curve["coefficients"])
    if form == "log":
        return np.clip(curve["a"] * np.log(np.maximum(x, SMALLEST)) + curve["b"], curve["low"], curve["high"])
    if form == "power":
        return np.minimum(curve["c"] / np.maximum(x ** curve["p"], curve["floor"]), curve["cap"])
    if form == "saturating":
        return curve["a"] * (1 - np.exp(-x / curve["b"]))
    return np.where(x < curve["at"], evaluate(curve["below"], x), evaluate(curve["above"], x))


def check_curve(curve: Any, where: str) -> None:
    """Refuse a table that `evaluate` cannot use.

    Raises:
        InputError: The form is unknown or a key of it is missing; names the key.
    """
    if not isinstance(curve, Mapping) or curve.get("form") not in _KEYS:
        got = curve.get("form") if isinstance(curve, Mapping) else curve
        raise InputError(f"{where}.form = {got!r}, expected one of {', '.join(_KEYS)}")
    for key in _KEYS[curve["form"]]:
        if key not in curve:
            raise InputError(f"{where}.{key} is missing: a curve of form {curve['form']} needs {_KEYS[curve['form']]}")
        if key in ("below", "above"):
            check_curve(curve[key], f"{where}.{key}")
