"""Designs cover their ranges, campaigns run them, and sensitivity indices are those that can be computed by hand."""

import csv
import shutil
from concurrent.futures import ThreadPoolExecutor

import campaign_points
import numpy as np
import pytest
from array_toml import ARRAY

from circuitsim import campaign
from circuitsim.campaign.designs import placed, unit_draws
from circuitsim.campaign.sensitivity import sobol_indices
from circuitsim.errors import CampaignStatisticsWarning, InputError, MissingExtraError

FILE = """\
schema = 1
base = "array.toml"
[axes]
"measures.m.one" = { from = 1e-6, to = 21e-6 }
"measures.m.two" = { from = 10e-6, to = 20e-6 }
"array.cols" = [2, 3]
"measures.m.three" = { from = 5e-6, to = 10e-6 }
[measures.m]
function = "campaign_points:summed"
[design]
kind = "saltelli"
points = 16
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "array.toml").write_text(ARRAY.replace("rows = 2", "rows = 3"))
    shutil.copy(campaign_points.__file__, tmp_path)
    return tmp_path


def planned(folder, text):
    (folder / "c.toml").write_text(text)
    return campaign.plan_campaign(campaign.load_campaign(folder / "c.toml"), folder)


def collected(folder, text):
    plan = planned(folder, text)
    with ThreadPoolExecutor(1) as executor:
        steps = list(campaign.run_campaign(plan, folder / "out", engine=campaign.given_engine(executor)))
    assert steps[-1].failed == 0, steps[-1].outcome
    return campaign.collect_campaign(folder / "out")


def test_each_stratum_of_a_design_has_one_draw():
    """Both designs: of 16 draws one lies in each sixteenth of each axis; Sobol's also one in each 4 by 4 square."""
    for kind in ("sobol", "latin"):
        found = unit_draws(kind, 16, 3, seed=2)
        assert (np.sort(np.floor(found * 16), axis=0) == np.arange(16)[:, None]).all()
        assert not np.array_equal(found, unit_draws(kind, 16, 3, seed=3))
    squares = np.floor(unit_draws("sobol", 16, 2, seed=2) * 4) @ [4, 1]
    assert sorted(squares) == list(range(16))


def test_rows_for_indices_change_one_column_at_a_time():
    rows = unit_draws("saltelli", 4, 3, seed=0).reshape(4, 5, 3)
    first, second = rows[:, 0], rows[:, -1]
    assert (first != second).all()
    for k in range(3):
        np.testing.assert_array_equal(rows[:, k + 1], np.where(np.arange(3) == k, second, first))


def test_draws_stay_in_their_range_and_whole_numbers_are_equally_likely():
    unit = unit_draws("sobol", 1024, 1, seed=0)[:, 0]
    assert np.bincount(placed(unit, 4, 7, log=False, whole=True))[4:].tolist() == [256] * 4
    values = np.array(placed(unit, 1e-3, 10.0, log=True, whole=False))
    assert values.min() >= 1e-3 and values.max() <= 10 and abs(np.mean(values < 0.1) - 0.5) < 2e-3
    values = np.array(placed(unit, 5.0, 1.0, log=False, whole=False))
    assert values.min() >= 1 and values.max() <= 5 and values.mean() == pytest.approx(3, abs=1e-2)


def test_a_design_is_crossed_with_the_other_axes(folder):
    text = (
        FILE.replace("saltelli", "latin")
        .replace("16", "8")
        .replace('"measures.m.three"', '"array.rows" = { from = 3, to = 10 }\n"measures.m.three"')
    )
    plan = planned(folder, text)
    (sample, cols) = plan.listing.axes
    assert (sample["name"], cols["name"], len(plan.points)) == ("sample", "cols", 16)
    assert [each["name"] for each in sample["drawn"]] == ["one", "two", "rows", "three"]
    assert sorted(sample["drawn"][2]["labels"]) == [3, 4, 5, 6, 7, 8, 9, 10]
    data = collected(folder, text)
    assert data.m_x.dims == ("sample", "cols", "replicate") and data.one.dims == ("sample",)
    np.testing.assert_allclose(data.m_x.isel(cols=1, replicate=0), 0.1 * (data.one + data.two + data.three))


def test_indices_of_a_linear_array_are_those_by_hand(folder):
    """Currents add: the variance of each is (width of its range)² / 12, and the rest of the array adds none."""
    pytest.importorskip("SALib", reason="SALib is optional: the extra [statistics]")
    (found,) = campaign.campaign_sensitivity(
        collected(folder, FILE.replace("array.cols", "array.rows").replace("[2, 3]", "[3, 4]"))
    )
    widths = np.array([20.0, 10.0, 5.0])
    shares = widths**2 / np.sum(widths**2)
    for rows in (3, 4):
        at = found.table.sel(rows=rows)
        assert at["axis"].values.tolist() == ["one", "two", "three"] and int(at.design_rows) == 16
        for part in ("first", "total"):
            assert (np.abs(at[part] - shares) <= at[f"{part}_half"]).all()
            np.testing.assert_allclose(at[part], shares, atol=0.08)
    campaign.save_collected(folder / "out", folder / "c")
    lines = list(csv.DictReader((folder / "c" / "sensitivity.csv").open()))
    assert [line["axis"] for line in lines] == 2 * ["one", "two", "three"] and lines[0]["rows"] == "3"


def test_indices_of_ishigamis_function_are_those_in_closed_form():
    pytest.importorskip("SALib", reason="SALib is optional: the extra [statistics]")
    x = np.pi * (2 * unit_draws("saltelli", 4096, 3, seed=0) - 1)
    values = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    one, two, both = 0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2, 7**2 / 8, 0.01 * np.pi**8 * 8 / 225
    whole = one + two + both
    found, rows = sobol_indices(values, 3, 0.95)
    assert rows == 4096
    np.testing.assert_allclose(found["first"], [one / whole, two / whole, 0.0], atol=0.01)
    np.testing.assert_allclose(found["total"], [(one + both) / whole, two / whole, both / whole], atol=0.01)
    for part in ("first_half", "total_half"):
        assert (found[part] < 0.06).all() and (found[part][:2] > 1e-3).all()


def test_rows_that_are_not_complete_are_left_out():
    pytest.importorskip("SALib", reason="SALib is optional: the extra [statistics]")
    values = unit_draws("saltelli", 32, 2, seed=0) @ [1.0, 2.0]
    values[5] = np.nan
    found, rows = sobol_indices(values, 2, 0.95)
    assert rows == 31 and np.isfinite(found["first"]).all()
    assert np.isnan(sobol_indices(values[: 4 * 15], 2, 0.95)[0]["first"]).all()
    assert np.isnan(sobol_indices(np.full(128, 3.0), 2, 0.95)[0]["total"]).all()


def test_indices_that_are_missing_are_told(folder):
    pytest.importorskip("SALib", reason="SALib is optional: the extra [statistics]")
    collected(folder, FILE.replace("16", "2"))
    with pytest.warns(CampaignStatisticsWarning, match=r"no indices of .* fewer than 16 rows of the design"):
        campaign.save_collected(folder / "out", folder / "c")


def test_without_salib_all_else_is_written(folder, monkeypatch):
    data = collected(folder, FILE.replace("16", "2"))
    monkeypatch.setitem(__import__("sys").modules, "SALib", None)
    with pytest.raises(MissingExtraError, match=r"SALib is not installed: pip install 'circuitsim\[statistics\]'"):
        campaign.campaign_sensitivity(data)
    with pytest.warns(CampaignStatisticsWarning, match=r"sensitivity.csv is not written: SALib is not installed"):
        campaign.save_collected(folder / "out", folder / "c")
    assert {path.name for path in (folder / "c").iterdir()} == {"results.nc", "results.csv", "statistics.csv"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('[design]\nkind = "saltelli"\npoints = 16\n', "", "axes.measures.m.one has no n: expected the number of"),
        (
            "points = 16",
            "points = 60",
            "points = 60: kind = 'saltelli' is even at powers of 2 alone: expected 32 or 64",
        ),
        ("schema = 1", 'schema = 1\nconstraints = ["array.cols < 3"]', "leave gaps in a design of kind 'saltelli'"),
        ('"saltelli"', '"halton"', "design.kind = 'halton'"),
        ("to = 10e-6 }", 'to = 10e-6, n = 3 }\n"array.rows" = { from = 1.5, to = 7 }', "expected whole numbers"),
        ("from = 5e-6", 'scale = "log", from = 0', "takes ends of one sign"),
    ],
)
def test_what_a_design_cannot_be_is_one_sentence(folder, old, new, said):
    with pytest.raises(InputError) as refused:
        planned(folder, FILE.replace(old, new))
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_a_design_needs_something_to_draw(folder):
    text = "\n".join(line for line in FILE.splitlines() if "from" not in line)
    with pytest.raises(InputError, match="no axis is a range without n"):
        planned(folder, text)
    with pytest.raises(InputError, match=r"need design.kind = 'saltelli'"):
        campaign.campaign_sensitivity(collected(folder, FILE.replace("saltelli", "sobol").replace("16", "2")))
