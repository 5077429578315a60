"""Draws of conductances by cause: what each does alone, together, and to the same cell at several times."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.devices import load_card, read_statistics
from circuitsim.devices.statistics import drift_mean, programming_sigma, sample_aged
from circuitsim.devices.statistics.causes import draw_conductances, stated_causes
from circuitsim.errors import InputError

PCM = read_statistics(load_card("pcm_joshi"))
YEAR = 3.15e7
G = np.full(200_000, 8e-6)


def draw(t=0.0, causes=("programming", "drift"), stats=PCM, g=G, seed=1):
    return draw_conductances(stats, g, t, causes=causes, rng=np.random.default_rng(seed))


def test_both_causes_have_the_distribution_of_programming_and_waiting():
    ours, theirs = draw(YEAR), sample_aged(PCM, G, YEAR, rng=np.random.default_rng(2))
    error = theirs.std() / np.sqrt(len(G))
    assert abs(ours.mean() - theirs.mean()) < 6 * error
    assert_allclose(ours.std(), theirs.std(), rtol=0.02, atol=0)


def test_a_cell_drifts_on_with_its_own_exponent():
    start, hour, year = (draw(t) for t in (0.0, 3600.0, YEAR))
    t0 = PCM.table.drift.t0
    nu = [-np.log(later / start) / np.log((t + t0) / t0) for later, t in ((hour, 3600.0), (year, YEAR))]
    assert_allclose(nu[0], nu[1], rtol=1e-9, atol=0)


def test_causes_alone():
    error = draw(causes=("programming",)) - G
    assert_allclose(error.std(), programming_sigma(PCM, G[:1])[0], rtol=0.01, atol=0)
    assert_allclose(draw(YEAR, causes=("programming",)) - G, error, rtol=0, atol=0)  # time does nothing by itself
    assert_allclose(draw(YEAR, causes=("drift",)).mean(), drift_mean(PCM, G[:1], YEAR)[0], rtol=0.05, atol=0)
    assert_allclose(draw(0.0, causes=("drift",)), G, rtol=0, atol=0)


def test_open_cells_stay_open():
    assert not draw(YEAR, g=np.zeros(100)).any()


@pytest.mark.parametrize("name", ["rram_wan", "flash_sonos_40nm", "rram_cmo", "pcm_hermes"])
def test_every_form_of_aging_moves_cells_and_never_below_zero(name):
    stats = read_statistics(load_card(name))
    causes = stated_causes(stats, 3600.0)
    g = np.linspace(max(stats.g_min, 1e-7), 0.45 * stats.g_max, 1000)  # a table of drift ends at half of g_max
    aging = stats.table.drift or stats.table.retention
    t = min(max(3600.0, aging.t_min), aging.t_max)
    drawn = draw_conductances(stats, g, t, causes=causes, rng=np.random.default_rng(0))
    assert (drawn >= 0).all()
    assert np.mean(drawn != g) > 0.9


@pytest.mark.parametrize(
    ("causes", "said"),
    [(("programing",), "expected some of programming, drift, read_noise, stuck"), (("stuck",), "state no stuck")],
)
def test_a_cause_that_is_unknown_or_not_stated(causes, said):
    with pytest.raises(InputError, match=said):
        draw(causes=causes)
