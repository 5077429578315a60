"""How much evidence a certificate needs."""

from dataclasses import replace

import pytest
from calibration_arrays import draw

from circuitsim.calibration.hold_out import check_hold_out
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
