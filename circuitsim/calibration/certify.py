"""From models and truths to a certificate, and back: does the certificate still hold?"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from circuitsim.behavioral import mvm, program
from circuitsim.calibration.experiments import Experiment
from circuitsim.calibration.statistics import error_statistics
from circuitsim.errors import InputError
from circuitsim.results import Certificate, ErrorStatistics, Provenance, Solution, TileModel

# Two draws of the hold-out differ in rms by some ten percent and in the maximum by up to half (README, "What the
# numbers mean"); twice the certified numbers is therefore outside of chance.
MARGIN = 2.0


@dataclass(frozen=True)
class Verdict:
    """Whether a certificate holds on new evidence.

    Attributes:
        holds: rms and maximum are both within `MARGIN` times the certified numbers.
        error: The new errors, relative to the certificate's full scale.
        sentence: The same in words.
    """

    holds: bool
    error: ErrorStatistics
    sentence: str


def predictions(model: TileModel, experiments: Sequence[Experiment]) -> list[np.ndarray]:
    """Evaluate the model on every experiment: one (batch, cols) array of currents [A] each."""
    return [np.asarray(mvm(program(model, experiment.g), experiment.v_in)) for experiment in experiments]


def certify(
    model: TileModel, experiments: Sequence[Experiment], truths: Sequence[Solution], *, provenance: Provenance
) -> Certificate:
    """State the error of a model on experiments it was not built from.

    Args:
        model: The model under judgement.
        experiments: The hold-out.
        truths: Their solutions, in the same order.
        provenance: Simulator and options of the truth.

    Raises:
        InputError: There are fewer than two matrices or twenty vectors: too few to state a maximum from.
    """
    vectors = sum(len(experiment.v_in) for experiment in experiments)
    if len(experiments) < 2 or vectors < 20:
        raise InputError(
            f"a certificate needs at least 2 matrices and 20 vectors, got {len(experiments)} and {vectors}"
        )
    full_scale = max(float(np.abs(truth.out).max()) for truth in truths)
    errors = [(p - t.out) / full_scale for p, t in zip(predictions(model, experiments), truths, strict=True)]
    everything = np.concatenate(errors)
    input_kinds = [kind for experiment in experiments for kind in experiment.input_kinds]
    matrix_kinds = [experiment.matrix_kind for experiment in experiments for _ in experiment.v_in]
    spec = model.spec
    return Certificate(
        rows=spec.array.rows,
        cols=spec.array.cols,
        grade=model.grade,
        truth=truths[0].provenance.level,
        full_scale=full_scale,
        error=error_statistics(everything),
        by_column=tuple(error_statistics(column) for column in everything.T),
        by_input=_by_kind(input_kinds, everything),
        by_matrix=_by_kind(matrix_kinds, everything),
        g_range=(spec.device.g_min, spec.device.g_max),
        v_range=model.v_range,
        temperature_c=spec.array.temperature_c,
        surface_bound=model.surface.bound,
        matrices=len(experiments),
        vectors=vectors,
        model_digest=model.digest,
        decks=tuple(t.provenance.deck_digest for t in truths if t.provenance.deck_digest),
        provenance=provenance,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )


def verify(
    model: TileModel, certificate: Certificate, experiments: Sequence[Experiment], truths: Iterable[Solution]
) -> Verdict:
    """Hold a model against new truth and say whether its certificate still holds.

    A wire, transistor or conductance that is not the one the model was built for shows here.
    """
    pairs = zip(predictions(model, experiments), truths, strict=True)
    error = error_statistics(np.concatenate([(p - t.out) / certificate.full_scale for p, t in pairs]))
    holds = error.rms <= MARGIN * certificate.error.rms and error.max <= MARGIN * certificate.error.max
    word = "holds" if holds else "does NOT hold"
    sentence = (
        f"the certificate {word}: rms {error.rms:.2e}, max {error.max:.2e} of full scale "
        f"against {certificate.error.rms:.2e} and {certificate.error.max:.2e} certified"
    )
    return Verdict(holds, error, sentence)


def differing_codes(
    certificate_error: ErrorStatistics, full_scale: float, lsb: float, count: int
) -> tuple[float, float]:
    """Predict how many ADC codes differ between model and truth.

    A code differs where the error moves a current across a code edge. For a current anywhere in its code with equal
    chance, an error e does so with probability min(1, |e| / lsb), so the mean over the certified errors is at most
    mean |e| / lsb.

    Args:
        certificate_error: Certified errors, relative to `full_scale`.
        full_scale: Full scale of the certificate [A].
        lsb: Current of one code [A].
        count: Number of codes compared.

    Returns:
        Expected number of differing codes, and the number not exceeded in 997 of 1000 draws (binomial, 3 sigma).
    """
    chance = min(1.0, certificate_error.mean_abs * full_scale / lsb)
    spread = float(np.sqrt(count * chance * (1 - chance)))
    return count * chance, count * chance + 3 * spread


def _by_kind(kinds: Sequence[str], error: np.ndarray) -> dict[str, ErrorStatistics]:
    labels = np.array(kinds)
    return {kind: error_statistics(error[labels == kind]) for kind in dict.fromkeys(kinds)}
