"""Naming the benches costs nothing: what they need is loaded on first use."""

import subprocess
import sys


def test_importing_the_benches_loads_no_compiler_and_no_solver():
    code = "import sys, circuitsim.bench; print(*sys.modules)"
    started = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numba", "numpy", "scipy", "sklearn"} & set(started.stdout.split())
