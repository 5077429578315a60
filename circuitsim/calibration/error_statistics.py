"""Summarize the errors of a model."""

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results import ErrorStatistics
from circuitsim.spec import checked, real_numbers


@checked
def error_statistics(error: np.ndarray) -> ErrorStatistics:
    """Summarize errors that are relative to full scale.

    Args:
        error: Model minus truth [1], as a fraction of full scale, in any shape.

    Raises:
        InputError: There are no errors, or one is not finite.
    """
    error = real_numbers("error", error).ravel()
    if error.size == 0 or not np.isfinite(error).all():
        bad = int((~np.isfinite(error)).sum())
        raise InputError(
            f"error has {error.size} values, {bad} of them NaN or infinite: expected one or more, all finite"
        )
    magnitude = np.abs(error)
    p50, p95, p99, p999 = np.percentile(magnitude, (50, 95, 99, 99.9))
    return ErrorStatistics(
        rms=float(np.sqrt(np.mean(error**2))),
        max=float(magnitude.max()),
        mean_abs=float(magnitude.mean()),
        bias=float(error.mean()),
        p50=float(p50),
        p95=float(p95),
        p99=float(p99),
        p999=float(p999),
        samples=error.size,
    )
