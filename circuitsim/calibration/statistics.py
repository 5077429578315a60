"""Errors of a model against a truth, summed up."""

from collections.abc import Iterable

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results import ErrorStatistics, Solution


def error_statistics(error: np.ndarray) -> ErrorStatistics:
    """Sum up errors that are already relative to full scale.

    Args:
        error: Any shape; model minus truth, as a fraction of full scale.

    Raises:
        InputError: There is no error to sum up, or one is not finite.
    """
    error = np.asarray(error, dtype=float).ravel()
    if error.size == 0 or not np.isfinite(error).all():
        bad = int((~np.isfinite(error)).sum())
        raise InputError(
            f"error has {error.size} values, {bad} of them NaN or infinite: expected one or more, all finite"
        )
    magnitude = np.abs(error)
    p50, p95, p99 = np.percentile(magnitude, (50, 95, 99))
    return ErrorStatistics(
        rms=float(np.sqrt(np.mean(error**2))),
        max=float(magnitude.max()),
        mean_abs=float(magnitude.mean()),
        bias=float(error.mean()),
        p50=float(p50),
        p95=float(p95),
        p99=float(p99),
        samples=error.size,
    )


def full_scale_of(truths: Iterable[Solution]) -> float:
    """Full scale of an error: the largest |output| of the truth it is held against [A]."""
    return max(float(np.abs(truth.out).max()) for truth in truths)
