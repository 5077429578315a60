"""Curves over one axis, each with its label."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LabelledCurve:
    """One curve.

    Attributes:
        label: What tells it from the others of its family: a state, a bias.
        x: (points,) abscissa, in the family's `x_unit`.
        y: (points,) ordinate, in the family's `y_unit`.
    """

    label: str
    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class CurveFamily:
    """Curves of the same quantities.

    Attributes:
        title: What they show.
        x_name, x_unit: Quantity of the abscissa and its SI unit.
        y_name, y_unit: Quantity of the ordinate and its unit: an SI unit, or that of a device's state ("nm", "1").
        curves: One or more.
    """

    title: str
    x_name: str
    x_unit: str
    y_name: str
    y_unit: str
    curves: tuple[LabelledCurve, ...]
