"""What a first read costs: kernels that nobody compiled yet, and an import; an otherwise idle machine."""

import os
import resource
import subprocess
import sys

import pytest

from circuitsim.bench.machine import describe_machine

READ = """
import numpy as np
import circuitsim as cs
from circuitsim.bench.solver import transistor_spec

spec = transistor_spec(64)
g = 10 ** np.random.default_rng(0).uniform(-6, -4, spec.shape)
cs.solve(spec, g, np.full((1, 64), 0.2), level="nodal")
"""


def first_and_later(folder):
    """Processor time [s] of a run with empty caches, and the least of five more; bytecode is there, as installed."""
    own = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    own |= {name: str(folder / name) for name in ("NUMBA_CACHE_DIR", "CIRCUITSIM_CACHE", "PYTHONPYCACHEPREFIX")}
    own.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(script: str = READ) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", script], env=own, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    run("import scipy.stats, numba.core.typed_passes, circuitsim.levels, circuitsim.nodal, circuitsim.bench.solver")
    return run(), min(run() for _ in range(5))


@pytest.fixture(scope="module")
def seconds(tmp_path_factory):
    return first_and_later(tmp_path_factory.mktemp("first"))


def test_the_first_read_of_a_fresh_install(seconds):
    assert seconds[0] <= 6.5, (seconds, describe_machine())


def test_import_and_read_when_kernels_are_there(seconds):
    assert seconds[1] <= 1.2, (seconds, describe_machine())
