"""Results are absent or complete, and the same to the byte in any order, by any worker, after any interruption."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from campaign_folder import FILE, campaign_in, contents, with_measure
from command_line import circuitsim
from killed_campaign import PROGRAM, killed_at_times

from circuitsim import campaign
from circuitsim.campaign import leases, store
from circuitsim.errors import InputError, SimulatorError


@pytest.fixture
def folder(tmp_path):
    campaign_in(tmp_path)
    return tmp_path


def run(plan, out, **options):
    with ThreadPoolExecutor(1) as executor:
        return list(campaign.run_campaign(plan, out, engine=campaign.given_engine(executor), **options))


def test_order_and_processes_change_no_byte(folder):
    plan = campaign_in(folder)
    steps = run(plan, folder / "one")
    assert (steps[-1].done, steps[-1].failed, len(steps)) == (27, 0, 28)
    for _ in campaign.run_campaign(plan, folder / "two", engine=campaign.local_engine(1)):
        pass
    assert contents(folder / "one") == contents(folder / "two") and len(contents(folder / "one")) == 27


def test_points_of_one_replicate_draw_the_same_numbers(folder):
    """A curve along an axis shows the axis and not other draws; replicates draw others."""
    run(campaign_in(folder), folder / "out")
    values = [json.loads(line[82:])["values"]["y"] for line in contents(folder / "out").values()]
    assert sorted(values.count(value) for value in set(values)) == [9, 9, 9]


def test_a_finished_campaign_measures_nothing_again(folder):
    plan = campaign_in(folder)
    run(plan, folder / "out")
    again = run(plan, folder / "out")
    assert [step.point for step in again] == [None] and again[0].done == 27


@pytest.mark.parametrize("kills", [1])
def test_kills_lose_double_and_repeat_nothing(folder, kills):
    text = with_measure("traced", f'arguments = {{ trace = "{folder / "trace"}", pause = 0.01 }}', replicates=4)
    plan = campaign_in(folder, text)
    calls = killed_at_times(folder, kills, seed=kills)
    kept = contents(folder / "out")
    assert len(kept) == len(plan.points) == 36 == len(calls)
    assert sum(calls.values()) <= 36 + kills  # a kill costs the point that was at work, and no other
    shutil.rmtree(folder / "out")
    run(plan, folder / "out")
    assert contents(folder / "out") == kept
    assert not list((folder / "out" / "claims").iterdir()) + list((folder / "out" / "coordinators").iterdir())


def test_two_coordinators_share_the_points(folder):
    text = with_measure("traced", f'arguments = {{ trace = "{folder / "trace"}", pause = 0.01 }}')
    plan = campaign_in(folder, text)
    (folder / "p.py").write_text(PROGRAM)
    both = [subprocess.Popen([sys.executable, "p.py"], cwd=folder, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [each.wait(timeout=60) for each in both] == [0, 0]
    calls = [path.stat().st_size for path in (folder / "trace").iterdir()]
    assert calls == [1] * 27 and len(contents(folder / "out")) == len(plan.points)


def test_a_point_that_kills_its_worker_fails_alone(folder):
    text = with_measure("deadly", replicates=1).replace("[2, 3, 4]", "[2, 3]")
    plan = campaign_in(folder, text.replace('{ from = 1, to = 100, n = 3, scale = "log" }', "[1]"))
    *_, last = campaign.run_campaign(plan, folder / "out", engine=campaign.local_engine(1))
    assert (last.done, last.failed) == (1, 1)
    assert campaign.campaign_status(folder / "out").reasons[0][0].startswith("its worker died")


def test_failures_stay_until_they_are_retried(folder):
    broken = folder / "broken"
    broken.touch()
    plan = campaign_in(folder, with_measure("failing", f'arguments = {{ broken = "{broken}" }}', replicates=1))
    assert (run(plan, folder / "out")[-1].done, run(plan, folder / "out")[-1].failed) == (3, 6)
    (reason, count), *_ = campaign.campaign_status(folder / "out").reasons
    assert (reason, count) == ("RuntimeError: no answer for 3 rows", 3)
    broken.unlink()
    assert run(plan, folder / "out")[-1].failed == 6
    assert run(plan, folder / "out", retry_failed=True)[-1].done == 9
    assert campaign.campaign_status(folder / "out").failed == 0


@pytest.mark.parametrize(("measure", "said"), [("changing", "at the first point"), ("not_finite", "a finite number")])
def test_a_measure_that_returns_another_kind_fails_at_that_point(folder, measure, said):
    run(campaign_in(folder, with_measure(measure, replicates=1)), folder / "out")
    found = campaign.campaign_status(folder / "out")
    assert found.failed and said in found.reasons[0][0]


def test_a_dataset_has_axes_units_and_states(folder):
    text = FILE.replace("replicates = 3", 'replicates = 3\nconstraints = ["array.rows * wire.r_row < 300"]')
    run(campaign_in(folder, text), folder / "out")
    data = campaign.collect_campaign(folder / "out")
    assert dict(data.sizes) == {"rows": 3, "r_row": 3, "replicate": 3}
    assert (data.m_x.attrs["units"], data.r_row.attrs["units"]) == ("V", "ohm")
    assert data.m_state.sel(rows=3, r_row=100).values.tolist() == [0, 0, 0]
    assert data.m_x.isnull().sum() == 6 and (data.m_state == 2).sum() == 21


def test_a_claim_of_a_process_that_is_gone_is_taken_over(folder):
    opened = store.open_store(folder / "out", make=True)
    with leases.coordinator(opened) as one, leases.coordinator(opened) as two:
        assert leases.claim_point(one, "a") and not leases.claim_point(two, "a")
        who = json.loads(one.file.read_text())
        one.file.write_text(json.dumps(who | {"started": "0"}))
        assert leases.claim_point(two, "a")


def test_an_executor_that_broke_is_told(folder):
    plan = campaign_in(folder, with_measure("drawn"))
    executor = ThreadPoolExecutor(1)
    steps = campaign.run_campaign(plan, folder / "out", engine=campaign.given_engine(executor))
    next(steps), next(steps)
    with pytest.raises((SimulatorError, RuntimeError)):
        executor.shutdown(cancel_futures=True)
        list(steps)


def test_a_store_of_another_version_is_refused(folder):
    (folder / "out").mkdir()
    (folder / "out" / "store.json").write_text('{"format": "circuitsim campaign store", "schema": 99}')
    with pytest.raises(InputError, match=r"schema = 99, expected 2: another version of circuitsim wrote this store"):
        campaign.campaign_status(folder / "out")
    with pytest.raises(InputError, match="no store of a campaign"):
        campaign.campaign_status(folder / "none")


def test_a_full_disk_is_one_sentence(folder, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    plan = campaign_in(folder)
    monkeypatch.setattr(store.os, "fsync", full)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)"):
        run(plan, folder / "out")


def test_a_record_is_absent_until_all_of_it_is_on_the_disk(folder, monkeypatch):
    opened = store.open_store(folder / "out", make=True)
    seen = []

    def full(_):
        seen.append(list((folder / "out" / "failures").iterdir()))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "fsync", full)
    with pytest.raises(InputError, match="cannot be written"):
        store.write_once(opened, opened.failure("ab"), {"reason": ""})
    left = [*(folder / "out" / "failures").iterdir(), *(folder / "out" / "writing").iterdir()]
    assert seen == [[]] and not left


def test_the_command_runs_tells_and_gathers(folder):
    done = circuitsim("campaign", "run", "c.toml", "-o", "out", "--workers", "1", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "27 of 27 points done, 0 failed, 0 left" in done.stdout
    assert "<svg" in (folder / "out" / "report.html").read_text()
    assert "27 of 27" in circuitsim("campaign", "status", "out", folder=folder).stdout
    assert circuitsim("campaign", "collect", "out", "-o", "c", folder=folder).returncode == 0
    head = (folder / "c" / "results.csv").read_text().splitlines()[0]
    assert head == "rows,r_row [ohm],replicate,m state,m x [V],m y [A]"
    script = circuitsim("campaign", "plan", "c.toml", "--slurm", folder=folder).stdout
    assert "#SBATCH --array=1-16" in script and Path("out/campaign").name in script
    script = circuitsim(
        "campaign", "plan", "c.toml", "--slurm", "--workers", "3", "--memory", "2g", folder=folder
    ).stdout
    assert "#SBATCH --mem=7630M\n" in script  # four processes of 2 GB, in MiB
    assert "--workers 3 --memory 2000000000 --no-report" in script
    for words in (("--memory", "2g"), ("--tasks", "3"), ("--workers", "3")):
        refused = circuitsim("campaign", "plan", "c.toml", *words, folder=folder)
        assert refused.returncode == 2 and f"{words[0]} has no effect without --slurm" in refused.stderr
