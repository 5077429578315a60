"""A certificate of a small array, for tests that use only some of its numbers."""

from typing import Any

import numpy as np

from circuitsim.calibration import error_statistics
from circuitsim.results import Certificate, LoadTable, Provenance, ReadCase, Witness, WorstFound


def small_certificate(**values: Any) -> Certificate:
    """A certificate with the given fields; everything else is of an array of 2 × 2."""
    error = error_statistics(np.array([1e-4, -1e-4]))
    stated: dict[str, Any] = {
        "rows": 2,
        "cols": 2,
        "grade": 1,
        "products": 1,
        "form": "one matrix product",
        "truth": "ngspice",
        "full_scale": 1e-4,
        "full_scale_case": ReadCase.of(np.full((2, 2), 1e-4), np.full(2, 0.2), 0, "all max"),
        "typical": error,
        "by_column": (error, error),
        "by_input": {"uniform": error},
        "by_matrix": {"uniform": error},
        "g_range": (1e-6, 1e-4),
        "v_range": (0.0, 0.2),
        "temperature_c": 27.0,
        "surface_bound": 1e-9,
        "matrices": 1,
        "vectors": 1,
        "model_digest": "cd" * 32,
        "decks": ("01" * 32,),
        "provenance": Provenance("ngspice", "ef" * 32, "ab" * 32, "39", {"reltol": "1e-10"}),
    }
    return Certificate(**(stated | values))


TABLE = LoadTable((0.1, 0.5, 1.0), (1e-4, 4e-4, 2e-3), 3e-3)


def worst_found(error: float = 2e-3, full_scale: float = 1e-4, shape: tuple[int, int] = (2, 2)) -> WorstFound:
    """The worst case of a small certificate: one hot column, with an error that is invented."""
    g = np.full(shape, 1e-6)
    g[:, 0] = 1e-4
    case = ReadCase.of(g, np.full(shape[0], 0.2), 0, "hot column, first")
    return WorstFound(error, Witness(case, full_scale, full_scale * (1 - error)), programs=40, vectors=1100)
