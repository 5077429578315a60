"""What writing in ngspice leaves becomes the programming error that calibration and networks draw."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim.calibration import calibrate
from circuitsim.devices import load_folder
from circuitsim.devices.statistics import programming_sigma, read_statistics
from circuitsim.programming import fit_write_spread, write_verify
from circuitsim.resources import device_models_folder

LOW, HIGH, TOLERANCE = 10e-6, 80e-6, 4e-6


def spec_of(rows, **device):
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": rows, "cell": "1t1r"},
            "device": {"g_min": LOW, "g_max": HIGH, **device},
            "access": {"model": "nmos_130", "w": 2e-6, "l": 0.13e-6, "v_gate": 1.8},
            "wire": {"r_row": 1.0, "r_col": 1.0},
            "driver": {"v_read": 0.1},
        }
    )


@pytest.fixture(scope="module")
def spread():
    targets = np.linspace(LOW, HIGH, 24)
    found = write_verify(spec_of(1, model="rram_stanford_a"), targets, tolerance=TOLERANCE)
    assert found.reached.all()
    return fit_write_spread(found, rng=np.random.default_rng(1))


def test_the_spread_is_within_the_tolerance_and_holds_for_the_other_half(spread):
    assert all(0.05 * TOLERANCE < sigma < TOLERANCE for sigma in spread.sigma)
    assert spread.cells == spread.held_out == 12 and spread.holds


def test_calibration_counts_it_as_the_programming_error(spread, tmp_path):
    folder = tmp_path / "written"
    folder.mkdir()
    for file in ("device.toml", "model.lib"):
        text = (device_models_folder() / "rram_stanford_a" / file).read_text().replace("rram_stanford_a", "written")
        (folder / file).write_text(text + (spread.toml if file == "device.toml" else ""))
    g = np.array([LOW, HIGH])
    assert_allclose(programming_sigma(read_statistics(load_folder(folder)), g), spread.at(g), rtol=1e-9)

    calibration = calibrate(spec_of(8, folder=str(folder)), rng=np.random.default_rng(0), search="none", thorough=True)
    budget = calibration.certificate.budget
    programming = next(cause for cause in budget.causes if cause.name == "programming")
    # Errors of eight cells with independent spreads, half of them driven: a share of the largest output, at 8 g_max v.
    alone = np.sqrt(8 * 0.5) * np.mean(spread.sigma) / (8 * HIGH)
    assert 0.3 * alone < programming.power**0.5 < 3 * alone
