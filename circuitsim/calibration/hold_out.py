"""A hold-out is evidence only if it is large enough and the model has not met it before."""

from collections.abc import Sequence

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results import Experiment


def check_hold_out(hold_out: Sequence[Experiment], fitting: Sequence[Experiment]) -> None:
    """Refuse evidence from which nothing can be stated.

    Args:
        hold_out: The experiments of the certificate.
        fitting: Experiments that the model, or its grade, was chosen on.

    Raises:
        InputError: There are fewer than two matrices or twenty vectors: too few to state a maximum from. Or a matrix,
            or all inputs of an experiment, are also those of a fitting experiment.
    """
    vectors = sum(len(experiment.v_in) for experiment in hold_out)
    if len(hold_out) < 2 or vectors < 20:
        raise InputError(f"a certificate needs at least 2 matrices and 20 vectors, got {len(hold_out)} and {vectors}")
    for index, held in enumerate(hold_out):
        for used in fitting:
            if held.g.shape == used.g.shape and np.array_equal(held.g, used.g):
                raise InputError(
                    f"hold-out {index} ({held.matrix_kind}) has the matrix of a fitting experiment "
                    f"({used.matrix_kind}): expected matrices that the model has not met"
                )
            if _same_inputs(held.v_in, used.v_in):
                raise InputError(
                    f"hold-out {index} ({held.matrix_kind}) has the inputs of a fitting experiment "
                    f"({used.matrix_kind}): expected inputs that the model has not met"
                )


def _same_inputs(held: np.ndarray, used: np.ndarray) -> bool:
    """Whether all drawn vectors are among the used ones; a vector of equal inputs (all on) is nobody's draw."""
    drawn = held[np.ptp(held, axis=1) > 0]
    if len(drawn) < 2 or held.shape[1] != used.shape[1]:
        return False
    known = {vector.tobytes() for vector in np.ascontiguousarray(used)}
    return all(vector.tobytes() in known for vector in np.ascontiguousarray(drawn))
