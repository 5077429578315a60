import shutil
import subprocess
import sys

from circuitsim.nodal import kernel

SWEEP = """
from kernel import kernel
from lanes import WIDTH


@kernel
def width():
    return WIDTH


print(width())
"""


def test_a_change_in_another_file_compiles_the_kernels_again(tmp_path):
    """numba alone would load the kernel of 16 lanes for 8: the file that defines it has not changed."""
    shutil.copy(kernel.__file__, tmp_path / "kernel.py")
    for name in ("polynomial", "balance", "modes", "gate_cells", "column_newton", "string_newton"):
        (tmp_path / f"{name}.py").touch()
    (tmp_path / "sweep.py").write_text(SWEEP)
    for width in (16, 8):
        (tmp_path / "lanes.py").write_text(f"WIDTH = {width}\n")
        run = [sys.executable, "-B", "-c", "import sweep"]
        assert subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == f"{width}\n"


def test_another_process_takes_a_kernel_from_disk(tmp_path):
    for name in ("lanes", "polynomial", "balance", "modes"):
        (tmp_path / f"{name}.py").write_text("WIDTH = 16\n")
    shutil.copy(kernel.__file__, tmp_path / "kernel.py")
    (tmp_path / "sweep.py").write_text(SWEEP + "print(sum(width.stats.cache_hits.values()))\n")
    run = [sys.executable, "-B", "-c", "import sweep"]
    found = [subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert found == ["16\n0\n", "16\n1\n"]
