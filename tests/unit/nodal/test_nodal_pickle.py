"""Prepared arrays travel to other processes: what they are is pickled, what follows from it is computed again."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from circuitsim import nodal
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 8, "cols": 6, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 2.0, "r_col": 3.0},
        "driver": {"v_read": 0.2},
    }
)
GATED = SPEC.replace(
    array={"cell": "1t1r", "input_line": "wl"},
    access={"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.2},
    wire={"r_bl": 4.0},
)
G = 10 ** np.random.default_rng(0).uniform(-6, -4, (8, 6))
V_IN = np.random.default_rng(1).uniform(0, 0.2, (3, 8))


def same_reads(array, x):
    before = nodal.read(array, x, nodes=True)
    after = nodal.read(pickle.loads(pickle.dumps(array)), x, nodes=True)
    for name in ("out", "i_row", "v_row", "v_col", "i_cell", "power"):
        assert_array_equal(getattr(after, name), getattr(before, name))


@pytest.mark.parametrize("nonlinear", [False, True])
@pytest.mark.parametrize("r_row", [0.0, 2.0])
def test_an_array_reads_the_same_after_a_journey(nonlinear, r_row, sinh_surface):
    spec = SPEC.replace(wire={"r_row": r_row, "r_col": r_row})  # without any wire the sparse factor does the work
    array = nodal.prepare(spec, G, sinh_surface if nonlinear else None)
    assert array.factored.grid is not None  # its factor is an object of SuperLU, which cannot be pickled
    same_reads(array, V_IN)


def test_a_gated_array_reads_the_same_after_a_journey(sinh_surface):
    same_reads(nodal.prepare(GATED, G, sinh_surface, off=sinh_surface), (V_IN > 0.1).astype(float))


def test_only_the_fields_travel(sinh_surface):
    array = nodal.prepare(SPEC, G, sinh_surface)
    assert "cells" in vars(array)
    assert set(vars(pickle.loads(pickle.dumps(array)))) == {"spec", "g", "surface", "wires", "v_range", "off"}
    gated = nodal.prepare(GATED, G, sinh_surface)
    assert "grid" in vars(gated)
    assert set(vars(pickle.loads(pickle.dumps(gated)))) == {"spec", "g", "on", "off", "wires", "between", "varied"}
