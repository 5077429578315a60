"""What a campaign costs beside a plain loop, and what twenty kills cost it; an otherwise idle machine of two cores."""

import resource
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import campaign_points
import numpy as np
import pytest
from array_toml import ARRAY
from killed_campaign import killed_at_times

from circuitsim import campaign
from circuitsim.bench.machine import describe_machine
from circuitsim.campaign.array_measures import drawn_read
from circuitsim.spec import load_spec

POINTS = 1000
KILLS = 20


def planned(folder, replicates, measure, array):
    (folder / "array.toml").write_text(array)
    (folder / "c.toml").write_text(f'schema = 1\nbase = "array.toml"\nreplicates = {replicates}\n{measure}')
    shutil.copy(campaign_points.__file__, folder)
    return campaign.plan_campaign(campaign.load_campaign(folder / "c.toml"), folder)


def processor_time():
    """Processor time [s] of this process and of those that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def test_two_workers_beside_a_plain_loop(tmp_path):
    """Aim: 1.8 times as fast as the loop, on two idle cores. Workers are forked: OpenBLAS has no thread of its own.

    It was 1.09 when each campaign imported for 1.8 s what its workers need, and a point cost 2 ms more beside that.
    """
    plan = planned(tmp_path, POINTS, "[measures.read]\n", ARRAY.replace("rows = 2\ncols = 2", "rows = 64\ncols = 64"))
    spec = load_spec(tmp_path / "array.toml")
    drawn_read(spec, np.random.default_rng(0))  # kernels are there
    wall, own = time.perf_counter(), processor_time()
    for seed in range(POINTS):
        drawn_read(spec, np.random.default_rng(seed))
    loop, loop_used = time.perf_counter() - wall, processor_time() - own
    wall, own = time.perf_counter(), processor_time()
    for step in campaign.run_campaign(plan, tmp_path / "out", engine=campaign.local_engine(2)):
        assert step.failed == 0
    took, used = time.perf_counter() - wall, processor_time() - own
    print(
        f"{POINTS} points: loop {loop:.1f} s ({loop_used:.1f} s of processor time), two workers {took:.1f} s "
        f"({used:.1f} s): {loop / took:.2f} times as fast, {1e3 * (used - loop_used) / POINTS:.1f} ms more a point"
    )
    assert loop / took >= 1.8, describe_machine()


def test_overhead_of_a_point(tmp_path):
    """Processor time of a point that measures nothing, with its claim, its result on the disk and its line of a log."""
    plan = planned(tmp_path, POINTS, '[measures.m]\nfunction = "campaign_points:drawn"\n', ARRAY)
    start = time.process_time()
    with ThreadPoolExecutor(1) as executor:
        for _ in campaign.run_campaign(plan, tmp_path / "out", engine=campaign.given_engine(executor)):
            pass
    each = (time.process_time() - start) / POINTS
    print(f"{1e3 * each:.2f} ms of processor time a point")
    assert each <= 5e-3, describe_machine()


@pytest.mark.parametrize("seed", [0])
def test_twenty_kills(tmp_path, seed):
    (tmp_path / "trace").mkdir()
    arguments = f'arguments = {{ trace = "{tmp_path / "trace"}", pause = 0.01 }}'
    plan = planned(tmp_path, POINTS, f'[measures.m]\nfunction = "campaign_points:traced"\n{arguments}\n', ARRAY)
    calls = killed_at_times(tmp_path, KILLS, seed, within=10.0)
    status = campaign.campaign_status(tmp_path / "out")
    print(f"{sum(calls.values()) - POINTS} points measured twice for {KILLS} kills")
    assert (status.done, status.failed, len(calls)) == (POINTS, 0, POINTS) == (len(plan.points), 0, POINTS)
    assert sum(calls.values()) <= POINTS + KILLS
