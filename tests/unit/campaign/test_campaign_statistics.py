"""What replicates say together: intervals, yields, and a rule that stops them without a look at who ran what when."""

import csv
import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import campaign_points
import numpy as np
import pytest
from array_toml import ARRAY
from command_line import circuitsim
from scipy import stats

from circuitsim import campaign
from circuitsim.campaign.intervals import share_interval
from circuitsim.campaign.statistics_file import CampaignStatistics, StopTable, looks, told_level
from circuitsim.campaign.stopping import _is_narrow
from circuitsim.cli.campaign_words import estimates_in_words, status_in_words
from circuitsim.errors import InputError

FILE = """\
schema = 1
base = "array.toml"
replicates = 25
[axes]
"wire.r_row" = [1, 2]
"measures.m.scale" = [0.1, 3.0]
[measures.m]
function = "campaign_points:drawn"
[statistics]
level = 0.9
quantiles = [0.5]
[statistics.yield.works]
of = "m.x"
at_most = 2.1
"""
STOP = """\
[statistics.stop]
of = "m.x"
half_width = 0.5
least = 6
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "array.toml").write_text(ARRAY)
    shutil.copy(campaign_points.__file__, tmp_path)
    return tmp_path


def run(folder, text, out, **options):
    (folder / "c.toml").write_text(text)
    plan = campaign.plan_campaign(campaign.load_campaign(folder / "c.toml"), folder)
    with ThreadPoolExecutor(1) as executor:
        return list(campaign.run_campaign(plan, folder / out, engine=campaign.given_engine(executor), **options))


def states(folder, out):
    return campaign.collect_campaign(folder / out).m_state


def test_estimates_are_those_of_the_replicates(folder):
    run(folder, FILE.replace("replicates = 25", "replicates = 9"), "out")
    data = campaign.collect_campaign(folder / "out")
    found = {(each.name, each.statistic): each for each in campaign.campaign_estimates(data)}
    assert set(found) == {(n, s) for n in ("m.x", "m.y") for s in ("mean", "quantile 0.5")} | {("works", "yield")}
    mean, values = found["m.x", "mean"], data.m_x.sel(scale=0.1, r_row=2).values
    exact = stats.ttest_1samp(values, 0.0).confidence_interval(0.9)
    at = mean.table.sel(scale=0.1, r_row=2)
    np.testing.assert_allclose([at.value, at.low, at.high], [values.mean(), exact.low, exact.high])
    assert (mean.unit, mean.level, int(at["count"])) == ("V", 0.9, 9)
    passed = int((data.m_x.sel(scale=3.0, r_row=1) <= 2.1).sum())
    exact = stats.binomtest(passed, 9).proportion_ci(0.9, method="exact")
    at = found["works", "yield"].table.sel(scale=3.0, r_row=1)
    np.testing.assert_allclose([at.value, at.low, at.high], [passed / 9, exact.low, exact.high])
    assert 0 < passed < 9


def test_a_list_of_points_has_the_same_estimates(folder):
    """Constraints that leave few points make a list of the dataset; its replicates still stand together."""
    axes = (
        '"wire.r_row" = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n"wire.r_col" = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n[measures.m]'
    )
    text = FILE.replace('"wire.r_row" = [1, 2]\n', "").replace('"measures.m.scale" = [0.1, 3.0]\n', "")
    text = text.replace("replicates = 25", 'replicates = 4\nconstraints = ["wire.r_row == wire.r_col"]')
    run(folder, text.replace("[measures.m]", axes), "out")
    data = campaign.collect_campaign(folder / "out")
    assert data.m_x.dims == ("point",)
    mean = campaign.campaign_estimates(data)[0].table
    assert mean.sizes == {"place": 10} and mean["count"].values.tolist() == [4] * 10
    values = data.m_x.values[data.r_row.values == 3]
    assert float(mean.value[mean.r_row.values == 3].item()) == pytest.approx(values.mean())
    assert mean.value.values.size == 10 and len(values) == 4


def test_looks_grow_by_half_and_share_the_error():
    stop = StopTable(of="m.x", half_width=1.0, least=8)
    assert looks(stop, 100) == (8, 13, 20, 31, 47, 71, 100)
    assert told_level(CampaignStatistics(stop=stop), 100) == pytest.approx(1 - 0.05 / 7)
    assert told_level(CampaignStatistics(), 100) == 0.95


def test_replicates_stop_where_the_interval_is_narrow(folder):
    run(folder, FILE.replace("[0.1, 3.0]", "[0.1, 0.6, 3.0]") + STOP, "out")
    data = campaign.collect_campaign(folder / "out")
    taken = (data.m_state == 2).sum("replicate")
    level = told_level(campaign.load_campaign(folder / "c.toml").statistics, 25)
    for scale in (0.1, 0.6, 3.0):
        values = data.m_x.sel(scale=scale, r_row=1).values
        wide = [
            stats.t.ppf((1 + level) / 2, n - 1) * stats.sem(values[:n]) > 0.5
            for n in (6, 10, 16)
            if np.isfinite(values[:n]).all()
        ]
        n = int(taken.sel(scale=scale, r_row=1))
        assert n == next((k for k, each in zip((6, 10, 16), wide, strict=False) if not each), 25)
    assert taken.values.tolist()[0] == taken.values.tolist()[1] and taken.min() == 6 and taken.max() == 25
    found = campaign.campaign_status(folder / "out")
    assert found.total == found.done == int(taken.sum()) and found.stopped == 150 - found.total
    assert found.wide == 2, "scale 3.0, at both values of r_row"
    assert "at 2 places the interval is wider than [statistics.stop] asks for, after all replicates" in status_in_words(
        found
    )


def test_the_rule_knows_no_order_no_restart_and_no_earlier_results(folder):
    text = FILE.replace("[0.1, 3.0]", "[0.1, 0.6]")  # 0.6: wide at the first look, narrow with all replicates
    run(folder, text + STOP, "one")
    run(folder, text, "two")  # every replicate is in this store before the rule is asked for
    assert [step.point for step in run(folder, text + STOP, "two")] == [None]
    plan = campaign.plan_campaign(campaign.load_campaign(folder / "c.toml"), folder)
    with ThreadPoolExecutor(3) as executor:
        for cut in (5, 19, None):  # stopped and begun again, three at a time
            steps = campaign.run_campaign(plan, folder / "three", engine=campaign.given_engine(executor, 3))
            for k, _ in enumerate(steps):
                if k == cut:
                    break
            steps.close()
    wanted = states(folder, "one")
    assert (wanted == 4).any()
    for out in ("two", "three"):
        failures = [path.read_text() for path in (folder / out / "failures").glob("*")]
        np.testing.assert_array_equal(states(folder, out), wanted, err_msg=f"{out}: {failures}")


def test_a_failed_replicate_counts_as_looked_at(folder):
    broken = folder / "broken"
    broken.touch()
    text = FILE.replace("drawn", "failing").replace('"measures.m.scale" = [0.1, 3.0]\n', "")
    text = text.replace('"wire.r_row" = [1, 2]', '"array.rows" = [2, 3]')
    text = text.replace("[statistics]", f'arguments = {{ broken = "{broken}" }}\n[statistics]', 1)
    last = run(folder, text + STOP.replace("0.5", "1e-9"), "out")[-1]
    assert (last.done, last.failed, last.total) == (6, 25, 31)
    broken.unlink()
    last = run(folder, text + STOP.replace("0.5", "1e-9"), "out", retry_failed=True)[-1]
    assert (last.done, last.failed, last.total) == (12, 0, 12)


@pytest.mark.parametrize(("value", "size"), [(1.0, 1.0), (0.0, 1.0), (0.5, 0.5)])
def test_a_relative_width_of_a_yield_of_none_or_all_is_absolute(value, size):
    """A yield of 0 has no fraction: without another rule its place would take all replicates, whatever their number."""
    settings = CampaignStatistics.model_validate({"yield": {"y": {"of": "m.x", "at_least": 0.5}}})
    values = (np.arange(100) < 100 * value).astype(float)
    _, low, high = share_interval(values.sum(), np.array(100), 0.95)
    for factor, narrow in ((1.01, True), (0.99, False)):
        stop = StopTable(of="y", relative_half_width=factor * float(high - low) / 2 / size)
        assert _is_narrow(settings, stop, values, 0.95) is narrow


def test_intervals_at_the_look_that_stops_hold_as_often_as_they_say():
    """Normal draws of mean 1: the price of several looks is paid, and without it intervals would hold less often."""
    rng = np.random.default_rng(5)
    stop = StopTable(of="m.x", relative_half_width=0.4, least=4)
    at = np.array(looks(stop, 60))
    inner = told_level(CampaignStatistics(level=0.9, stop=stop), 60)
    missed = {}
    for name, level in (("paid", inner), ("not paid", 0.9)):
        draws = rng.normal(1.0, 1.0, (4000, 60))
        means = np.stack([draws[:, :n].mean(axis=1) for n in at])
        halves = np.stack([stats.t.ppf((1 + level) / 2, n - 1) * stats.sem(draws[:, :n], axis=1) for n in at])
        narrow = halves <= 0.4 * np.abs(means)
        narrow[-1] = True
        first = narrow.argmax(axis=0), np.arange(4000)
        missed[name] = np.mean(np.abs(means[first] - 1.0) > halves[first])
    assert missed["paid"] < 0.1 < missed["not paid"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('of = "m.x"\nat_most', 'of = "n.x"\nat_most', "statistics.yield.works.of = 'n.x': expected NAME.RESULT"),
        ("at_most = 2.1", "", "statistics.yield.works"),
        ("at_most = 2.1", "at_most = 2.1\nat_least = 3", "at_least = 3 is above at_most = 2.1"),
        ("level = 0.9", "level = 1.0", "statistics.level = 1.0"),
        ("half_width = 0.5", "", "expected one of half_width and relative_half_width"),
        ("least = 6", "least = 26", "replicates = 25, the most that may run, is below statistics.stop.least = 26"),
        ('of = "m.x"\nhalf_width', 'of = "fails"\nhalf_width', "or the name of a yield"),
        ("replicates = 25", 'replicates = 25\nconstraints = ["replicate > 3"]', "constraints name replicate"),
        ("quantiles = [0.5]", "quantiles = [1.5]", "statistics.quantiles"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(folder, old, new, said):
    with pytest.raises(InputError) as refused:
        run(folder, (FILE + STOP).replace(old, new), "out")
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_a_rule_on_a_result_that_is_not_there_keeps_what_was_done(folder):
    with pytest.raises(InputError, match=r"statistics.stop.of: m returns no z; expected one of x, y"):
        run(folder, FILE + STOP.replace("m.x", "m.z"), "out")
    assert sum(len(file.read_bytes().splitlines()) for file in (folder / "out" / "results").glob("*.jsonl")) == 24
    with pytest.raises(InputError, match=r"statistics.yield.works.of = 'm.z': no such result"):
        run(folder, FILE.replace('of = "m.x"', 'of = "m.z"').replace("25", "2"), "out")
        campaign.campaign_estimates(campaign.collect_campaign(folder / "out"))


def test_the_commands_tell_intervals(folder):
    run(folder, FILE.replace("replicates = 25", "replicates = 4") + STOP.replace("6", "3").replace("0.5", "9"), "out")
    said = circuitsim("campaign", "status", "out", "--statistics", folder=folder)
    assert said.returncode == 0 and "m.x mean: " in said.stdout and "90 %, n = 3" in said.stdout, said.stderr
    assert "are not needed: intervals were narrow enough" in said.stdout
    told = json.loads(circuitsim("campaign", "status", "out", "--statistics", "--json", folder=folder).stdout)
    assert told["statistics"][0]["place"] == {"r_row": 1, "scale": 0.1}
    assert circuitsim("campaign", "collect", "out", "-o", "c", folder=folder).returncode == 0
    lines = list(csv.DictReader((folder / "c" / "statistics.csv").open()))
    (line,) = [
        each for each in lines if each["statistic"] == "yield" and each["scale"] == "3.0" and each["r_row [ohm]"] == "1"
    ]
    assert 0 <= float(line["low"]) <= float(line["value"]) <= float(line["high"]) <= 1 and line["level"] == "0.9"


def test_yields_are_told_before_what_fills_the_screen():
    known = {"place": {}, "unit": "1", "level": 0.9, "value": 0.5, "low": 0.0, "high": 1.0, "replicates": 4}
    lines = [{**known, "result": f"m.x{k}", "statistic": "mean"} for k in range(30)]
    said = estimates_in_words([*lines, {**known, "result": "works", "statistic": "yield"}])
    assert said[0].startswith("works yield: 0.5") and said[1].startswith("m.x0 mean")
    assert said[-1].startswith("11 more (m.x19 mean, m.x20 mean, m.x21 mean, m.x22 mean, …): ")
