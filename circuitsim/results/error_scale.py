"""What the errors of a model's outputs are fractions of: the one place that decides."""

from typing import Any, Literal

import numpy as np

from circuitsim.spec import ArraySpec

RelativeTo = Literal["full scale", "the current itself"]


AT_REST, IN_TIME = 1e-6, 1e-5
"""Differences of array solver and ngspice, of full scale, that are those of solvers: at rest, and of charges.

The array solver leaves 1e-9 of the largest current, and a surface is typically bound to 1e-9 too. Charges in ngspice
have the error of its time steps, up to 1e-6 of arrays of 8 × 8 to 16 × 16 cells, settled or not, and up to 5e-6 beside
a smaller full scale."""


def solvers_agree(unit: str) -> float:
    """Return how far outputs in this unit may differ between array solver and ngspice, as a fraction of full scale."""
    return IN_TIME if unit == "C" else AT_REST


def errors_relative_to(spec: ArraySpec) -> RelativeTo:
    """Return what errors of an array's outputs are fractions of.

    Column currents add up, and the largest one is the range of whatever takes them. The cells of a string share one
    current, the largest with every cell bypassed, 100 to 1000 times a usual one: an error of full scale would flatter.
    """
    return "the current itself" if spec.array.input_line == "string" else "full scale"


def error_scale(exact: Any, full_scale: float, relative_to: RelativeTo) -> Any:
    """Return what errors of outputs are divided by: |exact| [A], in its shape, or full scale [A]."""
    return np.abs(exact) if relative_to == "the current itself" else full_scale
