"""The full scale of an array: the largest current that its declared use allows."""

import numpy as np

from circuitsim import nodal
from circuitsim.results import CellSurface, ReadCase
from circuitsim.spec import ArraySpec, checked


@checked
def full_scale_of_box(spec: ArraySpec, surface: CellSurface | None) -> tuple[float, ReadCase]:
    """Return the largest |current| of a column over all conductances and inputs, and the case that gives it."""
    low, high = spec.device.g_min, spec.device.g_max
    rows, cols = spec.shape
    best, case = 0.0, None
    for column, name in ((0, "first"), (cols // 2, "middle"), (cols - 1, "last")):
        g = np.full((rows, cols), low)
        g[:, column] = high
        for end in spec.drive_range:
            v_in = np.full(rows, end)
            out = np.abs(nodal.read(nodal.prepare(spec, g, surface), v_in[None]).out[0])
            if out.max() > best:
                best, case = float(out.max()), ReadCase.of(g, v_in, int(out.argmax()), f"hot column, {name}")
    assert case is not None
    return best, case
