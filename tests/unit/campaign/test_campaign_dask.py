"""A campaign on the workers of a Dask scheduler, one of which is killed; where Dask is installed."""

import os
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor

import campaign_points
import pytest
from array_toml import ARRAY

from circuitsim import campaign
from circuitsim.errors import InputError

distributed = pytest.importorskip("distributed", reason="Dask is not installed", exc_type=ImportError)

FILE = """\
schema = 1
base = "array.toml"
replicates = 4
[axes]
"array.rows, array.cols" = [2, 3, 4]
"wire.r_row" = { from = 1, to = 100, n = 3, scale = "log" }
[measures.m]
function = "campaign_points:traced"
arguments = { trace = "TRACE", pause = 0.02 }
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dask")
    (folder / "trace").mkdir()
    (folder / "array.toml").write_text(ARRAY)
    (folder / "c.toml").write_text(FILE.replace("TRACE", str(folder / "trace")))
    shutil.copy(campaign_points.__file__, folder)
    return campaign.plan_campaign(campaign.load_campaign(folder / "c.toml"), folder)


def contents(out):
    return {path.name: path.read_bytes() for path in (out / "results").glob("*/*.json")}


def test_a_worker_that_is_killed_changes_no_byte(plan, tmp_path):
    with distributed.LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None) as cluster:
        engine = campaign.dask_engine(cluster.scheduler_address)
        steps = []
        for step in campaign.run_campaign(plan, tmp_path / "dask", engine=engine):
            steps.append(step)
            if len(steps) == 6:
                os.kill(cluster.workers[0].pid, signal.SIGKILL)
    step = steps[-1]
    assert (step.done, step.failed, step.total) == (36, 0, 36)
    workers = {line.split('"worker": "')[1] for line in next((tmp_path / "dask" / "runs").iterdir()).open()}
    assert len(workers) >= 3  # the points went to all of them
    with ThreadPoolExecutor(1) as executor:
        for _ in campaign.run_campaign(plan, tmp_path / "plain", engine=campaign.given_engine(executor)):
            pass
    assert contents(tmp_path / "dask") == contents(tmp_path / "plain") and len(contents(tmp_path / "plain")) == 36


def test_an_address_without_a_scheduler_is_one_sentence(plan, tmp_path, monkeypatch):
    monkeypatch.setattr(campaign.engines, "_CONNECT", 0.2)
    engine = campaign.dask_engine("tcp://127.0.0.1:9")
    with pytest.raises(InputError, match=r"tcp://127.0.0.1:9: no Dask scheduler answers there; expected an address"):
        list(campaign.run_campaign(plan, tmp_path, engine=engine))
