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


FAR = {"row_drive": "right", "col_sense": "top"}


@pytest.mark.parametrize("wire", [{}, {"row_drive": "both", "col_sense": "both"}, {"r_row": 0.0}, FAR])
@pytest.mark.parametrize("nonlinear", [False, True])
def test_parts_add_up_to_what_the_sources_deliver(wire, nonlinear, sinh_surface):
    array = nodal.prepare(power_spec(v_ref=0.05, **wire), G, sinh_surface if nonlinear else None)
    solution = nodal.read(array, V_IN, nodes=True, tol=1e-11)
    parts = nodal.power_breakdown(array, V_IN, solution)
    assert_allclose(parts.total, solution.power, rtol=1e-8, atol=0)
    for part in (parts.cells, parts.row_wires, parts.col_wires, parts.drivers, parts.sense):
        assert np.all(part >= 0)


def test_parts_add_up_where_sense_voltages_differ(sinh_surface):
    array = nodal.prepare(power_spec(v_ref=0.05), G, sinh_surface)
    v_sense = np.random.default_rng(2).uniform(0, 0.1, (3, 5))
    solution = nodal.read(array, V_IN, v_sense=v_sense, nodes=True, tol=1e-11)
    parts = nodal.power_breakdown(array, V_IN, solution, v_sense=v_sense)
    assert_allclose(parts.total, solution.power, rtol=1e-8, atol=0)


def test_amplifiers_that_rise_with_their_current_are_heated_by_the_same_power():
    """A drop of 500 ohm burns what a resistor of 500 ohm burns, so drivers and references deliver the same."""
    array = nodal.prepare(power_spec(v_ref=0.05), G)
    behind = nodal.prepare(power_spec(v_ref=0.05).replace(sense={"r_in": 500.0}), G)
    found = nodal.read_with_sense(array, V_IN, lambda i: 500.0 * i)
    assert_allclose(found.power, nodal.read(behind, V_IN).power, rtol=1e-7, atol=0)


GATED = [
    {"r_bl": 300.0},
    {"r_bl": 300.0, "col_drive": "both", "col_sense": "both"},
    {"r_bl": 300.0, "col_drive": "top", "last_col_segment": False},
    {"r_bl": 300.0, "col_drive": "bottom", "col_sense": "top"},
    {"r_bl": 0.4, "r_col": 0.7},
]


@pytest.mark.parametrize(("input_line", "wire"), [*[("wl", wire) for wire in GATED], ("string", {})])
def test_parts_add_up_where_the_input_switches_gates(input_line, wire, sinh_surface):
    spec = power_spec(v_ref=0.05, r_row=1.0).replace(
        array={"input_line": input_line, "cell": "1t1r"},
        wire=wire,
        access={"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.2},
        driver={"v_read": 0.15},  # 0.2 V with v_ref: the end of the surface
    )
    array = nodal.prepare(spec, G, sinh_surface, off=nodal.ohmic((1e-6, 1e-4), (0.0, 0.2), r_series=1e6))
    x = (np.random.default_rng(3).random((3, 6)) < 0.5).astype(float)
    solution = nodal.read(array, x, nodes=True, tol=1e-11)
    parts = nodal.power_breakdown(array, x, solution)
    assert_allclose(parts.total, solution.power, rtol=1e-8, atol=0)
    for part in (parts.cells, parts.col_wires, parts.drivers, parts.sense):
        assert np.all(part > 0)
    assert np.all((parts.bit_lines > 0) == (input_line == "wl"))
    with pytest.raises(InputError, match="v_sense: expected None"):
        nodal.power_breakdown(array, x, solution, v_sense=np.zeros((3, 5)))


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
