"""Functions that compute with NumPy alone, on the CPU."""

import numpy as np

from circuitsim.errors import InputError


def check_on_host(name: str, values: object) -> None:
    """Refuse an array of another library: it would come back as one of NumPy, and no one would be told."""
    if not isinstance(values, np.ndarray):
        raise InputError(
            f"{name} is of type {type(values).__name__}: expected a NumPy array, this computes on the CPU alone"
        )
