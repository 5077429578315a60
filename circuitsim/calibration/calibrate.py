"""From a specification to a behavioral model and its certificate."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from circuitsim import characterization, spice
from circuitsim.calibration.certify import certify, predictions
from circuitsim.calibration.experiments import Experiment, random_experiments
from circuitsim.calibration.statistics import error_statistics
from circuitsim.calibration.truth import Progress, solve_in_ngspice, solve_in_nodal
from circuitsim.errors import InputError
from circuitsim.results import CellSurface, Certificate, Solution, TileModel
from circuitsim.spec import ArraySpec

GRADES = (1, 2, 3)
VECTORS = {"uniform": 8, "sparse": 4, "binary": 4, "faint": 2, "all_on": 1}
# The matrices that choose the grade and those that certify it differ in kind as well as in draw.
VALIDATION_MATRICES = ("log_uniform", "uniform")
HOLD_OUT_MATRICES = ("log_uniform", "few_high", "binary")
TRUTHS = ("ngspice", "nodal")


@dataclass(frozen=True)
class Calibration:
    """A calibrated model with all the evidence behind it.

    Attributes:
        model: The behavioral model.
        certificate: Its error on the hold-out.
        hold_out: The experiments behind the certificate.
        truths: Their solutions.
        predicted: What the model says of them, (batch, cols) currents [A] each.
    """

    model: TileModel
    certificate: Certificate
    hold_out: tuple[Experiment, ...]
    truths: tuple[Solution, ...]
    predicted: tuple[np.ndarray, ...]


def calibrate(
    spec: ArraySpec,
    *,
    rng: np.random.Generator,
    max_rms: float = 2e-4,
    extra: Sequence[Experiment] = (),
    truth: str = "ngspice",
    folder: Path | None = None,
    n_jobs: int = 2,
    simulator: spice.Simulator | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Calibrate a behavioral model, certify it on a hold-out, and hand back the evidence with it.

    Args:
        spec: The array.
        rng: Draws the matrices and inputs of validation and hold-out.
        max_rms: Error asked for, as a fraction of full scale; the cheapest grade that reaches half of it is chosen.
        extra: Experiments of the user's own for the hold-out: tiles and activations of a network.
        truth: "ngspice", or "nodal" for arrays too large for ngspice (the certificate says so).
        folder: Keeps the decks, logs and raw files of the hold-out.
        n_jobs: Decks solved side by side.
        simulator: The ngspice to use.
        progress: Called with (finished, all) after each hold-out deck.

    Raises:
        SimulatorError: ngspice failed.
        InputError: `truth` is unknown, or the hold-out is too small.

    Valid for: quasi-static reads, inputs from 0 to v_read.
    """
    if truth not in TRUTHS:
        raise InputError(f"truth = {truth!r}: expected one of {', '.join(TRUTHS)}")
    simulator = simulator or spice.find_ngspice()
    surface = characterization.cell(spec, simulator=simulator)
    model = choose_grade(spec, surface, rng=rng, max_rms=max_rms)
    hold_out = (*random_experiments(spec, rng, matrices=HOLD_OUT_MATRICES, vectors=VECTORS), *extra)
    if truth == "ngspice":
        truths = solve_in_ngspice(spec, hold_out, folder=folder, n_jobs=n_jobs, simulator=simulator, progress=progress)
    else:
        truths = solve_in_nodal(spec, surface, hold_out)
    certificate = certify(model, hold_out, truths, provenance=truths[0].provenance)
    return Calibration(model, certificate, hold_out, tuple(truths), tuple(predictions(model, hold_out)))


def choose_grade(spec: ArraySpec, surface: CellSurface, *, rng: np.random.Generator, max_rms: float) -> TileModel:
    """Take the cheapest grade whose error against the array solver is at most half of `max_rms`, else the best one."""
    v_range = (0.0, spec.driver.v_read)
    experiments = random_experiments(spec, rng, matrices=VALIDATION_MATRICES, vectors=VECTORS)
    truths = solve_in_nodal(spec, surface, experiments)
    full_scale = max(float(np.abs(truth.out).max()) for truth in truths)
    best: tuple[float, TileModel] | None = None
    for grade in GRADES:
        model = TileModel(spec, surface, grade, v_range)
        pairs = zip(predictions(model, experiments), truths, strict=True)
        rms = error_statistics(np.concatenate([(p - t.out) / full_scale for p, t in pairs])).rms
        if rms <= max_rms / 2:
            return model
        if best is None or rms < best[0]:
            best = (rms, model)
    assert best is not None
    return best[1]
