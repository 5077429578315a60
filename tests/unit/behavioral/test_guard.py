"""Inputs outside a tile's range are told, or refused."""

import numpy as np
import pytest

from circuitsim import behavioral
from circuitsim.behavioral.guard import check_input_range
from circuitsim.errors import InputError, OutsideCertificateWarning, OutsideRangeError


@pytest.fixture
def tile(make_model, conductances):
    model = make_model(1)
    return behavioral.program(model, conductances(model.spec))


def test_inputs_inside_pass(tile):
    assert check_input_range(tile, np.full((2, 32), 0.4))
    assert check_input_range(tile, np.zeros((0, 32)))
    assert check_input_range(tile, np.full((1, 32), 0.4 * (1 + 1e-12)), strict=True)  # a DAC's last level, rounded


@pytest.mark.parametrize("bad", [0.41, -0.01, 0.400001, -1e-6, np.nan])
def test_inputs_outside_warn_or_raise(tile, bad):
    v = np.full((2, 32), 0.2)
    v[1, 3] = bad
    with pytest.warns(OutsideCertificateWarning, match="built for 0 V to 0.4 V"):
        assert not check_input_range(tile, v)
    with pytest.raises(OutsideRangeError, match="v_in holds"):
        check_input_range(tile, v, strict=True)


def test_the_larger_excess_is_named(tile):
    v = np.full((1, 32), 0.2)
    v[0, :2] = -0.3, 0.5
    with pytest.raises(OutsideRangeError, match=r"v_in holds -0\.3 V"):
        check_input_range(tile, v, strict=True)
    v[0, :2] = -0.05, 0.5
    with pytest.raises(OutsideRangeError, match=r"v_in holds 0\.5 V"):
        check_input_range(tile, v, strict=True)


def test_wrong_shapes_are_refused(tile):
    with pytest.raises(InputError, match="v_in has shape"):
        check_input_range(tile, np.zeros((2, 5)))


def test_the_last_level_of_signed_inputs_may_be_rounded(make_spec, make_model, conductances):
    model = make_model(1, v_range=(-0.2, 0.2), spec=make_spec(6, 5, v_read=0.2))
    signed = behavioral.program(model, conductances(model.spec))
    for v in (0.2, -0.2):
        assert check_input_range(signed, np.full((1, 6), v * (1 + 1e-12)), strict=True)
        with pytest.raises(OutsideRangeError, match="v_in holds"):
            check_input_range(signed, np.full((1, 6), v * (1 + 1e-6)), strict=True)
