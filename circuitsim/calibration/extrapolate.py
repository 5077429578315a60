"""What the certified form does in an array of another size: checked against the array solver, and labelled so."""

import numpy as np

from circuitsim.calibration.certify import predictions
from circuitsim.calibration.experiments import random_experiments
from circuitsim.calibration.statistics import error_statistics
from circuitsim.calibration.truth import solve_in_nodal
from circuitsim.errors import SpecError
from circuitsim.results import Extrapolation, TileModel

LARGEST = 256 * 256  # cells; programming a larger tile for a check takes longer than the calibration
MATRICES = ("log_uniform", "few_high")
VECTORS = {"uniform": 4, "sparse": 2, "binary": 2, "all_on": 1}


def extrapolate(model: TileModel, *, rng: np.random.Generator, factor: int = 2) -> Extrapolation | None:
    """Hold the same cell, wires and grade against the array solver in an array `factor` times as long and wide.

    Args:
        model: The calibrated model.
        rng: Draws matrices and inputs.
        factor: Ratio of rows and of columns.

    Returns:
        The error there; None where the wires are given one by one, or the array would be larger than 256 × 256.
    """
    rows, cols = (factor * n for n in model.spec.shape)
    if rows * cols > LARGEST:
        return None
    try:
        spec = model.spec.replace(array={"rows": rows, "cols": cols})
    except SpecError:
        return None
    larger = TileModel(spec, model.surface, model.grade, model.v_range)
    experiments = random_experiments(spec, rng, matrices=MATRICES, vectors=VECTORS)
    truths = solve_in_nodal(spec, model.surface, experiments)
    full_scale = max(float(np.abs(truth.out).max()) for truth in truths)
    pairs = zip(predictions(larger, experiments), truths, strict=True)
    error = error_statistics(np.concatenate([(p - t.out) / full_scale for p, t in pairs]))
    return Extrapolation(rows, cols, "nodal", full_scale, error)
