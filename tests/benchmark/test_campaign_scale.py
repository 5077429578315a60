"""What each part of a campaign costs: the numbers of docs/campaign_scale.md, printed."""

import os
import resource
import shutil
import subprocess
import sys
import time
import tracemalloc

import campaign_points
from array_toml import ARRAY

from circuitsim import campaign
from circuitsim.campaign.work import SharedSetup, work_on

PLANNED = 20_000
MEASURED = 2000


def planned(folder, replicates, arrays=1):
    (folder / "array.toml").write_text(ARRAY)
    axis = f'[axes]\n"wire.r_row" = {{ from = 1, to = 2, n = {arrays} }}\n' if arrays > 1 else ""
    measure = '[measures.m]\nfunction = "campaign_points:drawn"\n'
    (folder / "c.toml").write_text(f'schema = 1\nbase = "array.toml"\nreplicates = {replicates}\n{axis}{measure}')
    shutil.copy(campaign_points.__file__, folder)
    return campaign.plan_campaign(campaign.load_campaign(folder / "c.toml"), folder)


def test_cost_of_each_part(tmp_path):
    planned(tmp_path, 10)  # imports
    start = time.process_time()
    planned(tmp_path, PLANNED)
    each = 1e3 * (time.process_time() - start) / PLANNED
    tracemalloc.start()
    again = planned(tmp_path, MEASURED)
    kept = tracemalloc.get_traced_memory()[0] / len(again.points) / 1e3
    tracemalloc.stop()
    print(f"\nplan: {each:.3f} ms of processor time and {kept:.2f} kB a point of one array")
    assert each < 1 and kept < 5
    start = time.process_time()
    planned(tmp_path, 1, arrays=500)
    print(f"plan: {1e3 * (time.process_time() - start) / 500:.2f} ms a point where each has an array of its own")

    few = planned(tmp_path, MEASURED)
    start = time.process_time()
    for last in campaign.run_campaign(few, tmp_path / "out", engine=campaign.local_engine(2)):
        assert last.failed == 0
    each = 1e3 * (time.process_time() - start) / MEASURED
    assert last.done == MEASURED
    print(f"coordinator: {each:.2f} ms of processor time a point, {MEASURED} points")
    assert each < 5

    shared = SharedSetup("x", few.setup)
    work_on(shared, few.points[0])
    start = time.process_time()
    for point in few.points:
        work_on(shared, point)
    print(f"a worker: {1e3 * (time.process_time() - start) / MEASURED:.2f} ms of processor time a point")

    size = {
        name: sum(file.stat().st_size for file in (tmp_path / "out" / name).iterdir()) for name in ("results", "runs")
    }
    listed = (tmp_path / "out" / "points.npz").stat().st_size
    print(
        f"bytes a point: result {size['results'] / MEASURED:.0f}, log {size['runs'] / MEASURED:.0f}, "
        f"list of points {listed / MEASURED:.0f}"
    )

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = "import circuitsim.campaign.worker_server, circuitsim.campaign.array_measures"
    subprocess.run([sys.executable, "-c", program], check=True, env=os.environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"import of workers that are not forked: {took:.2f} s of processor time")
