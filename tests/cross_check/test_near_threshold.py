"""Gates near threshold, hot and cold, and transistors that store decades: the array solver against ngspice."""

import numpy as np
import pytest

from circuitsim import characterization, levels, nodal
from circuitsim.calibration import calibrate
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 16, "cols": 16},
        "device": {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4},
        "access": {"model": "nmos_130", "w": 1e-6, "l": 1.3e-7, "v_gate": 1.8},
        "wire": {"r_row": 2.0, "r_col": 2.0},
        "driver": {"v_read": 0.2},
    }
)
FLASH = {"model": "flash_fg", "g_min": 1e-10, "g_max": 1e-4, "v_gate": 2.5}
SONOS = {"model": "flash_sonos_sky130", "g_min": 3e-9, "g_max": 9e-6, "v_gate": 0.0}
FEFET = {"model": "fefet_hzo", "g_min": 5e-8, "g_max": 1e-4, "v_gate": 0.6}


def drawn(spec, seed=5):
    rng = np.random.default_rng(seed)
    g = np.exp(rng.uniform(np.log(spec.device.g_min), np.log(spec.device.g_max), spec.shape))
    x = rng.uniform(0, spec.driver.v_read, (4, spec.array.rows))
    x[0] = spec.driver.v_read
    return g, x


@pytest.mark.parametrize("temperature_c", [-40, 125])
@pytest.mark.parametrize("v_gate", [0.3, 0.7])
def test_an_array_near_threshold(v_gate, temperature_c):
    """No warning: the cells' error is below 1e-6 of the array's largest current, and so are the outputs'."""
    spec = SPEC.replace(access={"v_gate": v_gate}, array={"temperature_c": temperature_c})
    g, x = drawn(spec)
    found, truth = levels.solve(spec, g, x, "nodal"), levels.solve(spec, g, x, "ngspice").out
    off = np.abs(found.out - truth).max() / np.abs(truth).max()
    assert off < 1e-8  # 1e-9 is the tolerance of the solver; one tensor for the whole cell left 8e-5
    assert found.cell_error.max() < 1e-6


@pytest.mark.parametrize("transistor", ["nmos_28", "nmos_65"])
def test_short_transistors_near_threshold(transistor):
    access = {"model": transistor, "l": {"nmos_28": 3e-8, "nmos_65": 6e-8}[transistor], "v_gate": 0.4}
    spec = SPEC.replace(access=access, array={"temperature_c": -40})
    g, x = drawn(spec)
    found, truth = levels.solve(spec, g, x, "nodal"), levels.solve(spec, g, x, "ngspice").out
    assert np.abs(found.out - truth).max() < 1e-8 * np.abs(truth).max()


@pytest.mark.parametrize("v_gate", [0.3, 0.5])
@pytest.mark.parametrize("r", [2.0, 50.0])
def test_rows_switched_by_gates_near_threshold(v_gate, r):
    spec = SPEC.replace(
        array={"input_line": "wl", "temperature_c": 125},
        access={"v_gate": v_gate},
        wire={"r_row": 1.0, "r_col": r, "r_bl": r},
    )
    g, _ = drawn(spec)
    x = (np.random.default_rng(2).random((4, 16)) < 0.5).astype(float)
    x[0], x[1], x[1, 3] = 1.0, 0.0, 1.0
    found, truth = levels.solve(spec, g, x, "nodal"), levels.solve(spec, g, x, "ngspice").out
    assert np.all(np.abs(found.out - truth).max(axis=1) < 1e-8 * np.abs(truth).max(axis=1))


def test_rows_that_leak_into_a_source_line_at_the_bias():
    """Over 95 % of the bias drops along the wires: leak is exponential in the voltage of the source line."""
    spec = SPEC.replace(
        array={"input_line": "wl", "rows": 32, "temperature_c": 125},
        access={"model": "nmos_28", "l": 3e-8, "v_gate": 0.9},
        wire={"r_row": 1.0, "r_col": 500.0, "r_bl": 500.0},
    )
    g, _ = drawn(spec)
    x = (np.random.default_rng(2).random((3, 32)) < 0.5).astype(float)
    x[0] = 1.0
    on, off = characterization.gated_cells(spec)
    found = nodal.read(nodal.prepare(spec, g, on, off=off), x, nodes=True)
    assert (found.v_row - found.v_col).min() < 0.05 * 0.2
    truth = levels.solve(spec, g, x, "ngspice").out
    assert np.all(np.abs(found.out - truth).max(axis=1) < 1e-6 * np.abs(truth).max(axis=1))


@pytest.mark.filterwarnings("ignore:level = 'ngspice'.*through the bulk")  # 1e-7 of it
@pytest.mark.parametrize("device", [FLASH, SONOS, FEFET], ids=lambda device: device["model"])
def test_transistors_that_store_decades(device):
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 16, "cols": 16, "cell": "1t", "temperature_c": 125},
            "device": device,
            "wire": {"r_row": 2.0, "r_col": 2.0},
            "driver": {"v_read": 0.1},
        }
    )
    g, x = drawn(spec)
    found, truth = levels.solve(spec, g, x, "nodal"), levels.solve(spec, g, x, "ngspice").out
    assert np.abs(found.out - truth).max() < 1e-7 * np.abs(truth).max()
    assert found.cell_error.max() < 1e-6


def test_the_error_of_cells_of_little_conductance_is_that_of_their_own_current():
    """An array programmed to the lowest quarter of six decades: told relative to its own largest current."""
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 16, "cols": 16, "cell": "1t", "temperature_c": -40},
            "device": FLASH,
            "wire": {"r_row": 2.0, "r_col": 2.0},
            "driver": {"v_read": 0.1},
        }
    )
    surface = characterization.cell(spec)
    g, x = drawn(spec)
    low = spec.device.g_min * (g / spec.device.g_min) ** 0.25
    with pytest.warns(Warning, match="outputs may be off"):  # 1e-15 A, at which ngspice stops, of some 1e-9 A
        found = nodal.read(nodal.prepare(spec, low, surface), x)
    truth = levels.solve(spec, low, x, "ngspice").out
    off = np.abs(found.out - truth).max() / np.abs(truth).max()
    assert off < found.cell_error.max() < 0.1 * 16 * surface.bound * surface.i_max / np.abs(truth).max()


def test_a_tile_near_threshold_is_certified_with_the_error_of_its_cell():
    spec = SPEC.replace(array={"rows": 6, "cols": 5}, access={"v_gate": 0.5})
    found = calibrate(spec, rng=np.random.default_rng(0), truth="nodal", search="structured")
    assert found.model.surface.transistor is not None
    assert found.certificate.surface_bound == found.model.surface.bound <= 1e-9
    assert found.certificate.typical.rms < 1e-3
