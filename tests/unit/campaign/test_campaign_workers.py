"""Workers of this machine: what they share, what they may take, and what their death costs."""

import json
import os
import signal

import pytest
from campaign_folder import campaign_in, contents, with_measure
from command_line import circuitsim

from circuitsim import campaign
from circuitsim.campaign import engines
from circuitsim.campaign.batches import LARGEST, points_per_batch
from circuitsim.campaign.work import SharedSetup
from circuitsim.campaign.worker_pool import WorkerPool
from circuitsim.errors import InputError, SimulatorError

ONE_AXIS = ('{ from = 1, to = 100, n = 3, scale = "log" }', "[1]")


def workers_of(out):
    lines = [json.loads(line) for file in (out / "runs").iterdir() for line in file.open()]
    return {line["worker"] for line in lines}


def test_memory_of_workers(tmp_path):
    """A worker that keeps too much is replaced between points; a point that wants too much fails and says so."""
    text = with_measure("keeping", "arguments = { megabytes = 1000 }", 1).replace(*ONE_AXIS)
    text += '[measures.n]\nfunction = "campaign_points:large"\narguments = { gigabytes = 8 }\n'
    plan = campaign_in(tmp_path, text)
    *_, last = campaign.run_campaign(plan, tmp_path / "two", engine=campaign.local_engine(1, memory=1.5e9))
    assert (last.done, last.failed) == (5, 1)
    assert len(workers_of(tmp_path / "two")) == 3  # each point that keeps 1 GB takes a worker of its own
    (reason, _), *_ = campaign.campaign_status(tmp_path / "two").reasons
    assert reason.startswith("more memory than a worker may take: Unable to allocate")
    with pytest.raises(InputError, match=r"--memory: a worker takes \d+ MB before it measures, and may take 1 MB"):
        list(campaign.run_campaign(plan, tmp_path / "three", engine=campaign.local_engine(1, memory=1e6)))


def test_what_points_share_is_sent_once(tmp_path, monkeypatch):
    plan = campaign_in(tmp_path)
    pickled = []
    monkeypatch.setattr(
        SharedSetup, "__reduce__", lambda self: pickled.append(1) or (SharedSetup, (self.name, self.setup))
    )
    *_, last = campaign.run_campaign(plan, tmp_path / "out", engine=campaign.local_engine(2))
    assert last.done == 27 and len(pickled) == 1


def test_a_worker_that_dies_costs_no_other_its_points(tmp_path):
    trace = f'arguments = {{ trace = "{tmp_path / "trace"}", pause = 0.02 }}'
    plan = campaign_in(tmp_path, with_measure("traced", trace))
    killed = 0
    for step in campaign.run_campaign(plan, tmp_path / "out", engine=campaign.local_engine(2)):
        if step.done == 8:
            os.kill(int(step.outcome.worker.split()[1]), signal.SIGKILL)
            killed += 1
    calls = [path.stat().st_size for path in (tmp_path / "trace").iterdir()]
    assert killed == 1 and (step.done, step.failed) == (27, 0) and len(contents(tmp_path / "out")) == 27
    assert len(calls) == 27 and sum(calls) <= 28


@pytest.mark.parametrize(
    ("each", "left", "size"), [(None, 1000, 1), (0.01, 1000, 25), (1e-5, 1000, LARGEST), (0.01, 8, 2), (9.0, 1000, 1)]
)
def test_batches_take_a_set_time_and_leave_each_worker_a_share(each, left, size):
    assert points_per_batch(0.25, each, left, 2) == size
    assert points_per_batch(0.0, each, left, 2) == 1


def test_a_file_that_changed_since_the_plan_fails_its_points(tmp_path):
    plan = campaign_in(tmp_path)
    module = tmp_path / "campaign_points.py"
    module.write_text(module.read_text() + "# changed\n")
    list(campaign.run_campaign(plan, tmp_path / "out", engine=campaign.local_engine(1)))
    (reason, count), *_ = campaign.campaign_status(tmp_path / "out").reasons
    assert count == 27 and "has other files or modules of measure m than the plan" in reason


def test_a_server_that_dies_is_one_sentence(tmp_path):
    plan = campaign_in(tmp_path)
    pool = WorkerPool(SharedSetup("x", plan.setup), 1, engines.ONE_THREAD, None)
    os.kill(pool._server, signal.SIGKILL)
    with pytest.raises(SimulatorError, match="has ended before it was ready"):
        pool.submit(1, plan.points[:1], 1.0)
    pool.stop()


def test_memory_of_a_cluster_is_not_ours(tmp_path):
    campaign_in(tmp_path)
    done = circuitsim(
        "campaign", "run", "c.toml", "--memory", "2g", "--scheduler", "tcp://127.0.0.1:9", folder=tmp_path
    )
    assert done.returncode == 2 and "expected dask worker --memory-limit in its place" in done.stderr


def test_a_module_that_was_edited_is_read_again(tmp_path, monkeypatch):
    """Workers measure with what the file says, whatever this process had imported under its name before."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    found = []
    for folder, value in (("a", 1.0), ("b", 2.0), ("b", 3.0)):
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        (place / "beside_it.py").write_text(f"VALUE = {value}\n")
        (place / "own_numbers.py").write_text(
            f"# {folder}\nfrom beside_it import VALUE\n\n\ndef number(spec, rng):\n    return {{'m': (VALUE, 'V')}}\n"
        )
        text = with_measure("m", "", 1).replace("campaign_points:m", "own_numbers:number").replace(*ONE_AXIS)
        plan = campaign_in(place, text)
        out = tmp_path / f"out_{value}"
        steps = list(campaign.run_campaign(plan, out, engine=campaign.local_engine(1)))
        assert steps[-1].failed == 0
        found += [step.outcome.values["m"][0] for step in steps if step.outcome]
    assert found == sorted(found) and set(found) == {1.0, 2.0, 3.0}
