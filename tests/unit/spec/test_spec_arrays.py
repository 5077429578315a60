"""Conductances and inputs that are refused."""

import numpy as np
import pytest

from circuitsim.errors import InputError
from circuitsim.spec import parse_spec
from circuitsim.spec.arrays import check_inputs

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
