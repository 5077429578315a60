"""Columns of a tile's arrays, filled up to whole lanes."""

from collections.abc import Callable

import numpy as np

from circuitsim.nodal.lanes import WIDTH

Put = Callable[[np.ndarray], object]
"""Turns an array into one of a tile's namespace, dtype and device."""


def filled(values: np.ndarray, *, with_last: bool = False) -> np.ndarray:
    """Fill the columns of values (…, cols) up to whole lanes, with zeros or with the last one."""
    spare = [(0, 0)] * (values.ndim - 1) + [(0, -values.shape[-1] % WIDTH)]
    return np.pad(values, spare, mode="edge") if with_last else np.pad(values, spare)
