"""Check that a hold-out is large enough and shares nothing with the experiments that the model was chosen on."""

from collections.abc import Sequence

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results import Experiment


def check_hold_out(hold_out: Sequence[Experiment], fitting: Sequence[Experiment]) -> None:
    """Reject a hold-out that is too small or overlaps with the fitting experiments.

    Args:
        hold_out: Experiments of the certificate.
        fitting: Experiments on which the model or its grade was chosen.

    Raises:
        InputError: There are fewer than two matrices or twenty vectors, too few to state a maximum error. Or an
            experiment shares its matrix or all of its inputs with a fitting experiment.
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
            if _same_inputs(experiment.v_in, known.v_in):
                raise InputError(
                    f"hold-out {index} ({experiment.matrix_kind}) has the inputs of a fitting experiment "
                    f"({known.matrix_kind}): expected inputs that the model has not met"
                )


def _same_inputs(v_in: np.ndarray, v_known: np.ndarray) -> bool:
    """Tell whether all vectors of `v_in` occur in `v_known`, apart from vectors of equal inputs ("all_on")."""
    varied = v_in[np.ptp(v_in, axis=1) > 0]
    if len(varied) < 2 or v_in.shape[1] != v_known.shape[1]:
        return False
    vectors = {vector.tobytes() for vector in np.ascontiguousarray(v_known)}
    return all(vector.tobytes() in vectors for vector in np.ascontiguousarray(varied))
