"""State the error of a model against true solutions in a certificate."""

import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np

from circuitsim.behavioral import model_form, program, tile_outputs
from circuitsim.calibration.box import full_scale_of_model
from circuitsim.calibration.code_errors import certified_adc, code_errors, codes_left_out, sense_error
from circuitsim.calibration.error_statistics import error_statistics
from circuitsim.calibration.experiments import usual_experiments
from circuitsim.calibration.hold_out import check_hold_out, check_truths
from circuitsim.chain import model_array, read_exact
from circuitsim.errors import InputError
from circuitsim.results import (
    Certificate,
    ConverterTable,
    ErrorStatistics,
    Experiment,
    GradeErrors,
    LoadTable,
    Provenance,
    ReadCase,
    Solution,
    TileModel,
    WorstFound,
)
from circuitsim.results.error_scale import error_scale, errors_relative_to
from circuitsim.spec import ArraySpec, checked, device_voltages, input_unit, output_unit, resting_input, with_ideal

# Classes of input vectors by mean |v_in − v_ref| relative to the largest input: upper limit and name.
AMPLITUDES = ((0.1, "up to 10 %"), (0.25, "10 to 25 %"), (0.5, "25 to 50 %"), (1.0, "above 50 %"))


def predictions(model: TileModel, experiments: Sequence[Experiment]) -> list[np.ndarray]:
    """Evaluate the model on every experiment: one (batch, cols) array of currents [A] each."""
    return [np.asarray(tile_outputs(program(model, experiment.g), experiment.v_in)) for experiment in experiments]


def errors_against(
    model: TileModel, experiments: Sequence[Experiment], truths: Sequence[Solution], full_scale: float
) -> ErrorStatistics:
    """Summarize the model's errors against the solutions `truths`; `full_scale` [A] as in `relative_errors`."""
    return error_statistics(
        np.concatenate(relative_errors(model.spec, predictions(model, experiments), truths, full_scale))
    )


def relative_errors(
    spec: ArraySpec, outputs: Sequence[np.ndarray], truths: Sequence[Solution], full_scale: float
) -> list[np.ndarray]:
    """Return (output − truth) of each experiment (batch, cols) as fractions, see `error_scale`."""
    of = errors_relative_to(spec)
    return [(out - t.out) / error_scale(t.out, full_scale, of) for out, t in zip(outputs, truths, strict=True)]


@checked
def certify(
    model: TileModel,
    experiments: Sequence[Experiment],
    truths: Sequence[Solution],
    *,
    provenance: Provenance,
    predicted: Sequence[np.ndarray] | None = None,
    fitting: Sequence[Experiment] = (),
    exact: Sequence[Solution] | None = None,
    worst: WorstFound | None = None,
    by_load: LoadTable | None = None,
    max_rms: float | None = None,
    max_worst: float | None = None,
    validation: dict[str, GradeErrors] | None = None,
    time_s: float | None = None,
    extrapolated: tuple[str, ...] = (),
    adc: ConverterTable | None = None,
) -> Certificate:
    """State the error of a model on experiments that it was not built from, and the worst error that was found.

    All errors are fractions of the full scale of the model's array, see `full_scale_of_box`, or of each current itself,
    see `errors_relative_to`.

    Args:
        model: The model.
        experiments: The hold-out, with the conductances that the model is programmed with.
        truths: Solutions of the hold-out, in the same order.
        provenance: Simulator and options behind the truths.
        predicted: Outputs (batch, cols) [A] of the model for each experiment; None: they are computed.
        fitting: Experiments on which the model was chosen; none of them may be in the hold-out.
        exact: Solutions of the hold-out by the array solver, to compare it with the truth.
        worst, by_load: From `find_worst` and `load_table`; None: the certificate says that no worst case was sought.
        max_rms, max_worst: Required typical rms error and required largest error found, as fractions of full scale.
        validation: Errors of each grade on `fitting`.
        time_s: Time after programming [s]: the truths are those of aged arrays, with other conductances than
            programmed. None: the truths have the conductances of the experiments.
        extrapolated: Sentences that name values used outside the range of their source.
        adc: Table of the ADC where it is a circuit; None: an ideal one, if the specification states its bits.

    Raises:
        InputError: There are fewer than two matrices or twenty vectors, the hold-out overlaps with `fitting`, or the
            truths are not those of the model's array and of these experiments.
    """
    check_hold_out(experiments, fitting)
    check_truths(with_ideal(model.spec, "driver", "adc"), experiments, truths, same_array=time_s is None)
    if len(levels := {truth.provenance.level for truth in truths}) > 1:
        raise InputError(f"truths are of levels {', '.join(sorted(levels))}: expected one level for all")
    full_scale, case = full_scale_of_model(model)
    predicted = predictions(model, experiments) if predicted is None else predicted
    errors = relative_errors(model.spec, predicted, truths, full_scale)
    gain, product_rms, no_product = _as_product(model, experiments, truths, largest_current(model, full_scale, case))
    behind, rule = certified_adc(model.spec, adc, full_scale, _unit(model))
    return Certificate(
        **_of_the_model(model),
        **_typical(model, experiments, np.concatenate(errors)),
        truth=truths[0].provenance.level,
        full_scale=full_scale,
        full_scale_case=case,
        matrices=len(experiments),
        vectors=sum(len(error) for error in errors),
        decks=_decks(truths),
        provenance=provenance,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        circuit=None if exact is None else circuit_error(model.spec, exact, truths, full_scale),
        worst=worst,
        by_load=by_load,
        max_rms=max_rms,
        max_worst=max_worst,
        validation=validation or {},
        product_rms=product_rms,
        product_gain=gain,
        hold_out=tuple(experiment.digest for experiment in experiments),
        fitting=tuple(experiment.digest for experiment in fitting),
        time_s=time_s,
        extrapolated=extrapolated,
        sense=sense_error(model, full_scale),
        code_errors=None if behind is None else code_errors(behind, rule, predicted, truths),
        left_out=(*no_product, *codes_left_out(model.spec, behind, rule)),
    )


def _unit(model: TileModel) -> str:
    return output_unit(model.spec) if model.sense is None else model.sense.unit


def _of_the_model(model: TileModel) -> dict[str, Any]:
    """Return the fields of a certificate that the model alone decides."""
    spec, form = model.spec, model_form(model)
    return {
        "rows": spec.array.rows,
        "cols": spec.array.cols,
        "grade": model.grade,
        "products": form.products,
        "form": form.phrase,
        "input_unit": input_unit(spec),
        "unit": _unit(model),
        "relative_to": errors_relative_to(spec),
        "g_range": (spec.device.g_min, spec.device.g_max),
        "v_range": model.v_range,
        "temperature_c": spec.array.temperature_c,
        "surface_bound": model.surface.bound,
        "model_digest": model.digest,
    }


def _typical(model: TileModel, experiments: Sequence[Experiment], error: np.ndarray) -> dict[str, Any]:
    """Return the statistics of errors (vectors, cols): over all, and for each distribution that was drawn."""
    return {
        "typical": error_statistics(error),
        "by_column": tuple(error_statistics(column) for column in error.T),
        "by_input": _by_kind([kind for e in experiments for kind in e.input_kinds], error),
        "by_matrix": _by_kind([e.matrix_kind for e in experiments for _ in e.v_in], error),
        "by_amplitude": _by_amplitude(model, experiments, error),
    }


def largest_current(model: TileModel, full_scale: float, case: ReadCase) -> float:
    """Return the column current [A] of the case that gives the full scale, which it is for ideal amplifiers."""
    if model.sense is None:
        return full_scale
    current = read_exact(model_array(model, case.g), case.v_in[None]).i_sense
    assert current is not None
    return float(np.abs(current[0, case.column]))


def circuit_error(
    spec: ArraySpec, exact: Sequence[Solution], truths: Sequence[Solution], full_scale: float
) -> ErrorStatistics:
    """Summarize the differences between array solver and truth; `full_scale` [A] as in `relative_errors`."""
    return error_statistics(np.concatenate(relative_errors(spec, [e.out for e in exact], truths, full_scale)))


def _as_product(
    model: TileModel, experiments: Sequence[Experiment], truths: Sequence[Solution], largest: float
) -> tuple[float | None, float | None, tuple[str, ...]]:
    """Return gain and error of the array as a matrix product, or why it is none."""
    if model.spec.array.input_line == "string":
        return None, None, ("the error of the array as a matrix product: a string adds resistances, not currents",)
    return *product_error(model.spec, experiments, truths, largest), ()


def product_error(
    spec: ArraySpec, experiments: Sequence[Experiment], truths: Sequence[Solution], full_scale: float
) -> tuple[float, float]:
    """Compare the currents of an array with the ideal product of its conductances, on usual matrices.

    Returns:
        The best common gain a, and the rms of current − a · (v − v_ref)·g over the largest current `full_scale` [A].
    """
    usual = usual_experiments(experiments)
    ideal = np.concatenate([device_voltages(spec, e.v_in) @ e.g for e in usual])
    pairs = zip(experiments, truths, strict=True)
    out = np.concatenate([t.out if t.i_sense is None else t.i_sense for e, t in pairs if e in usual])
    gain = float((ideal * out).sum() / (ideal * ideal).sum())
    return gain, float(np.sqrt(np.mean((out - gain * ideal) ** 2))) / full_scale


@checked
def differing_codes(
    certificate_error: ErrorStatistics, full_scale: float, lsb: float, count: int
) -> tuple[float, float]:
    """Predict how many ADC codes differ between model and truth.

    A code differs if the error moves a current across a code edge. If the current is uniformly distributed within its
    code, an error e does so with probability min(1, |e| / lsb). The mean over the certified errors is therefore at most
    mean |e| / lsb.

    Args:
        certificate_error: Certified errors, relative to `full_scale`.
        full_scale: Full scale of the certificate [A].
        lsb: Current of one code [A].
        count: Number of codes compared.

    Returns:
        Expected number of differing codes, and that number plus 3 standard deviations of a binomial distribution.
    """
    chance = min(1.0, certificate_error.mean_abs * full_scale / lsb)
    spread = float(np.sqrt(count * chance * (1 - chance)))
    return count * chance, count * chance + 3 * spread


def _decks(truths: Sequence[Solution]) -> tuple[str, ...]:
    """Return the digests of the decks of arrays; a nodal solution names the deck of its cell, which solved no array."""
    digests = (t.provenance.deck_digest for t in truths if t.provenance.level == "ngspice")
    return tuple(dict.fromkeys(digest for digest in digests if digest is not None))


def _by_amplitude(model: TileModel, experiments: Sequence[Experiment], error: np.ndarray) -> dict[str, ErrorStatistics]:
    """Group errors (vectors, cols) by the classes of `AMPLITUDES` of their input vectors."""
    rest = resting_input(model.spec)
    largest = max(abs(v - rest) for v in model.v_range)
    mean = np.concatenate([np.abs(e.v_in - rest).mean(axis=1) for e in experiments]) / largest
    by_name, low = {}, -np.inf
    for high, name in AMPLITUDES:
        chosen = (low < mean) & (mean <= high * (1 + 1e-12))
        low = high * (1 + 1e-12)
        if chosen.any():
            by_name[name] = error_statistics(error[chosen])
    return by_name


def _by_kind(kinds: Sequence[str], error: np.ndarray) -> dict[str, ErrorStatistics]:
    labels = np.array(kinds)
    return {kind: error_statistics(error[labels == kind]) for kind in dict.fromkeys(kinds)}
