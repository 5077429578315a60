"""What a first read costs: kernels that nobody compiled yet, and an import; an otherwise idle machine."""

import os
import subprocess
import sys
import time

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


@pytest.fixture(scope="module")
def seconds(tmp_path_factory):
    """Wall time of the first run with empty caches, and the shortest of five more [s]; bytecode is there, as installed."""
    folder = tmp_path_factory.mktemp("first")
    own = os.environ | {
        name: str(folder / name) for name in ("NUMBA_CACHE_DIR", "CIRCUITSIM_CACHE", "PYTHONPYCACHEPREFIX")
    }
    own.pop("PYTHONDONTWRITEBYTECODE", None)
    own |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

    def run() -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", READ], env=own, check=True, capture_output=True)
        return time.perf_counter() - start

    every = "import circuitsim.levels, circuitsim.nodal, circuitsim.bench.solver, numba"
    subprocess.run([sys.executable, "-c", every], env=own, check=True)
    return run(), min(run() for _ in range(5))


def test_the_first_read_of_a_fresh_install(seconds):
    assert seconds[0] <= 8, (seconds, describe_machine())


def test_import_and_read_when_kernels_are_there(seconds):
    assert seconds[1] <= 1.5, (seconds, describe_machine())
