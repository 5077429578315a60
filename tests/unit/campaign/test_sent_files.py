"""Files of a campaign go to workers that see no folder of it; what they measure there is the same to the byte."""

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from array_toml import ARRAY
from campaign_folder import contents

from circuitsim import campaign
from circuitsim.campaign import sent_files
from circuitsim.campaign.sent_files import gather_files, place_files
from circuitsim.campaign.work import SharedSetup, work_on
from circuitsim.errors import InputError
from circuitsim.spec import load_spec

MODULE = """\
from pathlib import Path
from beside_sent import SCALE
from circuitsim.devices import device_card


def number(spec, rng, *, table: Path):
    text = device_card(spec).folder.joinpath("inner", "part.lib").read_text()
    return {"x": (SCALE * rng.standard_normal() + float(table.read_text()) + len(text), "V")}
"""
CAMPAIGN = """\
schema = 1
base = "specs/array.toml"
replicates = 2
[axes]
"measures.m.table" = ["one.txt", "more/two.txt"]
"wire.r_row" = [1, 2]
[measures.m]
function = "sent_numbers:number"
"""


@pytest.fixture
def folder(tmp_path):
    """A campaign over a device of the user's own, whose file includes another; a module that imports one beside it."""
    place = tmp_path / "here"
    (place / "specs" / "rram_ohmic" / "inner").mkdir(parents=True)
    (place / "more").mkdir()
    shipped = Path(__file__).parents[3] / "device_models" / "rram_ohmic"
    for each in shipped.iterdir():
        shutil.copy(each, place / "specs" / "rram_ohmic")
    model = place / "specs" / "rram_ohmic" / "model.lib"
    lines = model.read_text().splitlines()
    (model.parent / "inner" / "part.lib").write_text("\n".join(["* mine", *(x for x in lines if x[:1] != "*"), ""]))
    model.write_text("\n".join([*(x for x in lines if x[:1] == "*"), ".include inner/part.lib", ""]))
    (place / "specs" / "array.toml").write_text(ARRAY.replace('model = "rram_ohmic"', 'folder = "rram_ohmic"'))
    assert 'folder = "rram_ohmic"' in (place / "specs" / "array.toml").read_text()
    (place / "one.txt").write_text("1")
    (place / "more" / "two.txt").write_text("2")
    (place / "sent_numbers.py").write_text(MODULE)
    (place / "beside_sent.py").write_text("SCALE = 3.0\n")
    (place / "c.toml").write_text(CAMPAIGN)
    return place


def planned(folder):
    return campaign.plan_campaign(campaign.load_campaign(folder / "c.toml"), folder)


def test_points_are_the_same_where_the_files_were_sent(folder, tmp_path, monkeypatch):
    plan = planned(folder)
    files = gather_files(plan.setup)
    assert {"specs/rram_ohmic/inner/part.lib", "more/two.txt", "beside_sent.py"} < files.contents.keys()
    wanted = [work_on(SharedSetup("here", plan.setup), point).values for point in plan.points]
    assert place_files(plan.setup, files) is plan.setup  # they are here
    folder.rename(tmp_path / "gone")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    away = SharedSetup("away", plan.setup, files)
    found = [work_on(away, point) for point in plan.points]
    assert [each.reason for each in found] == [""] * 8
    assert [each.values for each in found] == wanted and len({str(each) for each in wanted}) > 2


def test_files_that_differ_or_cannot_be_placed_are_one_sentence(folder, tmp_path, monkeypatch, caplog):
    plan = planned(folder)
    files = gather_files(plan.setup)
    (folder / "one.txt").write_text("9")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(InputError, match="changed on their way to this worker; expected the same"):
        place_files(plan.setup, replace(files, contents={**files.contents, "more/two.txt": b"8"}))
    changed = place_files(plan.setup, files)
    assert (Path(changed.measures["m"].folder) / "one.txt").read_text() == "1"
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    monkeypatch.setattr(sent_files, "_scratch", lambda: blocked)
    with pytest.raises(InputError, match=r"cannot be placed on this worker \(Not a directory\); expected a dask"):
        place_files(plan.setup, files)
    monkeypatch.setattr(sent_files, "MOST_SENT", 10)
    assert gather_files(plan.setup) is None
    assert "have to lie under the same paths there" in caplog.text


@pytest.mark.parametrize(("kind", "points"), [("folder", 8), ("varied", 4)])
def test_a_dask_cluster_without_the_folder(kind, points, tmp_path, request):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed", exc_type=ImportError)
    folder = request.getfixturevalue(kind)
    plan = planned(folder)
    with ThreadPoolExecutor(1) as executor:
        list(campaign.run_campaign(plan, tmp_path / "plain", engine=campaign.given_engine(executor)))
    options = {"threads_per_worker": 1, "dashboard_address": None, "local_directory": str(tmp_path / "scratch")}
    with distributed.LocalCluster(n_workers=2, **options) as cluster:
        steps = campaign.run_campaign(plan, tmp_path / "dask", engine=campaign.dask_engine(cluster.scheduler_address))
        next(steps)  # the files are sent
        folder.rename(tmp_path / "gone")
        *_, last = steps
    assert (last.done, last.failed) == (points, 0)
    assert contents(tmp_path / "dask") == contents(tmp_path / "plain")


OWN = """\
.param scale=FACTOR
.include part.lib
"""
PART = ".subckt mine te be g=1u\nr1 te be {1/(g*scale)}\n.ends\n"
FILES = """\
schema = 1
base = "specs/array.toml"
[axes]
"device.file" = ["libs/one.lib", "libs/two.lib"]
"wire.r_col" = ["wires/r.npy", 1]
[measures.m]
function = "own_reading:read"
"""
READING = """\
import numpy as np

import circuitsim as cs


def read(spec, rng):
    out = cs.solve(spec, np.full(spec.shape, 1e-5), np.full((1, spec.array.rows), 0.1)).out
    return {"i": (float(out.sum()), "A")}
"""


@pytest.fixture
def varied(tmp_path):
    """A campaign over files of devices, each of which includes another, and over resistances per segment."""
    place = tmp_path / "here"
    for name in ("specs", "libs", "wires"):
        (place / name).mkdir(parents=True)
    text = ARRAY.replace('model = "rram_ohmic"', 'file = "../libs/one.lib"\nsubckt = "mine"')
    (place / "specs" / "array.toml").write_text(text)
    for name, factor in (("one", "1"), ("two", "2")):
        (place / "libs" / f"{name}.lib").write_text(OWN.replace("FACTOR", factor))
    (place / "libs" / "part.lib").write_text(PART)
    np.save(place / "wires" / "r.npy", np.full(load_spec(place / "specs" / "array.toml").shape, 5.0))
    (place / "own_reading.py").write_text(READING)
    (place / "c.toml").write_text(FILES)
    return place


def test_files_of_axes_are_those_beside_the_campaign_and_are_sent(varied, tmp_path, monkeypatch):
    plan = planned(varied)
    files = gather_files(plan.setup)
    assert {"libs/one.lib", "libs/two.lib", "libs/part.lib", "wires/r.npy"} < files.contents.keys()
    wanted = [work_on(SharedSetup("axes here", plan.setup), point).values for point in plan.points]
    varied.rename(tmp_path / "gone")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = [work_on(SharedSetup("axes away", plan.setup, files), point) for point in plan.points]
    assert [each.reason for each in found] == [""] * 4
    assert [each.values for each in found] == wanted and len({str(each) for each in wanted}) == 4


def test_a_file_of_an_axis_that_is_not_there_is_one_sentence(varied):
    (varied / "c.toml").write_text(FILES.replace("libs/two.lib", "libs/six.lib"))
    with pytest.raises(InputError, match=r"axes.device.file = 'libs/six.lib': no such file"):
        planned(varied)
