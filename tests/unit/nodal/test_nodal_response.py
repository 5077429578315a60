"""How far columns follow the inputs: the bound against the exact array."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.nodal.grid import end_resistances
from circuitsim.nodal.response import highest_response
from circuitsim.spec import parse_spec

ENDS = [
    {},
    {"row_drive": "both", "col_sense": "both"},
    {"row_drive": "right", "col_sense": "top"},
    {"first_row_segment": False, "last_col_segment": False},
    {"r_row": 0.0},
    {"r_col": 0.0},
]


@pytest.mark.parametrize("r", [0.5, 20.0, 2e3])
@pytest.mark.parametrize("wire", ENDS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (12, 1), (12, 17)])
def test_it_is_the_highest_column_voltage_from_above(shape, wire, r):
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": shape[0], "cols": shape[1], "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": r, "r_col": r, **wire},
            "driver": {"v_read": 0.2, "r_out": 50.0},
        }
    )
    g = 10 ** np.random.default_rng(0).uniform(-6, -4, shape)
    exact = nodal.solve_linear(nodal.linear_array(spec.wires, g), np.ones((1, shape[0]))).v_col.max()
    found = highest_response(*end_resistances(spec.wires), g)
    assert found >= exact * (1 - 1e-6)
    # Between cells a segment without resistance stands for 1e9 times a cell: 12 of them drop less than 1e-7 V.
    assert_allclose(found, exact, rtol=2e-2, atol=1e-7)
