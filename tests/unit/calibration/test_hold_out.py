"""How much evidence a certificate needs."""

from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import draw

from circuitsim.calibration.hold_out import check_hold_out, check_truths
from circuitsim.errors import InputError


def _cut(experiment, vectors):
    return replace(experiment, input_kinds=experiment.input_kinds[:vectors], v_in=experiment.v_in[:vectors])


def test_twenty_vectors_are_enough_and_nineteen_are_not(spec):
    first, second = draw(spec, 1)
    check_hold_out([_cut(first, 10), _cut(second, 10)], ())
    with pytest.raises(InputError, match="at least 2 matrices and 20 vectors, got 2 and 19"):
        check_hold_out([_cut(first, 10), _cut(second, 9)], ())


def test_one_matrix_is_not_enough(spec):
    first = draw(spec, 1)[0]
    many = replace(first, input_kinds=first.input_kinds * 3, v_in=first.v_in.repeat(3, axis=0))
    with pytest.raises(InputError, match="got 1 and 33"):
        check_hold_out([many], ())


def test_one_varied_vector_that_was_met_is_no_overlap_and_two_are(spec):
    first, second = draw(spec, 1)
    fitting = draw(spec, 2)[0]
    for shared, refused in ((1, False), (2, True)):
        v_in = np.concatenate([fitting.v_in[:shared], np.full((9, 12), 0.2)])
        known = replace(first, v_in=v_in, input_kinds=("uniform",) * len(v_in))
        if refused:
            with pytest.raises(InputError, match="has the inputs of a fitting experiment"):
                check_hold_out([known, second], [fitting])
        else:
            check_hold_out([known, second], [fitting])


@pytest.mark.parametrize("given", [0, 1, 3])
def test_there_is_one_truth_for_each_experiment(spec, hold_out, truths, given):
    with pytest.raises(InputError, match=f"{given} truths for 2 experiments: expected one for each"):
        check_truths(spec, hold_out[:2], (list(truths) * 2)[:given])
    check_truths(spec, hold_out[:2], truths[:2])
