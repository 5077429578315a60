import os
import shutil
import subprocess
import sys
from pathlib import Path

from numba.core.dispatcher import Dispatcher

import circuitsim
from circuitsim.nodal import balance, kernel, plan_kernels, surface, sweep

SWEEP = """
from kernel import kernel
from lanes import WIDTH


@kernel
def width():
    return WIDTH


print(width(), "lanes, loaded:", sum(width.stats.cache_hits.values()))
"""


def test_a_kernel_is_taken_from_disk_until_another_file_changes(tmp_path):
    """numba alone would load the kernel of 16 lanes for 8: the file that defines it has not changed."""
    shutil.copy(kernel.__file__, tmp_path / "kernel.py")
    for name in kernel._SOURCES:
        (tmp_path / f"{name}.py").touch()
    (tmp_path / "sweep.py").write_text(SWEEP)
    for width, loaded in ((16, 0), (16, 1), (8, 0)):
        (tmp_path / "lanes.py").write_text(f"WIDTH = {width}\n")
        run = [sys.executable, "-B", "-c", "import sweep"]
        own = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "kernels")}
        found = subprocess.run(run, cwd=tmp_path, env=own, capture_output=True, text=True, check=True).stdout
        assert found == f"{width} lanes, loaded: {loaded}\n"


def test_every_compiled_function_is_kept_on_disk():
    modules = (balance, plan_kernels, surface, sweep)
    compiled = {value for module in modules for value in vars(module).values() if isinstance(value, Dispatcher)}
    written_out = {each for each in compiled if each.targetoptions.get("inline")}  # into the functions that call it
    assert len(compiled - written_out) > 4 and not {
        each for each in compiled - written_out if each._cache.cache_path is None
    }


READ = """
import logging, sys
import numpy as np
import circuitsim.levels
from circuitsim import nodal
from circuitsim.spec import parse_spec

wire, driver = {"r_row": 1.0, "r_col": 1.0}, {"v_read": 0.2}
device = {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4}
data = {"schema": 1, "array": {"rows": 4, "cols": 3, "cell": "1r"}, "device": device, "wire": wire, "driver": driver}
print(nodal.read(nodal.prepare(parse_spec(data), np.full((4, 3), 1e-5)), np.full((1, 4), 0.2)).out.sum())
print(*(name for name in ("pycparser", "numba.cpython.unicode", "scipy.interpolate", "joblib") if name in sys.modules))
from circuitsim.nodal.sweep import solve_block
print("loaded:", sum(solve_block.stats.cache_hits.values()))
"""


def test_a_kernel_is_compiled_once_wherever_the_package_lies_and_that_is_told(tmp_path):
    """A read with kernels from disk loads no compiler either, and nothing that only others need."""
    package = Path(circuitsim.__file__).parent
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        shutil.copytree(package, tmp_path / folder / "circuitsim", ignore=shutil.ignore_patterns("__pycache__"))
        for data in (package.parent / "device_models", package.parent / "netlists"):
            (tmp_path / folder / data.name).symlink_to(data)
    told = "compiling what reads by bit lines need, once on this machine: about 3 s\n"
    compiler, sums = "pycparser numba.cpython.unicode", set()  # what numba loads to compile
    for folder, modules, loaded, said in (("here", compiler, 0, told), ("here", "", 1, ""), ("there", "", 1, "")):
        own = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "kernels"), "PYTHONPATH": str(tmp_path / folder)}
        done = subprocess.run([sys.executable, "-c", READ], env=own, capture_output=True, text=True, check=True)
        total, *others = done.stdout.splitlines()
        assert (others, done.stderr) == ([modules, f"loaded: {loaded}"], said)
        sums.add(total)
    assert len(sums) == 1
