"""Statistics of measured devices: deterministic parts to the digits of their sources, samples to 1.5 %."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.devices import list_cards, load_card
from circuitsim.devices.device_toml_statistics import StatisticsTable
from circuitsim.devices.statistics import (
    Statistics,
    drift_exponent,
    drift_factor,
    drift_mean,
    drift_sigma,
    endurance_limit,
    programming_sigma,
    read_sigma,
    read_statistics,
    sample_aged,
    sample_programmed,
    sample_read,
    sample_stuck,
    temperature_factor,
)
from circuitsim.devices.statistics.statistics import ExtrapolationWarning
from circuitsim.errors import InputError, OutsideRangeError

DAY = 86400.0
DRAWS = 100_000
CARDS = ["pcm_joshi", "pcm_hermes", "rram_wan", "rram_milo", "rram_cmo", "flash_sonos_40nm"]


def stats(name) -> Statistics:
    return read_statistics(load_card(name))


def _has_read_noise(name) -> bool:
    table = load_card(name).statistics
    return table is not None and table.read_noise is not None


def test_pcm_at_full_conductance_after_a_day():
    """Joshi et al. 2020 and Nandakumar et al. 2019, evaluated by hand at 25 µS."""
    pcm, g = stats("pcm_joshi"), np.array([25e-6])
    assert_allclose(programming_sigma(pcm, g), 1.05538e-6, rtol=1e-12, atol=0)
    mean, sigma = drift_exponent(pcm, g)
    assert_allclose([mean[0], sigma[0]], [0.049, 0.008], rtol=1e-12, atol=0)
    assert_allclose(drift_factor(pcm, 0.049, DAY), 0.663524, rtol=0, atol=5e-7)  # six digits are given
    assert_allclose(read_sigma(pcm, g, np.ones(1), DAY), 0.04476, rtol=0, atol=5e-6)  # four digits are given


def test_pcm_error_agrees_with_the_independent_fit_of_crosssim():
    """CrossSim fits the same figure with 0.28639 + 0.07586 g − 0.0017877 g² µS."""
    g = np.linspace(1e-6, 25e-6, 25)
    other = 1e-6 * (0.28639 + 0.07586 * g / 1e-6 - 0.0017877 * (g / 1e-6) ** 2)
    assert np.abs(programming_sigma(stats("pcm_joshi"), g) - other).max() < 0.025e-6  # of up to 1.09 µS


def test_rram_error_agrees_with_the_independent_fit_of_crosssim():
    """Wan et al. 2022, Extended Data Fig. 3: two groups digitized one figure.

    They differ by less than 0.4 µS (of up to 2.3 µS) from 3 to 37 µS, and by more at the ends.
    """
    g = np.linspace(3e-6, 37e-6, 35)
    other = 1e-6 * np.polyval([1.536e-4, -1.167e-2, 2.374e-1, 1.053], g / 1e-6)
    assert np.abs(programming_sigma(stats("rram_wan"), g) - other).max() < 0.4e-6


@pytest.mark.parametrize(
    ("x", "mean", "sigma"),
    [
        (0.05, -0.0387 * np.log(0.05) - 0.0182, -0.0117 * np.log(0.05) - 0.0057),
        (0.01, 0.13, 0.04),
        (0.5, -0.0436 * 0.25 - 0.0126 * 0.5 + 0.0736, -0.0118 * 0.25 + 0.0093 * 0.5 + 0.0073),
        (1.0, 0.0174, 0.0048),
    ],
)
def test_hermes_drift_on_both_sides_of_its_branches(x, mean, sigma):
    found = drift_exponent(stats("pcm_hermes"), np.array([x * 20.7e-6]))
    assert_allclose([found[0][0], found[1][0]], [mean, sigma], rtol=1e-12, atol=0)


def test_hermes_programming_and_read_noise_at_full_conductance():
    hermes, g = stats("pcm_hermes"), np.array([20.7e-6])
    total = 0.16603222 + 4.71806468 - 8.48101252 + 4.68961419
    assert_allclose(programming_sigma(hermes, g), 1e-6 * total, rtol=1e-12, atol=0)
    q = 0.0123 + 0.0211 - 0.0280 + 0.0069
    spread = np.sqrt(np.log((3600 + 300 + 512e-9) / (2 * 512e-9)))
    assert_allclose(read_sigma(hermes, g, g, 3600.0), 20.7e-6 * q * spread, rtol=1e-12, atol=0)


def test_rram_wan_grows_from_a_second_to_two_days():
    wan, g = stats("rram_wan"), np.array([20e-6])
    x = 0.5
    second = 0.348 + 16.030 * x - 43.853 * x**2 + 45.393 * x**3 - 16.815 * x**4
    two_days = 0.782 + 20.274 * x - 43.507 * x**2 + 37.062 * x**3 - 11.934 * x**4
    assert_allclose(programming_sigma(wan, g), 1e-6 * second, rtol=1e-12, atol=0)
    assert_allclose(drift_sigma(wan, g, 1.0), 1e-6 * second, rtol=1e-12, atol=0)
    assert_allclose(drift_sigma(wan, g, 2 * DAY), 1e-6 * two_days, rtol=1e-12, atol=0)
    assert drift_sigma(wan, g, 3600.0)[0] > 1e-6 * second
    assert_allclose(drift_mean(wan, g, DAY), g, rtol=0, atol=0)


def test_rram_milo_error_at_the_ends_of_its_figure():
    found = programming_sigma(stats("rram_milo"), np.array([50e-6, 225e-6]))
    assert_allclose(found, [4.326971e-6, 2.733246e-6], rtol=1e-12, atol=0)


def test_rram_cmo_drift_and_read_noise_after_a_day():
    cmo, g = stats("rram_cmo"), np.array([50e-6])
    log = np.log(DAY)
    assert_allclose(drift_mean(cmo, g, DAY), 1e-6 * (50 - 0.08900206 * log), rtol=1e-12, atol=0)
    assert_allclose(drift_sigma(cmo, g, DAY), 1e-6 * (0.04201137 * log + 0.41183342), rtol=1e-12, atol=0)
    noise = 0.0277316483 * np.log10(50) * np.sqrt(np.log((DAY + 1e-6) / 2e-6))
    assert_allclose(read_sigma(cmo, g, g, DAY), 1e-6 * noise, rtol=1e-12, atol=0)


def test_sonos_error_and_drift_at_800_nanoampere():
    """Agrawal et al. 2022: saturating errors; between two measured days the coefficients are interpolated."""
    sonos, g = stats("flash_sonos_40nm"), np.array([8e-6])
    assert_allclose(programming_sigma(sonos, g), 1e-8 * 19.88665 * -np.expm1(-800 / 176.3115), rtol=1e-12, atol=0)
    assert_allclose(read_sigma(sonos, g, g), 1e-8 * 12.58037 * -np.expm1(-800 / 215.36557), rtol=1e-12, atol=0)
    one, two = (drift_mean(sonos, g, days * DAY)[0] for days in (1, 2))
    assert_allclose(drift_mean(sonos, g, 1.5 * DAY)[0], (one + two) / 2, rtol=1e-12, atol=0)
    assert 0.96 < one / 8e-6 < 0.98
    moved = one / 1e-8
    assert_allclose(drift_sigma(sonos, g, DAY), 1e-8 * 25.59102 * -np.expm1(-moved / 186.85544), rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", CARDS)
def test_sampled_programming_error_has_its_standard_deviation(name):
    card_stats = stats(name)
    g = np.full(DRAWS, card_stats.g_min + 0.6 * (card_stats.g_max - card_stats.g_min))
    drawn = sample_programmed(card_stats, g, rng=np.random.default_rng(1))
    sigma = programming_sigma(card_stats, g[:1])[0]
    assert_allclose(drawn.std(), sigma, rtol=0.015, atol=0)
    assert abs(drawn.mean() - g[0]) < 4 * sigma / np.sqrt(DRAWS)


@pytest.mark.parametrize("name", ["pcm_joshi", "pcm_hermes", "rram_wan", "rram_cmo", "flash_sonos_40nm"])
def test_sampled_read_noise_has_its_standard_deviation(name):
    card_stats = stats(name)
    g = np.full(DRAWS, 0.6 * card_stats.g_max)
    drawn = sample_read(card_stats, g, g, 3600.0, rng=np.random.default_rng(2))
    assert_allclose(drawn.std(), read_sigma(card_stats, g[:1], g[:1], 3600.0)[0], rtol=0.015, atol=0)


@pytest.mark.parametrize("name", ["rram_wan", "flash_sonos_40nm"])
def test_sampled_age_has_the_stated_mean_and_spread(name):
    card_stats = stats(name)
    g = np.full(DRAWS, 8e-6)
    drawn = sample_aged(card_stats, g, DAY, rng=np.random.default_rng(3))
    sigma = drift_sigma(card_stats, g[:1], DAY)[0]
    assert_allclose(drawn.std(), sigma, rtol=0.015, atol=0)
    assert abs(drawn.mean() - drift_mean(card_stats, g[:1], DAY)[0]) < 4 * sigma / np.sqrt(DRAWS)


def test_sampled_drift_spreads_by_device():
    """ln(g(t)/g) is −ν ln((t + t0)/t0): its spread is that of ν where programming adds nothing to it."""
    pcm = stats("pcm_joshi")
    g = np.full(DRAWS, 25e-6)
    rng = np.random.default_rng(4)
    drawn = sample_aged(pcm, g, DAY, rng=rng)
    log_time = np.log((DAY + 20) / 20)
    programming = programming_sigma(pcm, g[:1])[0] / 25e-6
    expected = np.hypot(0.008 * log_time, programming)
    assert_allclose(np.log(drawn).std(), expected, rtol=0.015, atol=0)


def test_the_same_generator_gives_the_same_cells():
    g = np.linspace(1e-6, 2e-5, 50).reshape(5, 10)
    first, second = (sample_aged(stats("pcm_joshi"), g, 100.0, rng=np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, second)
    assert first.shape == (5, 10)
    assert (first >= 0).all()


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: programming_sigma(stats("rram_milo"), np.array([4e-5])), r"g = 4e-05 S, its source holds from 5e-05"),
        (lambda: programming_sigma(stats("pcm_joshi"), np.array([np.nan])), r"g = nan S"),
        (
            lambda: drift_sigma(stats("rram_wan"), np.array([1e-5]), 3 * DAY),
            r"t = 259200 s, its source holds from 1 to",
        ),
        (lambda: drift_mean(stats("rram_cmo"), np.array([1e-5]), 0.5), r"t = 0\.5 s"),
        (lambda: drift_factor(stats("pcm_joshi"), 0.05, -1.0), r"t = -1 s, expected a time since the end"),
        (lambda: drift_mean(stats("flash_sonos_40nm"), np.array([1.7e-5]), DAY), r"g = 1\.7e-05 S"),
    ],
)
def test_outside_the_range_of_the_source_is_refused(call, match):
    with pytest.raises(OutsideRangeError, match=match):
        call()


def test_extrapolation_is_labelled():
    with pytest.warns(ExtrapolationWarning, match=r"g = 4e-05 S.*extrapolated"):
        programming_sigma(stats("rram_milo"), np.array([4e-5]), extrapolate=True)


def test_a_source_that_says_nothing_is_not_guessed():
    with pytest.raises(InputError, match=r"rram_milo: no statistics of read noise; its source has programming"):
        read_sigma(stats("rram_milo"), np.array([1e-4]), np.array([1e-4]))
    with pytest.raises(InputError, match=r"rram_sinh: .* has no \[statistics\]"):
        stats("rram_sinh")
    with pytest.raises(InputError, match=r"no statistics of endurance"):
        endurance_limit(stats("pcm_joshi"))


def test_stuck_cells_come_at_their_rate():
    g = np.full(DRAWS, 1e-5)
    found = sample_stuck(g, low=1e-7, high=1e-4, fraction_low=0.02, fraction_high=0.05, rng=np.random.default_rng(6))
    assert_allclose([(found == 1e-7).mean(), (found == 1e-4).mean()], [0.02, 0.05], rtol=0.05, atol=0)
    with pytest.raises(InputError, match=r"fraction_low = 0\.7, fraction_high = 0\.4"):
        sample_stuck(g, low=0, high=1, fraction_low=0.7, fraction_high=0.4, rng=np.random.default_rng(6))


def test_a_temperature_coefficient_holds_in_its_range():
    temperature = {"coefficient": 2e-3, "reference_c": 27.0, "min_c": -40.0, "max_c": 85.0}
    table = StatisticsTable.model_validate(
        {"g_ref": 1e-5, "unit": 1e-6, "source": "here", "fit": "user"}
        | {"temperature": temperature, "endurance": {"cycles": 1e6}}
    )
    own = Statistics("own", 0.0, 1e-4, table)
    assert_allclose(temperature_factor(own, 77.0), 1.1, rtol=1e-12, atol=0)
    assert endurance_limit(own) == 1e6
    with pytest.raises(InputError, match=r"temperature_c = 90"):
        temperature_factor(own, 90.0)


@pytest.mark.filterwarnings("ignore::circuitsim.devices.statistics.statistics.ExtrapolationWarning")
@pytest.mark.parametrize("name", [name for name in list_cards() if _has_read_noise(name)])
def test_read_noise_is_a_number_at_once_and_for_an_open_cell(name):
    card = stats(name)
    g = np.array([0.0, card.g_min, card.g_max])
    before = np.maximum(g, card.g_min)
    sigma = read_sigma(card, before, g, 0.0, extrapolate=True)
    assert np.isfinite(sigma).all() and (sigma >= 0).all()
    read = sample_read(card, before, g, 0.0, rng=np.random.default_rng(0), extrapolate=True)
    assert np.isfinite(read).all() and (read >= 0).all()
