"""Check the evidence: a hold-out that is large enough and shares nothing with fitting, and truths that belong to it."""

from collections.abc import Sequence

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results import Experiment, Solution, content_digest
from circuitsim.spec import ArraySpec

MOST_FEW = 4  # rows of gates, with at most 16 inputs


def check_hold_out(hold_out: Sequence[Experiment], fitting: Sequence[Experiment]) -> None:
    """Reject a hold-out that is too small or overlaps with the fitting experiments.

    Args:
        hold_out: Experiments of the certificate.
        fitting: Experiments on which the model or its grade was chosen.

    Raises:
        InputError: There are fewer than two matrices or twenty vectors, too few to state a maximum error. Or an
            experiment shares its matrix or all of its inputs with a fitting experiment; of up to four rows on gates
            its matrix alone, because there are hardly other inputs.
    """
    vectors = sum(len(experiment.v_in) for experiment in hold_out)
    if len(hold_out) < 2 or vectors < 20:
        raise InputError(f"a certificate needs at least 2 matrices and 20 vectors, got {len(hold_out)} and {vectors}")
    for index, experiment in enumerate(hold_out):
        for known in fitting:
            if experiment.g.shape == known.g.shape and np.array_equal(experiment.g, known.g):
                raise InputError(
                    f"hold-out {index} ({experiment.matrix_kind}) has the matrix of a fitting experiment "
                    f"({known.matrix_kind}): expected matrices that the model has not met"
                )
            if _same_inputs(experiment.v_in, known.v_in) and not _few_patterns(experiment.v_in):
                raise InputError(
                    f"hold-out {index} ({experiment.matrix_kind}) has the inputs of a fitting experiment "
                    f"({known.matrix_kind}): expected inputs that the model has not met"
                )


def _few_patterns(inputs: np.ndarray) -> bool:
    """Whether inputs are 0 and 1 of so few rows that there are hardly others."""
    return inputs.shape[1] <= MOST_FEW and bool(np.all((inputs == 0) | (inputs == 1)))


def check_truths(
    spec: ArraySpec, experiments: Sequence[Experiment], truths: Sequence[Solution], *, same_array: bool = True
) -> None:
    """Reject solutions that are no truths of these experiments.

    Args:
        spec: The array of the model.
        experiments: Conductances and inputs.
        truths: One solution for each experiment, in the same order.
        same_array: The truths are of this specification and of the conductances of the experiments; False for arrays
            that have aged.

    Raises:
        InputError: There are no truths or not one for each experiment, or one has another shape, level "behavioral",
            another specification or other conductances.
    """
    if not truths or len(truths) != len(experiments):
        raise InputError(f"{len(truths)} truths for {len(experiments)} experiments: expected one for each, at least 1")
    for index, (experiment, truth) in enumerate(zip(experiments, truths, strict=True)):
        origin, expected = truth.provenance, (len(experiment.v_in), spec.array.cols)
        if truth.out.shape != expected:
            raise InputError(f"truths[{index}].out has shape {truth.out.shape}, expected (batch, cols) = {expected}")
        if origin.level == "behavioral":
            raise InputError(f"truths[{index}] is of level 'behavioral': expected 'ngspice', 'nodal' or a measurement")
        if not same_array:
            continue
        if origin.spec_digest != spec.digest:
            raise InputError(
                f"truths[{index}] belongs to specification {str(origin.spec_digest)[:12]}, the model to "
                f"{spec.digest[:12]}: expected solutions of the model's array; a measurement states its digest as "
                "Provenance.spec_digest"
            )
        if origin.given.get("g") not in (None, content_digest(experiment.g)):
            raise InputError(f"truths[{index}] was solved with other conductances than experiments[{index}]")


def _same_inputs(v_in: np.ndarray, v_known: np.ndarray) -> bool:
    """Tell whether all vectors of `v_in` occur in `v_known`, apart from vectors of equal inputs ("all_on")."""
    varied = v_in[np.ptp(v_in, axis=1) > 0]
    if len(varied) < 2 or v_in.shape[1] != v_known.shape[1]:
        return False
    vectors = {vector.tobytes() for vector in np.ascontiguousarray(v_known)}
    return all(vector.tobytes() in vectors for vector in np.ascontiguousarray(varied))
