import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.errors import InputError
from circuitsim.spec import parse_spec


def power_spec(v_ref=0.0, **wire):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": 6, "cols": 5, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 20.0, "r_col": 30.0, **wire},
            "driver": {"v_read": 0.2, "r_out": 100.0},
            "sense": {"r_in": 200.0, "v_ref": v_ref},
        }
    )


G = 10 ** np.random.default_rng(0).uniform(-6, -4, (6, 5))
V_IN = np.random.default_rng(1).uniform(0, 0.2, (3, 6))


@pytest.mark.parametrize("wire", [{}, {"row_drive": "both", "col_sense": "both"}, {"r_row": 0.0}])
@pytest.mark.parametrize("nonlinear", [False, True])
def test_parts_add_up_to_what_the_sources_deliver(wire, nonlinear, sinh_surface):
    array = nodal.prepare(power_spec(v_ref=0.05, **wire), G, sinh_surface if nonlinear else None)
    solution = nodal.read(array, V_IN, nodes=True, tol=1e-11)
    parts = nodal.power_breakdown(array, V_IN, solution)
    assert_allclose(parts.total, solution.power - 0.05 * solution.out.sum(axis=1), rtol=1e-8, atol=0)
    for part in (parts.cells, parts.row_wires, parts.col_wires, parts.drivers, parts.sense):
        assert np.all(part >= 0)


def test_one_cell_divides_as_its_resistances():
    spec = power_spec().replace(array={"rows": 1, "cols": 1})
    array = nodal.prepare(spec, np.full((1, 1), 1e-4))
    v_in = np.array([[0.1]])
    parts = nodal.power_breakdown(array, v_in, nodal.read(array, v_in, nodes=True))
    i = 0.1 / (1e4 + 20 + 30 + 100 + 200)
    found = [p.item() for p in (parts.cells, parts.row_wires, parts.col_wires, parts.drivers, parts.sense)]
    assert_allclose(found, np.array([1e4, 20, 30, 100, 200]) * i**2, rtol=1e-9, atol=0)


def test_a_solution_without_nodes_is_refused():
    array = nodal.prepare(power_spec(), G)
    with pytest.raises(InputError, match="read with nodes=True"):
        nodal.power_breakdown(array, V_IN, nodal.read(array, V_IN))
