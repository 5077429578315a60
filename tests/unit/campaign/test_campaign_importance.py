"""Rare failures: probabilities that are known in closed form, intervals that hold, and weights that collapse."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from math import prod

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from circuitsim import campaign, parse_spec
from circuitsim.campaign import cell_measures
from circuitsim.campaign.cell_measures import programming_yield, rare_current
from circuitsim.devices import device_card
from circuitsim.devices.statistics import programming_sigma, read_statistics
from circuitsim.errors import CampaignStatisticsWarning, InputError

RARE = 1e-5
SPEC = {
    "schema": 1,
    "array": {"rows": 8, "cols": 2, "cell": "1r"},
    "device": {"model": "rram_cmo", "g_min": "10u", "g_max": "80u"},
    "wire": {"r_row": 0.0, "r_col": 0.0},
    "driver": {"v_read": 0.2},
}
CAMPAIGN = """\
schema = 1
base = { array = { rows = 8, cols = 2, cell = "1r" }, schema = 1, device = { model = "rram_cmo", g_min = "10u", \
g_max = "80u" }, wire = { r_row = 0, r_col = 0 }, driver = { v_read = 0.2 } }
replicates = 12
[measures.fails]
function = "rare_current"
arguments = { limit = LIMIT, target = 45e-6, draws = 600, level = "ideal" }
"""


def rare_limit(share):
    """Current of the column (8 cells at 45 µS, 0.2 V) below which it is with this probability: errors are normal."""
    spec = parse_spec(SPEC)
    sigma = float(programming_sigma(read_statistics(device_card(spec)), np.array(45e-6)))
    assert 45e-6 / sigma > 8, "no cell reaches 0, where the error is not normal"
    return float(0.2 * (8 * 45e-6 + norm.ppf(share) * np.sqrt(8) * sigma))


def covered(shift, scale, draws, cells, times=200):
    """How often the interval of a sum of normal conductances holds, of those that are told, and how many are told."""
    rng, direction, limit = np.random.default_rng(0), np.full(cells, -1 / np.sqrt(cells)), -norm.ppf(RARE)
    proposal, found = campaign.normal_proposal(shift * direction, scale), []
    for _ in range(times):
        z, weight = campaign.weighted_draws(proposal, draws, rng=rng)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CampaignStatisticsWarning)
            found.append(campaign.rare_share(z @ direction > limit, weight))
    sure = [each for each in found if each.is_sure]
    return np.mean([each.low <= RARE <= each.high for each in sure]) if sure else np.nan, len(sure), found


@pytest.mark.parametrize(("shift", "scale", "draws"), [(-norm.ppf(RARE), 1.0, 300), (3.0, 1.0, 1500), (4.5, 1.2, 1500)])
def test_the_interval_of_a_rare_failure_holds_as_often_as_it_says(shift, scale, draws):
    share, sure, found = covered(shift, scale, draws, cells=16)
    assert sure == 200 and share > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 200)
    assert np.mean([each.value for each in found]) == pytest.approx(RARE, rel=0.05)
    assert np.mean([each.high / each.low for each in found]) < 2.0, "the interval says where the probability lies"


def test_the_interval_holds_on_a_sum_of_log_normal_currents():
    """Two cells whose conductances spread by log-normal laws: skewed, with a probability known by quadrature.

    e^(0.2 z1) + e^(0.5 z2) > limit, the shift at the most likely failure; P = 1e-5 by the integral over z1.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)

    def share(limit):
        left = np.maximum(limit - np.exp(0.2 * nodes), 1e-300)
        return float(weights @ norm.sf(np.log(left) / 0.5)) / np.sqrt(2 * np.pi)

    limit = brentq(lambda each: np.log(share(each) / RARE), 3.0, 30.0)
    assert share(limit) == pytest.approx(RARE)
    angles = np.linspace(0.0, np.pi / 2, 2001)
    along = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    reach = [brentq(lambda r, d=d: np.exp(0.2 * r * d[0]) + np.exp(0.5 * r * d[1]) - limit, 0.0, 40.0) for d in along]
    proposal, rng, held, values = (
        campaign.normal_proposal(min(reach) * along[int(np.argmin(reach))]),
        np.random.default_rng(0),
        [],
        [],
    )
    for _ in range(300):
        z, weight = campaign.weighted_draws(proposal, 600, rng=rng)
        found = campaign.rare_share(np.exp(0.2 * z[:, 0]) + np.exp(0.5 * z[:, 1]) > limit, weight)
        held.append(found.is_sure and found.low <= RARE <= found.high)
        values.append(found.value)
    assert np.mean(held) > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 300)
    assert np.mean(values) == pytest.approx(RARE, rel=3 * np.std(values) / RARE / np.sqrt(300))


def test_weights_that_collapse_tell_no_interval():
    """Scaled errors of 64 cells: hardly a draw keeps a weight, and what is left is no estimate."""
    _, sure, found = covered(0.0, 2.0, 1000, cells=64, times=20)
    assert sure == 0 and {(each.low, each.high) for each in found} == {(0.0, 1.0)}
    z, weight = campaign.weighted_draws(campaign.normal_proposal(np.zeros(64), 2.0), 500, rng=np.random.default_rng(0))
    with pytest.warns(CampaignStatisticsWarning, match=r"the interval is 0 to 1, expected 30 or more; shift towards"):
        campaign.rare_share(z.sum(axis=1) < -30.0, weight)


@pytest.mark.parametrize("size", [-500.0, -300.0, 400.0])
def test_the_size_of_the_weights_decides_no_interval(size):
    """Their squares leave the range of numbers, which made the interval NaN, or 0 to 1."""
    failed, weight = np.arange(400) % 2 == 0, np.random.default_rng(0).normal(size=400)
    near, far = campaign.rare_share(failed, weight - 5.0), campaign.rare_share(failed, weight + size)
    assert far.is_sure and far.effective == pytest.approx(near.effective)
    assert far.value / near.value == pytest.approx(np.exp(size + 5.0))
    assert far.value / far.low == pytest.approx(near.value / near.low)


def test_plain_draws_are_a_plain_share():
    rng = np.random.default_rng(1)
    z, weight = campaign.weighted_draws(campaign.normal_proposal(np.zeros(3)), 4000, rng=rng)
    assert (weight == 0).all()
    found = campaign.rare_share(z[:, 0] > 1.0, weight)
    assert found.effective == pytest.approx(found.failed) and found.value == found.failed / 4000
    assert found.low < norm.sf(1.0) < found.high


def test_rows_are_driven_above_the_reference_of_the_sense_amplifiers():
    arguments = {"limit": rare_limit(RARE), "target": 45e-6, "draws": 400, "level": "ideal"}
    at_zero, raised = (
        rare_current(parse_spec(SPEC | {"sense": {"v_ref": v_ref}}), np.random.default_rng(3), **arguments)
        for v_ref in (0.0, 0.3)
    )
    assert raised["probability"][0] == pytest.approx(at_zero["probability"][0], rel=1e-3)


def test_a_current_of_an_array_fails_as_rarely_as_in_closed_form(tmp_path):
    """Replicates of the measure average to the probability, and Student's interval of them holds it."""
    (tmp_path / "c.toml").write_text(CAMPAIGN.replace("LIMIT", repr(rare_limit(RARE))))
    plan = campaign.plan_campaign(campaign.load_campaign(tmp_path / "c.toml"), tmp_path)
    with ThreadPoolExecutor(1) as executor:
        steps = list(campaign.run_campaign(plan, tmp_path / "out", engine=campaign.given_engine(executor)))
    assert steps[-1].failed == 0, steps[-1].outcome
    data = campaign.collect_campaign(tmp_path / "out")
    mean = next(e for e in campaign.campaign_estimates(data) if e.name == "fails.probability").table
    assert mean.low < RARE < mean.high and mean.high - mean.low < 0.3 * RARE
    assert data.fails_effective.min() > 30
    assert ((data.fails_low < RARE) & (data.fails_high > RARE)).mean() > 0.8


def test_both_levels_and_both_sides_agree_where_there_are_no_wires():
    spec, rng = parse_spec(SPEC), np.random.default_rng
    low, high = rare_limit(RARE), 2 * rare_limit(0.5) - rare_limit(RARE)
    ideal = rare_current(spec, rng(3), limit=low, target=45e-6, draws=220, level="ideal")
    nodal = rare_current(spec, rng(3), limit=low, target=45e-6, draws=220)
    assert {name: value for name, (value, _) in nodal.items()} == pytest.approx(
        {name: value for name, (value, _) in ideal.items()}, rel=1e-6
    )
    other = rare_current(spec, rng(3), limit=high, side="above", target=45e-6, draws=2000, level="ideal")
    assert other["probability"][0] == pytest.approx(RARE, rel=0.2)


def test_programming_yields_what_the_errors_of_the_card_say():
    spec = parse_spec(SPEC | {"array": {"rows": 100, "cols": 100, "cell": "1r"}})
    found = programming_yield(spec, np.random.default_rng(0), tolerance=0.015)
    rng = np.random.default_rng(0)
    g = np.exp(rng.uniform(np.log(10e-6), np.log(80e-6), 200_000))
    sigma = programming_sigma(read_statistics(device_card(spec)), g)
    wanted = np.mean(1 - 2 * norm.sf(0.015 * 70e-6 / sigma))
    assert 0.05 < wanted < 0.999
    assert found["within"][0] == pytest.approx(wanted, abs=4 * np.sqrt(wanted * (1 - wanted) / 10_000))
    assert found["outside"][0] == pytest.approx(10_000 * (1 - found["within"][0]))
    with pytest.raises(InputError, match="tolerance = 0"):
        programming_yield(spec, rng, tolerance=0.0)


def test_likelihoods_are_those_of_two_normal_densities():
    proposal = campaign.normal_proposal([0.5, -1.0], 1.7)
    z, weight = campaign.weighted_draws(proposal, 5, rng=np.random.default_rng(0))
    ratio = [prod(norm.pdf(row) / norm.pdf(row, [0.5, -1.0], 1.7)) for row in z]
    np.testing.assert_allclose(np.exp(weight), ratio)


def test_what_cannot_be_drawn_is_refused(monkeypatch):
    with pytest.raises(InputError, match="scale = 0: expected a number above 0"):
        campaign.normal_proposal([1.0], 0.0)
    with pytest.raises(InputError, match="expected finite numbers"):
        campaign.normal_proposal(np.zeros((2, 2)))
    with pytest.raises(InputError, match="one entry a draw"):
        campaign.rare_share(np.zeros(3, dtype=bool), np.zeros(2))
    monkeypatch.setattr(cell_measures, "programming_sigma", lambda stats, g: np.zeros_like(g))
    with pytest.raises(InputError, match="no error changes the current"):
        rare_current(parse_spec(SPEC), np.random.default_rng(0), limit=0.0)
