"""Families of labelled curves."""

from dataclasses import dataclass

import numpy as np

from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True)
class LabelledCurve:
    """One curve.

    Attributes:
        label: What distinguishes the curve in its family, such as a state or a bias.
        x: (points,) abscissa in `CurveFamily.x_unit`.
        y: (points,) ordinate in `CurveFamily.y_unit`.
    """

    label: str
    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class CurveFamily:
    """Curves with the same quantities on both axes.

    Attributes:
        title: What the curves show.
        x_name, x_unit: Quantity of the abscissa and its SI unit.
        y_name, y_unit: Quantity of the ordinate and its unit: an SI unit, or the unit of a device state ("nm", "1").
        curves: One or more.
    """

    title: str
    x_name: str
    x_unit: str
    y_name: str
    y_unit: str
    curves: tuple[LabelledCurve, ...]
