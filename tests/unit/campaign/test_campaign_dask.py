"""A campaign on the workers of a Dask scheduler, one of which is killed; where Dask is installed."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from campaign_folder import campaign_in, contents, with_measure

from circuitsim import campaign
from circuitsim.errors import InputError

distributed = pytest.importorskip("distributed", reason="Dask is not installed", exc_type=ImportError)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dask")
    trace = f'arguments = {{ trace = "{folder / "trace"}", pause = 0.1 }}'
    return campaign_in(folder, with_measure("traced", trace, replicates=4))


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
