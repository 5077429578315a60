"""When a process may be forked, and with how many threads its copy computes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from circuitsim.campaign.engines import ONE_THREAD

PROGRAM = """
import json, os, sys, threading, time
from circuitsim.campaign import forking
import numpy as np
a = np.random.default_rng(0).random((300, 300))
first = a @ a  # its threads are there
environment = json.loads(sys.argv[1])
found = {"alone": forking.is_forkable(environment)}
done = threading.Event()
other = threading.Thread(target=done.wait)
other.start()
found["thread of Python"] = forking.is_forkable(environment)
done.set()
other.join()
import _thread  # a thread that the module threading does not know
lock = _thread.allocate_lock()
lock.acquire()
_thread.start_new_thread(lock.acquire, ())
found["another thread"] = forking.is_forkable(environment)
lock.release()
while forking._threads() != forking._threads() or not forking.is_forkable(environment):
    time.sleep(0.01)
read, write = os.pipe()
if (pid := os.fork()) == 0:
    forking.compute_alone(environment)
    a @ a
    blas = [each.threads for path in forking._libraries() if (each := forking._open_blas(path))]
    os.write(write, json.dumps([blas, os.environ["OMP_NUM_THREADS"]]).encode())
    os._exit(0)
os.waitpid(pid, 0)
found["copy"] = json.loads(os.read(read, 1000))
found["libraries"] = [each.threads for path in forking._libraries() if (each := forking._open_blas(path))]
print(json.dumps(found))
"""


def told(threads):
    cleared = {name: value for name, value in os.environ.items() if name not in ONE_THREAD}
    arguments = [sys.executable, "-c", PROGRAM, json.dumps(ONE_THREAD)]
    done = subprocess.run(
        arguments, env={**cleared, "OPENBLAS_NUM_THREADS": threads}, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the system does not say which threads there are")
def test_threads_of_openblas_alone_do_not_forbid_a_fork():
    """Other threads do; the copy computes with one, whatever the process was told."""
    found = told("2")
    assert found["alone"] and not found["thread of Python"] and not found["another thread"]
    assert set(found["copy"][0]) <= {1} and found["copy"][1] == "1"
    if os.cpu_count() > 1 and found["libraries"]:
        assert max(found["libraries"]) == 2
