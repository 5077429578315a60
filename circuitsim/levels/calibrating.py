"""Calibrate the behavioral level for an array."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from circuitsim import calibration
from circuitsim.calibration import Effort
from circuitsim.levels.can import check_can
from circuitsim.results import Certificate, Experiment, TileModel
from circuitsim.spec import ArraySpec, checked, tell_straps, with_ideal


@checked
def calibrate(
    spec: ArraySpec,
    *,
    rng: np.random.Generator,
    max_rms: float = 2e-4,
    max_worst: float | None = None,
    search: Effort = "full",
    extra: Sequence[Experiment] = (),
    truth: Literal["ngspice", "nodal"] = "ngspice",
    folder: str | Path | None = None,
    n_jobs: int = 2,
    thorough: bool | None = None,
) -> tuple[TileModel, Certificate]:
    """Calibrate and certify the behavioral model of an array; `calibration.calibrate` also returns the hold-out.

    Args:
        spec: The array.
        rng, max_rms, max_worst, search, extra, truth, folder, n_jobs, thorough: As in `calibration.calibrate`.

    Returns:
        The model and its certificate.

    Raises:
        SpecError: The behavioral level does not simulate this array.
        SimulatorError, InputError, OutsideRangeError: As `calibration.calibrate`.
    """
    check_can(with_ideal(spec, "driver", "adc"), "behavioral")
    tell_straps(spec)
    result = calibration.calibrate(
        spec,
        rng=rng,
        max_rms=max_rms,
        max_worst=max_worst,
        search=search,
        extra=extra,
        truth=truth,
        folder=folder,
        n_jobs=n_jobs,
        thorough=thorough,
    )
    return result.model, result.certificate
