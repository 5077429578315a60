"""Calibrate a behavioral model of an array and certify its error."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from circuitsim import characterization, spice
from circuitsim.behavioral import GRADES, SIMULATES
from circuitsim.calibration.array_energy import array_energy
from circuitsim.calibration.budget import error_budget
from circuitsim.calibration.certify import certify, errors_against, predictions
from circuitsim.calibration.drawn import device_statistics, drawn_reach
from circuitsim.calibration.error_statistics import full_scale_of
from circuitsim.calibration.experiments import random_experiments
from circuitsim.calibration.extrapolate import extrapolate, spot_check
from circuitsim.calibration.hold_out import check_hold_out
from circuitsim.calibration.solve_experiments import solve_in_ngspice, solve_in_nodal
from circuitsim.errors import InputError
from circuitsim.results import Calibration, CellSurface, Certificate, Experiment, TileModel
from circuitsim.spec import ArraySpec, check_able, checked
from circuitsim.spice import Progress

# Validation chooses the grade, the hold-out certifies it: they use other kinds of matrices and inputs, sampled apart.
VALIDATION_MATRICES = ("log_uniform", "uniform")
VALIDATION_VECTORS = {"uniform": 10, "sparse": 6, "all_on": 1}
HOLD_OUT_MATRICES = ("log_uniform", "few_high", "binary")
HOLD_OUT_VECTORS = {"uniform": 8, "sparse": 4, "binary": 4, "faint": 2, "all_on": 1, "far": 1}
TRUTHS = ("ngspice", "nodal")

_log = logging.getLogger(__name__)


@checked
def calibrate(
    spec: ArraySpec,
    *,
    rng: np.random.Generator,
    max_rms: float = 2e-4,
    extra: Sequence[Experiment] = (),
    truth: str = "ngspice",
    folder: str | Path | None = None,
    n_jobs: int = 2,
    simulator: spice.Simulator | None = None,
    progress: Progress | None = None,
    thorough: bool | None = None,
) -> Calibration:
    """Calibrate a behavioral model, certify it on a hold-out, and return both with the hold-out's solutions.

    Args:
        spec: The array.
        rng: Generates the matrices and inputs of validation and hold-out.
        max_rms: Required rms error, as a fraction of full scale. The cheapest grade within half of it is chosen.
        extra: Further experiments for the hold-out, for example tiles and activations of a network.
        truth: "ngspice", or "nodal" for arrays too large for ngspice (the certificate says so).
        folder: Where to keep the decks, logs and raw files of the hold-out; None keeps none.
        n_jobs: Number of decks solved in parallel.
        simulator: The ngspice to use; None: the one that `spice.find_ngspice` finds.
        progress: Called with (finished, total) after each hold-out deck.
        thorough: Also check an array of twice the size against the array solver and compute the error budget of the
            product. None does so if the truth is ngspice, which takes much longer than these checks.

    Raises:
        SpecError: The behavioral model does not describe this array.
        SimulatorError: ngspice failed.
        InputError: `truth` is unknown or does not take `folder`, `max_rms` is not above 0, or the hold-out is too small
            or overlaps with the validation set.
        OutsideRangeError: The temperature is outside a card's range.

    Valid for: quasi-static reads, inputs from v_ref to v_ref + v_read.
    """
    _check_arguments(spec, truth, folder, max_rms)
    simulator = simulator or spice.find_ngspice()
    surface = characterization.cell(spec, g_range=drawn_reach(spec), simulator=simulator)
    _log.info("cell characterized: its surface is within %.1e of full scale", surface.bound)
    fitting = random_experiments(spec, rng, matrices=VALIDATION_MATRICES, vectors=VALIDATION_VECTORS)
    model, validation = choose_grade(spec, surface, fitting, max_rms=max_rms)
    hold_out = (*random_experiments(spec, rng, matrices=HOLD_OUT_MATRICES, vectors=HOLD_OUT_VECTORS), *extra)
    check_hold_out(hold_out, fitting)
    vectors = sum(len(experiment.v_in) for experiment in hold_out)
    _log.info("hold-out: %d matrices, %d input vectors, solved at level %s", len(hold_out), vectors, truth)
    exact = None
    if truth == "ngspice":
        truths = solve_in_ngspice(spec, hold_out, folder=folder, n_jobs=n_jobs, simulator=simulator, progress=progress)
        exact = solve_in_nodal(spec, surface, hold_out)
    else:
        truths = solve_in_nodal(spec, surface, hold_out)
    predicted = predictions(model, hold_out)
    certificate = certify(
        model,
        hold_out,
        truths,
        predicted=predicted,
        provenance=truths[0].provenance,
        fitting=fitting,
        exact=exact,
        max_rms=max_rms,
        validation=validation,
    )
    _log.info("certificate: rms error %.2e of full scale, largest %.2e", certificate.error.rms, certificate.error.max)
    # Spawned generators: what the caller draws from `rng` next does not depend on `thorough`.
    for_larger, for_budget, for_spot = rng.spawn(3)
    if exact is not None:
        certificate = replace(certificate, energy=array_energy(spec, hold_out, truths, exact))
    else:
        certificate = replace(certificate, spot=spot_check(spec, surface, rng=for_spot, simulator=simulator))
    if truth == "ngspice" if thorough is None else thorough:
        certificate = _with_larger_and_budget(certificate, model, hold_out, for_larger, for_budget)
    return Calibration(model, certificate, hold_out, tuple(truths), tuple(predicted))


def _check_arguments(spec: ArraySpec, truth: str, folder: str | Path | None, max_rms: float) -> None:
    """Reject what `calibrate` cannot use or would ignore."""
    if truth not in TRUTHS:
        raise InputError(f"truth = {truth!r}: expected one of {', '.join(TRUTHS)}")
    if folder is not None and truth != "ngspice":
        raise InputError(
            f"folder is given, but truth = {truth!r} runs no decks of a hold-out: expected truth = ngspice"
        )
    if not max_rms > 0:
        raise InputError(f"max_rms = {max_rms:g}: expected a fraction of full scale > 0")
    check_able(spec, SIMULATES, "the behavioral model")


def choose_grade(
    spec: ArraySpec, surface: CellSurface, experiments: Sequence[Experiment], *, max_rms: float
) -> tuple[TileModel, dict[str, float]]:
    """Choose the cheapest grade whose error against the array solver is at most half of `max_rms`, else the best one.

    Returns:
        The model, and the rms error of every grade that was evaluated, relative to full scale.
    """
    v_range = spec.drive_range
    truths = solve_in_nodal(spec, surface, experiments)
    full_scale = full_scale_of(truths)
    rms_by_grade: dict[str, float] = {}
    for grade in sorted(GRADES, key=lambda number: GRADES[number].products):
        model = TileModel(spec, surface, grade, v_range)
        rms = errors_against(model, experiments, truths, full_scale).rms
        _log.info("grade %d: rms error %.2e of full scale, expected at most %.2e", grade, rms, max_rms / 2)
        rms_by_grade[f"grade {grade}"] = rms
        if rms <= max_rms / 2:
            return model, rms_by_grade
    best = min(GRADES, key=lambda number: rms_by_grade[f"grade {number}"])
    return TileModel(spec, surface, best, v_range), rms_by_grade


def _with_larger_and_budget(
    certificate: Certificate,
    model: TileModel,
    hold_out: Sequence[Experiment],
    for_larger: np.random.Generator,
    for_budget: np.random.Generator,
) -> Certificate:
    """Add the error on a larger array and the error budget of the product on the hold-out."""
    larger = extrapolate(model, rng=for_larger)
    statistics, left_out = device_statistics(model.spec)
    budget = error_budget(model.spec, model.surface, hold_out, rng=for_budget, statistics=statistics, left_out=left_out)
    return replace(certificate, extrapolation=() if larger is None else (larger,), budget=budget)
