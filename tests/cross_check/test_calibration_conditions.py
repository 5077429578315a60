"""Certificates over temperature and time, and the device's statistics in the budget."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.calibration import (
    calibrate,
    error_budget,
    over_temperature,
    over_time,
    random_experiments,
    source_times,
)
from circuitsim.calibration.budget import budget_outputs
from circuitsim.calibration.drawn import device_statistics
from circuitsim.characterization import cell
from circuitsim.devices import load_card
from circuitsim.devices.statistics import drift_mean, read_statistics
from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.report.words import certificate_in_words
from circuitsim.results import Experiment, TileModel
from circuitsim.spec import parse_spec


def _spec(device, g_max, rows=10, cols=8):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols},
            "device": {"model": device, "g_min": 1e-6, "g_max": g_max},
            "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8},
            "wire": {"r_row": 2, "r_col": 2},
            "driver": {"v_read": 0.2},
        }
    )


def test_each_temperature_has_its_own_model_and_certificate():
    found = over_temperature(_spec("rram_sinh", 1e-4), seed=0, search="structured")
    assert [c.certificate.temperature_c for c in found] == [0.0, 25.0, 60.0]
    assert all(c.certificate.truth == "ngspice" and c.certificate.reached for c in found)
    assert len({c.certificate.model_digest for c in found}) == 3
    # The transistor's resistance grows with temperature, and the currents fall.
    scales = [c.certificate.full_scale for c in found]
    assert scales[0] > scales[1] > scales[2]


def test_a_temperature_outside_the_card_is_refused():
    with pytest.raises(OutsideRangeError, match="temperature_c = 150"):
        calibrate(_spec("rram_sinh", 1e-4).replace(array={"temperature_c": 150}), rng=np.random.default_rng(0))


@pytest.fixture(scope="module")
def drifting():
    spec = _spec("pcm_joshi", 2e-5)
    return TileModel(spec, cell(spec), 2, (0.0, 0.2))


def test_drift_shows_as_the_gain_that_its_law_says(drifting):
    statistics = read_statistics(load_card("pcm_joshi"))
    times = (source_times(statistics)[0], 1e5)
    early, late = over_time(drifting, rng=np.random.default_rng(0), times=times)
    assert (early.certificate.time_s, late.certificate.time_s) == times
    assert early.certificate.extrapolated == late.certificate.extrapolated == ()
    g = np.array([1e-5])
    expected = drift_mean(statistics, g, 1e5)[0] / drift_mean(statistics, g, times[0])[0]
    # The mean over devices of t^-nu, and not t to the mean; wires and transistor weaken it by some per cent.
    assert_allclose(late.gain / early.gain, expected, rtol=0.05, atol=0)
    assert late.certificate.typical.rms > early.certificate.typical.rms > late.rms_after_gain * 0.5
    assert late.rms_after_gain < late.certificate.typical.rms
    assert "100 ks after programming" in certificate_in_words(late.certificate)


def test_beyond_its_source_a_time_is_labelled(drifting):
    (late,) = over_time(drifting, rng=np.random.default_rng(0), times=[1e9])
    assert late.certificate.extrapolated and "extrapolated" in late.certificate.extrapolated[0]
    assert "EXTRAPOLATED" in certificate_in_words(late.certificate)


def test_a_device_without_statistics_is_refused():
    spec = _spec("rram_sinh", 1e-4)
    with pytest.raises(InputError, match="has no \\[statistics\\]"):
        over_time(TileModel(spec, cell(spec), 1, (0.0, 0.2)), rng=np.random.default_rng(0))


def test_programming_error_and_read_noise_are_in_the_budget():
    spec = _spec("rram_wan", 4e-5)
    statistics, left_out = device_statistics(spec)
    assert statistics is not None and left_out == ()
    experiments = random_experiments(
        spec, np.random.default_rng(1), matrices=("log_uniform", "uniform"), vectors={"uniform": 10}
    )
    surface = cell(spec)
    budget, outputs = (
        make(spec, surface, experiments, rng=np.random.default_rng(2), statistics=statistics)
        for make in (error_budget, budget_outputs)
    )
    assert [cause.name for cause in budget.causes] == ["cells", "wires", "driver", "sense", "programming", "read noise"]
    assert_allclose(budget.sum_of_causes + budget.interaction, budget.total, rtol=1e-10, atol=0)
    error = (outputs.single["programming"] - outputs.ideal) / np.abs(outputs.ideal).max()
    assert_allclose(budget.causes[4].power, np.mean(error**2), rtol=1e-12, atol=0)
    assert min(cause.power for cause in budget.causes[4:]) > 0


@pytest.mark.parametrize(("g", "beyond"), [(3.9e-5, "above"), (1e-6, "below")])
def test_programmed_conductances_beyond_the_surface_ask_for_a_wider_one(g, beyond):
    """Ohmic cells without wires: the array's outputs are products with what was programmed, plus the read noise."""
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 10, "cols": 8, "cell": "1r"},
            "device": {"model": "rram_wan", "g_min": 1e-6, "g_max": 3.9e-5},
            "wire": {"r_row": 0, "r_col": 0},
            "driver": {"v_read": 0.2},
        }
    )
    v = np.random.default_rng(1).uniform(0, 0.2, (20, 10))
    read = Experiment("uniform", np.full(spec.shape, g), ("uniform",) * 20, v)
    narrow = cell(spec)
    found = budget_outputs(
        spec, narrow, [read], rng=np.random.default_rng(0), statistics=read_statistics(load_card("rram_wan"))
    )
    programmed = np.linalg.lstsq(v, found.single["programming"].reshape(20, 8), rcond=None)[0]
    reached = programmed.max() if beyond == "above" else programmed.min()
    assert reached > narrow.g_range[1] if beyond == "above" else reached < narrow.g_range[0]
    noise = found.single["read noise"] - found.ideal
    expected = found.single["programming"] + noise
    closed = np.tile(programmed.min(axis=0) > 1e-12, 20)  # [S]; an open cell has no read noise
    assert closed.any()
    assert_allclose(found.together[closed], expected[closed], rtol=0, atol=2e-2 * np.abs(noise).max())
