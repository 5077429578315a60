import shutil
import subprocess
import sys

from numba.core.dispatcher import Dispatcher

from circuitsim.nodal import balance, kernel, modes, surface, sweep

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
    for name in ("polynomial", "balance", "modes", "gate_cells", "column_newton", "string_newton", "lane_products"):
        (tmp_path / f"{name}.py").touch()
    (tmp_path / "sweep.py").write_text(SWEEP)
    for width, loaded in ((16, 0), (16, 1), (8, 0)):
        (tmp_path / "lanes.py").write_text(f"WIDTH = {width}\n")
        run = [sys.executable, "-B", "-c", "import sweep"]
        found = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        assert found == f"{width} lanes, loaded: {loaded}\n"


def test_every_compiled_function_is_kept_on_disk():
    modules = (balance, modes, surface, sweep)
    compiled = {value for module in modules for value in vars(module).values() if isinstance(value, Dispatcher)}
    written_out = {each for each in compiled if each.targetoptions.get("inline")}  # into the functions that call it
    assert len(compiled - written_out) > 4 and not {
        each for each in compiled - written_out if each._cache.cache_path is None
    }
