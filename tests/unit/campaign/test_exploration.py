"""An exploration finds the front of a space, never measures twice, and is the same however it is run."""

import itertools
import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import campaign_points
import numpy as np
import pytest
from array_toml import ARRAY
from campaign_folder import contents
from command_line import circuitsim

from circuitsim import campaign
from circuitsim.campaign.engines import given_engine, local_engine
from circuitsim.campaign.fronts import pareto_front
from circuitsim.cli.explore_words import exploration_in_words
from circuitsim.errors import InputError
from circuitsim.report import front_rows, write_exploration_report

pytest.importorskip("optuna", reason="optuna is not installed: the extra [explore]", exc_type=ImportError)

FILE = """\
schema = 1
base = "array.toml"
budget = 24
minimize = ["m.cost", "m.error"]
[axes]
"array.rows" = { from = 1, to = 8, n = 8 }
"array.cols" = [1, 2, 3, 4]
"driver.input_code" = ["amplitude", "bit_serial"]
[measures.m]
function = "campaign_points:designed"
[limits]
"m.error" = { at_most = 0.5 }
[finalists]
count = 3
measures = { m = { arguments = { shift = 0.01 } }, alone = { function = "campaign_points:drawn" } }
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "array.toml").write_text(ARRAY.replace("v_read = 0.2", "v_read = 0.2\ndac_bits = 4"))
    shutil.copy(campaign_points.__file__, tmp_path)
    return tmp_path


def explored(folder, text=FILE, out="out", engine=None, **options):
    (folder / "e.toml").write_text(text)
    file = campaign.load_exploration(folder / "e.toml")
    if engine is not None:
        return campaign.explore(file, folder, folder / out, engine=engine, **options)
    with ThreadPoolExecutor(1) as executor:
        return campaign.explore(file, folder, folder / out, engine=given_engine(executor), **options)


def stored(folder, out):
    return contents(folder / out)


def designed_at(row, col, serial):
    cost, error = (row + 1) * (1.0 + serial), (0.6 if serial else 1.0) / (row + 1)
    return cost + 0.1 * (col + 1), error + 0.01 * (col + 1)


def test_the_front_is_that_of_the_grid_and_nothing_is_measured_twice(folder):
    places = list(itertools.product(range(8), range(4), range(2)))
    goals = np.array([designed_at(*place) for place in places])
    found = explored(folder)
    assert len(found.index) == len({tuple(place) for place in found.index}) == 24 and found.size == 64
    assert len(stored(folder, "out")) == 24 + 2 * len(found.finalists)
    before = stored(folder, "out")
    again = explored(folder)
    assert again == found and stored(folder, "out") == before
    whole = explored(folder, FILE.replace("budget = 24", "budget = 40"), grid=True)
    best = {places[k] for k in np.flatnonzero(pareto_front(goals, np.maximum(goals[:, 1] - 0.5, 0.0)))}
    seen = {tuple(map(int, place)) for place in whole.index}
    assert whole.grid is not None and whole.grid.volume is not None
    assert (whole.grid.points, whole.grid.front, whole.grid.found) == (64, len(best), len(best & seen))
    assert set(whole.grid.missed) == best - seen and len(best & seen) >= 0.8 * len(best) and whole.grid.volume > 0.95
    found_best = {tuple(map(int, place)) for place in whole.index[whole.front]}
    assert best & seen <= found_best


def test_workers_and_stops_change_no_bit(folder):
    found = explored(folder)

    def stop(step):
        if step.done >= 16:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explored(folder, out="two", progress=stop)
    assert len(stored(folder, "two")) == 16
    assert explored(folder, out="two", engine=local_engine(2)) == found
    assert stored(folder, "two") == stored(folder, "out")
    assert explored(folder, FILE.replace("schema = 1", "schema = 1\nseed = 1"), out="three") != found


def test_finalists_stand_beside_their_finer_numbers_and_fall_out_by_them(folder):
    found = explored(folder)
    assert {each.state for each in found.finalists} == {"confirmed"} and len(found.finalists) == 3
    for each in found.finalists:
        assert each.finer["m.error"] == each.cheap["m.error"] + 0.01
        assert set(each.others) == {"alone.x", "alone.y"}
    fallen = explored(folder, FILE.replace("shift = 0.01", "shift = 0.3"))
    out = [each for each in fallen.finalists if each.state == "out"]
    assert out and len(out) < len(fallen.finalists)
    assert all(each.finer["m.error"] > 0.5 and "expected at most 0.5" in each.why for each in out)


def test_how_far_a_cheap_number_is_off_is_relative_to_the_finer_one(folder):
    head, rows = front_rows(explored(folder))
    column = head.index("m.error, off by (of finer)")
    cheap, finer = (head.index(name) for name in ("m.error", "m.error, finer"))
    (off, low, high), *_ = [(row[column], row[cheap], row[finer]) for row in rows if row[column]]
    assert off.endswith(" %") and float(off[:-2]) == pytest.approx(100 * (float(low) / float(high) - 1), abs=0.6)


def test_failures_and_places_that_are_no_designs_are_told(folder):
    found = explored(folder, FILE.replace('"amplitude", "bit_serial"', '"amplitude", "none"'))
    ((reason, count),) = found.refused  # once, not once for each place
    assert reason.startswith("driver.input_code = 'none'") and count > 1
    assert len(found.index) == 24
    (reason, count), *_ = explored(folder, FILE.replace(":designed", ":designed_or_failing"), out="f").failed
    assert reason == "m: RuntimeError: no answer" and count > 0
    whole = explored(folder, FILE.replace(":designed", ":designed_or_failing"), out="f", grid=True)
    assert whole.grid is not None and whole.grid.points == 64, "as many as explored, with those that failed"
    with pytest.raises(InputError, match="every point failed: m: RuntimeError"):
        explored(folder, FILE.replace(":designed", ":designed_or_failing").replace("from = 1,", "from = 5,"), out="g")


def test_constraints_exclude_places(folder):
    text = FILE.replace("[axes]", 'constraints = ["array.rows * array.cols <= 8"]\n[axes]')
    rows = {tuple(place[:2] + 1) for place in explored(folder, text).index}
    assert all(r * c <= 8 for r, c in rows)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"array.cols"', '"array.colls"', "unknown key array.colls: did you mean 'cols'"),
        ('"array.cols"', '"seed"', "axes.seed: a draw is no design"),
        ('"m.cost", ', '"m.costs", ', "minimize: measure m returns no 'costs'; expected one of m.cost, m.error"),
        ('"m.cost", ', '"n.cost", ', "minimize: 'n.cost' is no result: expected NAME.RESULT, NAME among m"),
        ('"m.cost", ', '"m.error", ', "m.error stands twice"),
        ('minimize = ["m.cost", "m.error"]', "", "minimize and maximize are empty"),
        ('"m.error" = {', '"m.errors" = {', "limits: measure m returns no 'errors'"),
        ("at_most = 0.5", "", "it has neither at_most nor at_least"),
        ("budget = 24", "budget = 5", "budget = 5"),
        ("shift = 0.01", "", "changes no argument of measures.m"),
        ("[1, 2, 3, 4]", "[1, 1]", "axes.array.cols has 1 twice"),
        ("schema = 1", 'schema = 1\nconstraints = ["array.rows > 9"]', "no place of the space is a design"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(folder, old, new, said):
    with pytest.raises(InputError) as refused:
        explored(folder, FILE.replace(old, new))
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_the_command_writes_a_page_a_dataset_and_json(folder):
    (folder / "e.toml").write_text(FILE)
    done = circuitsim("explore", "e.toml", "-o", "out", "--workers", "1", "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["points"] == 24 and content["front"] and content["finalists"][0]["state"] == "confirmed"
    assert "<svg" in (folder / "out" / "report.html").read_text()
    data = campaign.exploration_data(explored(folder))
    assert (data.m_cost.attrs["units"], data.sizes["point"]) == ("J", 24)
    (folder / "e.toml").write_text(FILE.replace("at_most = 0.5", "at_most = 0.01"))
    none = circuitsim("explore", "e.toml", "-o", "out", "--workers", "1", folder=folder)
    assert none.returncode == 1 and "no point of 24 keeps" not in none.stdout, "it is said once"
    assert "circuitsim: no point of 24 keeps the limits: the nearest is rows " in none.stderr
    assert "with m.error = " in none.stderr and "expected at most 0.01" in none.stderr


def test_places_that_failed_do_not_count_as_measured(folder):
    found = explored(folder, FILE.replace(":designed", ":designed_or_failing"))
    (_, count), *_ = found.failed
    assert found.failures == len(found.index) - found.measured == count == np.isnan(found.values).any(axis=1).sum()
    (folder / "e.toml").write_text(FILE.replace(":designed", ":designed_or_failing"))
    assert circuitsim("explore", "e.toml", "-o", "out", "--workers", "1", folder=folder).returncode == 3
    page = write_exploration_report(folder, found).read_text()
    measured = f"{found.measured} of {found.size}"
    assert measured in page and f"{count} places failed" in page
    assert f"of which {count} failed" in str(exploration_in_words(found)[0])
    text = FILE.replace(":designed", ":designed_or_failing").replace("budget = 24", "budget = 64")
    whole = explored(folder, text, out="whole", grid=True)
    assert whole.failures and len(whole.index) == whole.grid.points
    assert "(100 %)" in next(line for line in exploration_in_words(whole) if "grid" in str(line))
