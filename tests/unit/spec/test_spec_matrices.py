"""Conductances and inputs that are refused."""

import numpy as np
import pytest

from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.spec import parse_spec
from circuitsim.spec.matrices import check_arrays, check_conductances, check_inputs

SPEC = {
    "schema": 1,
    "array": {"rows": 4, "cols": 4, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
    "wire": {"r_row": 2.0, "r_col": 2.0},
    "driver": {"v_read": 0.2},
}


@pytest.mark.parametrize("x", [np.full((1, 4), 0.1 + 1j), np.array([["a"] * 4])])
def test_inputs_that_are_no_real_numbers_are_refused(x):
    with pytest.raises(InputError, match="x cannot be read as an array of real numbers"):
        check_inputs(parse_spec(SPEC), x)


def test_conductances_lie_in_the_given_range_or_are_open_cells():
    spec, x = parse_spec(SPEC), np.zeros((1, 4))
    for g in (0.0, 1e-6, 1e-4):
        check_arrays(spec, np.full((4, 4), g), x)
    for g in (0.9e-6, 1.1e-4):
        with pytest.raises(OutsideRangeError, match=r"g\[0, 0\] = .* S, expected 0 \(an open cell\) or device\.g_min"):
            check_arrays(spec, np.full((4, 4), g), x)
        check_arrays(spec, np.full((4, 4), g), x, g_range=(0.0, np.inf))
        check_conductances(spec, np.full((4, 4), g), g_range=(0.0, np.inf))
    with pytest.raises(InputError, match="a conductance >= 0"):
        check_arrays(spec, np.full((4, 4), -1e-6), x, g_range=(0.0, np.inf))


def test_masked_values_are_refused():
    x = np.ma.array(np.full((1, 4), 0.1), mask=[[False, True, False, False]])
    with pytest.raises(InputError, match="x has masked values"):
        check_inputs(parse_spec(SPEC), x)


def test_conductances_are_copied():
    """A prepared array does not follow what the caller does with its matrix afterwards."""
    g = np.full((4, 4), 1e-5)
    assert not np.shares_memory(check_conductances(parse_spec(SPEC), g), g)
