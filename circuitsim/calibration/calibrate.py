"""Calibrate a behavioral model of an array and certify its error."""

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np

from circuitsim import characterization, spice
from circuitsim.behavioral import SIMULATES, AnyTile, grades_for, program, tile_outputs
from circuitsim.calibration.array_energy import array_energy
from circuitsim.calibration.box import full_scale_of_box, full_scale_of_model
from circuitsim.calibration.certify import certify, errors_against
from circuitsim.calibration.drawn import calibrated_levels, drawn_reach, model_cells
from circuitsim.calibration.experiments import (
    hold_out_experiments,
    input_side,
    random_experiments,
    validation_vectors,
)
from circuitsim.calibration.extrapolate import spot_check
from circuitsim.calibration.hold_out import check_hold_out
from circuitsim.calibration.product_cost import product_cost
from circuitsim.calibration.row_errors import row_errors
from circuitsim.calibration.search import structured_worst
from circuitsim.calibration.solve_experiments import finished_decks, solve_in_nodal, truth_reads
from circuitsim.calibration.thorough import QUICK, ThoroughParts, in_full
from circuitsim.calibration.worst import Effort, is_own_product, seek_worst
from circuitsim.chain import driven_inputs, sensed_inputs
from circuitsim.devices import tell_read_voltage
from circuitsim.errors import InputError
from circuitsim.netlist import check_row_side, static_sense
from circuitsim.periphery import Periphery
from circuitsim.results import (
    AnyCell,
    Calibration,
    CellSurface,
    Certificate,
    Experiment,
    Extrapolation,
    GradeErrors,
    SenseTable,
    Solution,
    TileModel,
)
from circuitsim.results.error_scale import errors_relative_to
from circuitsim.spec import ArraySpec, check_able, check_around_charges, checked, input_unit
from circuitsim.spice import Progress
from circuitsim.truth import running_reads

# Validation chooses the grade, the hold-out certifies it: they use other kinds of matrices and inputs, sampled apart.
VALIDATION_MATRICES = ("log_uniform", "uniform")
# The hold-out may be twice as bad as the validation; the whole search may find 1.5 times what structured cases show.
RMS_MARGIN, WORST_MARGIN = 1 / 2, 2 / 3
TRUTHS = ("ngspice", "nodal")

_log = logging.getLogger(__name__)


@checked
def calibrate(
    spec: ArraySpec,
    *,
    rng: np.random.Generator,
    max_rms: float = 2e-4,
    max_worst: float | None = None,
    search: Effort = "full",
    extra: Sequence[Experiment] = (),
    truth: str = "ngspice",
    folder: str | Path | None = None,
    n_jobs: int = 2,
    simulator: spice.Simulator | None = None,
    progress: Progress | None = None,
    thorough: bool | None = None,
) -> Calibration:
    """Calibrate a behavioral model, certify it on a hold-out, and return both with the hold-out's solutions.

    The certificate states the typical error on the hold-out, and the largest error that a search over all matrices and
    inputs found.

    Args:
        spec: The array.
        rng: Generates the matrices and inputs of validation and hold-out, and the random starts of the search.
        max_rms: Required rms error, as a fraction of full scale, of strings of each current itself. The cheapest grade
            within half of it is chosen.
        max_worst: Required largest error found, as the same fraction; None: any. The grade must keep two thirds
            of it on structured matrices and inputs, because the whole search may find more than these.
        search: "full": the worst case and its dependence on the column load, at 64 × 64 some 15 to 30 s;
            "structured": the worst of structured matrices and inputs alone, 2 s; "none": the certificate says that no
            worst case was sought.
        extra: Further experiments for the hold-out, for example tiles and activations of a network.
        truth: "ngspice", or "nodal" for arrays too large for ngspice (the certificate says so).
        folder: Where to keep the decks, logs and raw files of the hold-out; None keeps none.
        n_jobs: Number of decks of the hold-out solved in parallel; the worst case is sought at the same time.
        simulator: The ngspice to use; None: the one that `spice.find_ngspice` finds.
        progress: Called with (finished, total) after each hold-out deck.
        thorough: Also check an array of twice the size against the array solver and compute the error budget of the
            product. None does so if the truth is ngspice, which takes much longer than these checks.

    Raises:
        SpecError: The behavioral model does not describe this array.
        SimulatorError: ngspice failed.
        InputError: `truth` is unknown or does not take `folder`, `max_rms` or `max_worst` is not above 0, `max_worst`
            is given but no search, or the hold-out is too small or overlaps with the validation set.
        OutsideRangeError: The temperature is outside a card's range, or the currents of the array are more than its
            sense amplifiers carry.

    Warns:
        DeclaredRangeWarning: The read voltage is above that at which the card of the device holds.

    Valid for: quasi-static reads, inputs from v_ref to v_ref + v_read, or to v_ref − v_read where the sense amplifiers
    are circuits that take only such currents; inputs of 0 and 1 where they switch gates, or any of
    `driver.gate_levels`.
    """
    _check_arguments(spec, truth, folder, max_rms, max_worst, search)
    simulator = simulator or spice.find_ngspice()
    tables = characterization.characterize(spec, simulator=simulator)
    surface, off, between = _cells(spec, tables, simulator)
    side, vectors = input_side(spec, tables.sense), validation_vectors(spec)
    fitting = random_experiments(spec, rng, matrices=VALIDATION_MATRICES, vectors=vectors, side=side)
    known = {"sense": tables.sense, "off": off, "between": between, "v_range": driven_inputs(spec, tables)}
    model, validation = choose_grade(spec, surface, fitting, max_rms=max_rms, max_worst=max_worst, **known)
    # Spawned generators: what the caller draws from `rng` next depends neither on `thorough` nor on `search`.
    for_larger, for_budget, for_spot, added, for_search = rng.spawn(5)
    hold_out = (*hold_out_experiments(spec, rng, added=added, side=side), *extra)
    check_hold_out(hold_out, fitting)
    _log_hold_out(hold_out, truth)
    in_ngspice, in_detail = truth == "ngspice", truth == "ngspice" if thorough is None else thorough
    how = {"folder": folder, "n_jobs": n_jobs, "simulator": simulator, "progress": progress}
    # Decks run while all the rest is done here: both together take hardly longer than the decks alone.
    with running_reads(truth_reads(spec, hold_out), **how) if in_ngspice else nullcontext() as solved:
        exact, tiles = _exactly(model, hold_out), [program(model, experiment.g) for experiment in hold_out]
        predicted = [np.asarray(tile_outputs(t, e.v_in)) for t, e in zip(tiles, hold_out, strict=True)]
        met = full_scale_of_model(model)[0], hold_out, predicted, exact
        solver = simulator if in_ngspice else None
        worst, by_load = seek_worst(model, *met, effort=search, rng=for_search, simulator=solver)
        more = in_full(model, tables, hold_out, for_larger, for_budget) if in_detail else QUICK
        truths = exact if solved is None else finished_decks(spec, solved)
    certificate = certify(
        model,
        hold_out,
        truths,
        predicted=predicted,
        provenance=truths[0].provenance,
        fitting=fitting,
        exact=exact if in_ngspice else None,
        worst=worst,
        by_load=by_load,
        max_rms=max_rms,
        max_worst=max_worst,
        validation=validation,
        adc=tables.adc,
    )
    _log.info("certificate: typical rms error %.2e of %s", certificate.typical.rms, certificate.relative_to)
    certificate = _completed(certificate, more, model, tables, hold_out, tiles, truths, exact)
    if not in_ngspice:
        certificate = replace(certificate, spot=_spot(model, for_spot, simulator))
    model = replace(model, missed=certificate.missed)
    return Calibration(model, certificate, hold_out, tuple(truths), tuple(predicted))


def _check_arguments(
    spec: ArraySpec, truth: str, folder: str | Path | None, max_rms: float, max_worst: float | None, search: Effort
) -> None:
    """Reject what `calibrate` cannot use or would ignore."""
    tell_read_voltage(spec)
    if truth not in TRUTHS:
        raise InputError(f"truth = {truth!r}: expected one of {', '.join(TRUTHS)}")
    if folder is not None and truth != "ngspice":
        raise InputError(
            f"folder is given, but truth = {truth!r} runs no decks of a hold-out: expected truth = ngspice"
        )
    for name, value in (("max_rms", max_rms), ("max_worst", max_worst)):
        if value is not None and not value > 0:
            raise InputError(f"{name} = {value:g}: expected a fraction of full scale > 0")
    if max_worst is not None and search == "none":
        raise InputError(f"max_worst = {max_worst:g} with search = 'none': expected 'full' or 'structured'")
    check_able(spec, SIMULATES, "the behavioral model")
    check_around_charges(spec)
    sense = static_sense(spec)  # refuses a circuit that works in phases
    check_row_side(spec, below=sense is not None and sense.polarity == "out_of")


def _log_hold_out(hold_out: Sequence[Experiment], truth: str) -> None:
    vectors = sum(len(experiment.v_in) for experiment in hold_out)
    _log.info("hold-out: %d matrices, %d input vectors, solved at level %s", len(hold_out), vectors, truth)


def _cells(
    spec: ArraySpec, tables: Periphery, simulator: spice.Simulator
) -> tuple[AnyCell, CellSurface | None, tuple[CellSurface, ...]]:
    """Characterize the cell for all voltages that drivers and sense amplifiers give it, at all levels of its gate."""
    below = input_unit(spec) == "V" and sensed_inputs(spec, tables.sense)[0] < spec.sense.v_ref
    check_row_side(spec, below=below)
    v_range, reach = driven_inputs(spec, tables), drawn_reach(spec)
    surface, off = model_cells(spec, tables.sense, g_range=reach, v_range=v_range, simulator=simulator)
    _log.info("cell characterized: its surface is within %.1e of full scale", surface.bound)
    return surface, off, calibrated_levels(spec, g_range=reach, simulator=simulator)


def _exactly(model: TileModel, experiments: Sequence[Experiment]) -> list[Solution]:
    """Solve experiments with the array solver and the model's cells."""
    cells = {"off": model.off, "between": model.between}
    return solve_in_nodal(model.spec, model.surface, experiments, **cells, sense=model.sense)


def _spot(model: TileModel, rng: np.random.Generator, simulator: spice.Simulator) -> Extrapolation | None:
    """Compare the array solver with ngspice on a corner of the model's array."""
    cells = {"off": model.off, "between": model.between}
    return spot_check(model.spec, model.surface, **cells, sense=model.sense, rng=rng, simulator=simulator)


def choose_grade(
    spec: ArraySpec,
    surface: AnyCell,
    experiments: Sequence[Experiment],
    *,
    max_rms: float,
    max_worst: float | None = None,
    sense: SenseTable | None = None,
    off: CellSurface | None = None,
    between: tuple[CellSurface, ...] = (),
    v_range: tuple[float, float] | None = None,
) -> tuple[TileModel, dict[str, GradeErrors]]:
    """Choose the cheapest grade that keeps the required errors with margin, else the one that comes nearest to it.

    A grade is held against the array solver: its rms error on the experiments must be at most half of `max_rms`, its
    largest error on structured matrices and inputs at most two thirds of `max_worst`.

    Returns:
        The model, and the errors of every grade that was evaluated, relative to full scale.
    """
    v_range = v_range or sensed_inputs(spec, sense)
    cells = {"sense": sense, "off": off, "between": between}
    full_scale, _ = full_scale_of_box(spec, surface, **cells)  # refuses amplifiers that do not carry it
    truths = solve_in_nodal(spec, surface, experiments, **cells)
    grades, of = grades_for(spec.array.input_line, spec.array.cell), errors_relative_to(spec)
    tried: dict[str, GradeErrors] = {}
    for grade in sorted(grades, key=lambda number: grades[number].products):
        model = TileModel(spec, surface, grade, v_range, **cells)
        rms = errors_against(model, experiments, truths, full_scale).rms
        worst = None if max_worst is None else _largest_structured(model, full_scale)
        tried[f"grade {grade}"] = errors = GradeErrors(rms, worst)
        _log.info("grade %d: rms error %.2e of %s, expected at most %.2e", grade, rms, of, RMS_MARGIN * max_rms)
        if max_worst is not None:
            largest = WORST_MARGIN * max_worst
            _log.info("grade %d: largest error found %.2e of %s, expected at most %.2e", grade, worst, of, largest)
        if _excess(errors, max_rms, max_worst) <= 1:
            return model, tried
    best = min(grades, key=lambda number: _excess(tried[f"grade {number}"], max_rms, max_worst))
    return TileModel(spec, surface, best, v_range, **cells), tried


def _largest_structured(model: TileModel, full_scale: float) -> float:
    return 0.0 if is_own_product(model) else structured_worst(model, full_scale).error


def _excess(errors: GradeErrors, max_rms: float, max_worst: float | None) -> float:
    """Return the larger of both errors over what is required of a grade; at most 1 if it keeps both."""
    rms = errors.rms / (RMS_MARGIN * max_rms)
    if max_worst is None or errors.worst is None:
        return rms
    return max(rms, errors.worst / (WORST_MARGIN * max_worst))


_NO_ENERGY = "the energy of a read: ngspice states it, and solved no hold-out; calibrate with truth = 'ngspice'"
_NO_SEARCH = (
    "the worst error against the array solver: tiles of this grade hold its own product, and only rounding lies "
    "between both; their errors are those of the array solver against ngspice"
)
_NO_LOADS = "the worst error by column load: calibrate with search = 'full'"


def _completed(
    certificate: Certificate,
    more: ThoroughParts,
    model: TileModel,
    tables: Periphery,
    hold_out: Sequence[Experiment],
    tiles: Sequence[AnyTile],
    truths: Sequence[Solution],
    exact: Sequence[Solution],
) -> Certificate:
    """Add what a thorough certificate has, and what truths decide: row currents, cost and, from ngspice, energy."""
    spec, left_out = model.spec, (*certificate.left_out, *more.left_out)
    if truths is exact:
        left_out = (*left_out, _NO_ENERGY)
    if certificate.worst is not None and is_own_product(model):
        left_out = (*left_out, _NO_SEARCH)
    elif certificate.worst is not None and certificate.by_load is None:
        left_out = (*left_out, _NO_LOADS)
    return replace(
        certificate,
        budget=more.budget,
        extrapolation=more.extrapolation,
        left_out=left_out,
        row_currents=row_errors(model, hold_out, truths, certificate.worst, tiles=tiles),
        cost=product_cost(spec, tables, hold_out, truths),
        energy=None if truths is exact else array_energy(spec, hold_out, truths, exact),
    )
