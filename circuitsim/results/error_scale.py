"""What the errors of a model's outputs are fractions of: the one place that decides."""

from typing import Any, Literal

import numpy as np

from circuitsim.spec import ArraySpec

RelativeTo = Literal["full scale", "the current itself"]


def errors_relative_to(spec: ArraySpec) -> RelativeTo:
    """Return what errors of an array's outputs are fractions of.

    Column currents add up, and the largest one is the range of whatever takes them. The cells of a string share one
    current, the largest with every cell bypassed, 100 to 1000 times a usual one: an error of full scale would flatter.
    """
    return "the current itself" if spec.array.input_line == "string" else "full scale"


def error_scale(exact: Any, full_scale: float, relative_to: RelativeTo) -> Any:
    """Return what errors of outputs are divided by: |exact| [A], in its shape, or full scale [A]."""
    return np.abs(exact) if relative_to == "the current itself" else full_scale
