"""The array solver against ngspice on the same array: 1T1R with a BSIM4 transistor, gate 1.8 V."""

import numpy as np
import pytest

from circuitsim import characterization, nodal, spice
from circuitsim.netlist import crossbar
from circuitsim.spec import ArraySpec, parse_spec
from circuitsim.truth import solution_of

TOLERANCE = 1e-6  # surface bound and ngspice's reltol; measured 1e-11 to 1e-9


def bsim_spec(rows, cols, r_row=1.0, r_col=1.0, *, device="rram_ohmic", v_gate=1.8, **parts):
    data = {
        "schema": 1,
        "array": {"rows": rows, "cols": cols, "cell": "1t1r"},
        "device": {"model": device, "g_min": 1e-6, "g_max": 1e-4},
        "access": {"model": "nmos_bsim4_default", "w": 1e-6, "l": 0.13e-6, "v_gate": v_gate},
        "wire": {"r_row": r_row, "r_col": r_col},
        "driver": {"v_read": 0.2},
    }
    for part, keys in parts.items():
        data[part] = {**data.get(part, {}), **keys}
    return parse_spec(data)


@pytest.fixture(scope="module")
def surface_of(tmp_path_factory):
    folder = tmp_path_factory.mktemp("surfaces")

    def characterize(spec: ArraySpec, low: float, high: float):
        return characterization.cell(spec, v_range=(low, high), cache=folder)

    return characterize


@pytest.fixture(scope="module")
def worst_error(surface_of):
    """Largest difference of the column currents, relative to max(|i_j|, 1e-3 of full scale)."""

    def compare(spec, g, v_in):
        surface = surface_of(spec, min(v_in.min(), 0.0), max(v_in.max(), 0.2))
        found = nodal.read(nodal.prepare(spec, g, surface), v_in)
        netlist = crossbar(spec, g, v_in)
        truth = solution_of(spec, netlist, spice.run(netlist)).out
        return np.max(np.abs(found.out - truth) / np.maximum(np.abs(truth), 1e-3 * np.abs(truth).max()))

    return compare


def conductances(rows, cols, rng):
    return 10 ** rng.uniform(-6, -4, (rows, cols))


@pytest.mark.parametrize(
    ("rows", "cols", "r_row", "r_col", "seed"),
    [
        (8, 8, 1.0, 1.0, 0),
        (16, 16, 1.0, 1.0, 1),
        (16, 16, 20.0, 20.0, 2),
        (24, 16, 50.0, 3.0, 3),
        (16, 40, 5.0, 20.0, 4),
        (32, 32, 1.0, 1.0, 5),
        (32, 32, 10.0, 10.0, 6),
    ],
)
def test_random_arrays(worst_error, rows, cols, r_row, r_col, seed):
    rng = np.random.default_rng(seed)
    g, v_in = conductances(rows, cols, rng), rng.uniform(0, 0.2, (3, rows))
    assert worst_error(bsim_spec(rows, cols, r_row, r_col), g, v_in) < TOLERANCE


def test_strongly_nonlinear_memory(worst_error):
    rng = np.random.default_rng(7)
    g, v_in = conductances(16, 16, rng), rng.uniform(0, 0.2, (3, 16))
    assert worst_error(bsim_spec(16, 16, 5.0, 5.0, device="rram_sinh"), g, v_in) < TOLERANCE


def test_negative_inputs(worst_error):
    rng = np.random.default_rng(8)
    g, v_in = conductances(16, 12, rng), rng.uniform(-0.2, 0.2, (3, 16))
    assert worst_error(bsim_spec(16, 12, 5.0, 5.0), g, v_in) < TOLERANCE


def test_gates_near_off(worst_error):
    """The transistor in weak inversion limits the current; below, ngspice itself resolves little."""
    rng = np.random.default_rng(9)
    g, v_in = conductances(12, 12, rng), rng.uniform(0, 0.2, (3, 12))
    assert worst_error(bsim_spec(12, 12, 5.0, 5.0, v_gate=0.4), g, v_in) < TOLERANCE


def test_all_at_g_max_and_all_on(worst_error):
    assert worst_error(bsim_spec(16, 16, 5.0, 5.0), np.full((16, 16), 1e-4), np.full((1, 16), 0.2)) < TOLERANCE


def test_one_row_on(worst_error):
    v_in = np.zeros((2, 16))
    v_in[0, 3], v_in[1, 15] = 0.2, 0.1
    assert worst_error(bsim_spec(16, 16, 5.0, 5.0), conductances(16, 16, np.random.default_rng(10)), v_in) < TOLERANCE


def test_stuck_cells(worst_error):
    rng = np.random.default_rng(11)
    g = conductances(16, 16, rng)
    g[rng.random((16, 16)) < 0.02] = 0.0
    g[rng.random((16, 16)) < 0.02] = 1e-4
    assert worst_error(bsim_spec(16, 16, 5.0, 5.0), g, rng.uniform(0, 0.2, (2, 16))) < TOLERANCE


@pytest.mark.parametrize(("row_drive", "col_sense"), [("right", "bottom"), ("left", "top"), ("both", "both")])
def test_ends_driver_and_sense(worst_error, row_drive, col_sense):
    rng = np.random.default_rng(12)
    spec = bsim_spec(
        12,
        14,
        5.0,
        3.0,
        wire={"row_drive": row_drive, "col_sense": col_sense},
        driver={"r_out": 50.0},
        sense={"r_in": 80.0},
    )
    assert worst_error(spec, conductances(12, 14, rng), rng.uniform(0, 0.2, (2, 12))) < TOLERANCE


@pytest.mark.parametrize("wire", [{"first_row_segment": False}, {"last_col_segment": False}, {"r_col": 0.0}])
def test_merged_nodes(worst_error, wire):
    rng = np.random.default_rng(13)
    spec = bsim_spec(10, 9, 5.0, 3.0, wire=wire)
    assert worst_error(spec, conductances(10, 9, rng), rng.uniform(0, 0.2, (2, 10))) < TOLERANCE


def test_sense_at_a_reference_voltage(worst_error):
    rng = np.random.default_rng(14)
    spec = bsim_spec(10, 9, 5.0, 3.0, sense={"v_ref": 0.1, "r_in": 40.0})
    assert worst_error(spec, conductances(10, 9, rng), rng.uniform(0, 0.2, (2, 10))) < TOLERANCE


def test_power_with_sense_references(surface_of):
    """Drivers and sense references together: what ngspice counts at its sources, and the heat of all elements."""
    rng = np.random.default_rng(17)
    spec = bsim_spec(8, 7, 50.0, 30.0, sense={"v_ref": 0.1, "r_in": 400.0}, driver={"r_out": 500.0})
    g, v_in = conductances(8, 7, rng), rng.uniform(0, 0.2, (3, 8))
    array = nodal.prepare(spec, g, surface_of(spec, 0.0, 0.2))
    found = nodal.read(array, v_in, nodes=True)
    netlist = crossbar(spec, g, v_in)
    truth = solution_of(spec, netlist, spice.run(netlist))
    np.testing.assert_allclose(found.power, truth.power, rtol=TOLERANCE, atol=0)
    np.testing.assert_allclose(nodal.power_breakdown(array, v_in, found).total, truth.power, rtol=TOLERANCE, atol=0)


def test_zero_input(surface_of):
    spec = bsim_spec(8, 8)
    g = conductances(8, 8, np.random.default_rng(15))
    found = nodal.read(nodal.prepare(spec, g, surface_of(spec, 0.0, 0.2)), np.zeros((1, 8)))
    netlist = crossbar(spec, g, np.zeros((1, 8)))
    truth = solution_of(spec, netlist, spice.run(netlist))
    assert np.abs(found.out).max() == 0.0
    assert np.abs(truth.out).max() < 1e-14  # ngspice's own floor: gmin and abstol


def test_every_voltage_and_current_of_a_linear_array():
    """Linear cells: no surface, no fit; the two solvers share nothing but the circuit."""
    rng = np.random.default_rng(16)
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 20, "cols": 13, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 4.0, "r_col": 7.0},
            "driver": {"v_read": 0.2, "r_out": 30.0},
        }
    )
    g, v_in = conductances(20, 13, rng), rng.uniform(-0.2, 0.2, (3, 20))
    netlist = crossbar(spec, g, v_in, nodes=True)
    truth = solution_of(spec, netlist, spice.run(netlist))
    found = nodal.read(nodal.prepare(spec, g), v_in, nodes=True, tol=1e-11)
    for name in ("out", "i_row", "v_row", "v_col"):
        expected = getattr(truth, name)
        assert np.abs(getattr(found, name) - expected).max() < 1e-8 * np.abs(expected).max(), name
