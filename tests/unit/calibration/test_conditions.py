"""Arrays some time after programming: when a source holds, how matrices age, the gain that makes up for it."""

from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import array_spec, surface
from scipy.stats import norm

from circuitsim.calibration.conditions import _age, _compensated, source_times
from circuitsim.calibration.solve_experiments import solve_in_nodal
from circuitsim.devices.load import load_card
from circuitsim.devices.statistics import drift_mean, programming_sigma, read_statistics
from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.results import Experiment

JOSHI, WAN, MILO = (load_card(name) for name in ("pcm_joshi", "rram_wan", "rram_milo"))


def test_measured_times_are_taken_as_they_are():
    assert source_times(read_statistics(WAN)) == (1.0, 86400.0, 172800.0)


def test_a_range_gives_both_ends_and_every_second_decade():
    """From 1 s, because a power law from the end of programming has no time 0."""
    assert source_times(read_statistics(JOSHI)) == (1.0, 100.0, 1e4, 1e6, 3.2e7)
    cmo = read_statistics(load_card("rram_cmo"))
    assert source_times(cmo) == (1.0, 100.0, 1e4, 1e6, 2.6e6)
    drift = cmo.table.drift.model_copy(update={"t_min": 30.0, "t_max": 1e5})
    later = replace(cmo, table=cmo.table.model_copy(update={"drift": drift}))
    assert source_times(later) == (30.0, 100.0, 1e4, 1e5)


def test_statistics_without_time_are_refused():
    with pytest.raises(InputError, match="rram_milo: the statistics contain neither drift nor retention"):
        source_times(read_statistics(MILO))


def experiments(*conductances):
    return [Experiment("uniform", np.full((60, 50), g), ("uniform",), np.full((1, 60), 0.1)) for g in conductances]


def age(*conductances, t, g_min=1e-7):
    spec = array_spec(device={"model": "pcm_joshi", "g_min": g_min, "g_max": 2.5e-5})
    return _age(experiments(*conductances), spec, read_statistics(JOSHI), t, np.random.default_rng(0))


def test_matrices_age_as_the_mean_of_the_device():
    aged, said = age(5e-6, 2e-5, t=1e5)
    assert said == ()
    for g, one in zip((5e-6, 2e-5), aged, strict=True):
        expected = drift_mean(read_statistics(JOSHI), np.array([g]), 1e5)[0]
        assert one.g.mean() == pytest.approx(expected, rel=0.03) and one.g.std() > 0
        assert one.input_kinds == ("uniform",) and np.all(one.v_in == 0.1)


def test_conductances_are_kept_as_they_were_drawn():
    """Beyond g_max and below g_min too: half of what is programmed to g_max lies above it."""
    sigma = programming_sigma(read_statistics(JOSHI), np.array([2.5e-5]))[0]
    (high,) = age(2.5e-5, t=0.0)[0]
    assert np.mean(high.g > 2.5e-5) == pytest.approx(0.5, abs=0.05)
    assert high.g.mean() == pytest.approx(2.5e-5, abs=0.1 * sigma) and high.g.std() == pytest.approx(sigma, rel=0.05)
    (low,) = age(4e-6, t=0.0, g_min=4e-6)[0]
    assert np.mean(low.g < 4e-6) == pytest.approx(0.5, abs=0.05)
    assert low.g.mean() == pytest.approx(4e-6, abs=0.1 * sigma)


def test_only_cells_drawn_below_0_are_open():
    """A normal distribution about 1e-7 S has this share below 0 S."""
    wanted = 1e-7
    (dark,) = age(wanted, t=0.0)[0]
    sigma = programming_sigma(read_statistics(JOSHI), np.array([wanted]))[0]
    assert np.mean(dark.g == 0) == pytest.approx(norm.cdf(-wanted / sigma), abs=0.03)
    below = np.mean((dark.g > 0) & (dark.g < wanted))
    assert below == pytest.approx(0.5 - norm.cdf(-wanted / sigma), abs=0.03) and dark.g.min() == 0.0


def test_wanted_open_cells_stay_open():
    assert np.all(age(0.0, t=1e5)[0][0].g == 0)


def test_times_beyond_the_source_are_labelled_once():
    late, said = age(5e-6, 2e-5, t=1e9)
    assert len(late) == 2 and len(said) == 1 and "extrapolated" in said[0]


def test_conductances_beyond_the_source_are_refused():
    with pytest.raises(OutsideRangeError, match="its source holds from"):
        age(3e-5, t=1.0)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.25])
def test_a_common_factor_is_a_gain_and_leaves_the_models_own_error(model, hold_out, factor):
    truths = solve_in_nodal(array_spec(), surface(0.1), hold_out)
    scaled = [replace(truth, out=factor * truth.out) for truth in truths]
    one, rms = _compensated(model, hold_out, truths, 1e-4)
    gain, scaled_rms = _compensated(model, hold_out, scaled, 1e-4)
    assert one == pytest.approx(1.0, abs=0.01)
    assert gain == pytest.approx(factor * one, rel=1e-12) and scaled_rms == pytest.approx(factor * rms, rel=1e-9)
    assert _compensated(model, hold_out, truths, 2e-4)[1] == pytest.approx(rms / 2, rel=1e-12)
    assert 0 < rms < 1e-3
