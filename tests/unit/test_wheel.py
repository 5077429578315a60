"""The wheel holds what a user needs, and works away from the checkout.

The wheel is installed into an environment of its own; only third-party packages are borrowed from this one.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = ("netlists", "device_models", "validation")
LEFT_OVER = (".pyc", ".log", ".raw")

pytestmark = pytest.mark.slow


def _run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment["CIRCUITSIM_CACHE"] = str(cwd / "cache")
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", folder, ROOT, cwd=folder)
    assert build.returncode == 0, build.stdout + build.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def home(wheel, tmp_path_factory) -> Path:
    """A fresh environment with the wheel in it, in a folder with a space in its name."""
    home = tmp_path_factory.mktemp("fresh environment")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    options = ("--no-deps", "--no-index", "--quiet", "--disable-pip-version-check")
    install = _run(sys.executable, "-m", "pip", "--python", python, "install", *options, wheel, cwd=home)
    assert install.returncode == 0, install.stdout + install.stderr
    # A folder on the path, unlike a site folder, has its .pth files ignored: the editable checkout stays out.
    (packages,) = (home / "lib").glob("python*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return home


def test_wheel_ships_every_model_and_bench_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = [path for folder in SHIPPED for path in (ROOT / folder).rglob("*") if path.is_file()]
    wanted = {f"circuitsim/_data/{path.relative_to(ROOT)}" for path in shipped if path.suffix not in LEFT_OVER}
    missing = wanted - names
    assert not missing
    assert "circuitsim/_data/device_models/rram_sinh/model.lib" in names
    assert "circuitsim/report/page.css" in names
    assert "circuitsim/presets/chips/hermes.toml" in names
    assert "circuitsim/py.typed" in names  # without it, type checkers take everything in the package for unknown
    for name in ("page.css", "templates/page.html.jinja", "templates/parts.html.jinja", "__init__.pyi"):
        assert f"circuitsim/report/{name}" in names
    foreign = {name for name in names if not name.startswith(("circuitsim/", "circuitsim-"))}
    assert not foreign
    assert not [name for name in names if name.endswith(LEFT_OVER)]


def test_package_and_its_files_come_from_the_wheel(home):
    code = "from circuitsim import __file__, resources; print(__file__); print(resources.data_folder())"
    done = _run(home / "bin" / "python", "-c", code, cwd=home)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        assert Path(line).is_relative_to(home / "lib"), line


def test_doctor_finds_ngspice(home):
    done = _run(home / "bin" / "circuitsim", "doctor", cwd=home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ngspice" in done.stdout
    assert "Traceback" not in done.stderr


def test_shipped_bench_runs_in_plain_ngspice(home):
    code = "from circuitsim import resources; print(resources.netlists_folder())"
    folder = Path(_run(home / "bin" / "python", "-c", code, cwd=home).stdout.strip())
    ngspice = shutil.which("ngspice")
    assert ngspice is not None, "ngspice is missing: make setup"
    done = _run(ngspice, "-n", "-b", "-r", home / "bench.raw", folder / "benches" / "rram_sinh.cir", cwd=home)
    assert done.returncode == 0, done.stdout + done.stderr
    header = (home / "bench.raw").read_bytes().split(b"Binary:")[0].decode()
    assert "No. Points: 101" in header


def test_shipped_card_solves_an_array(home):
    code = """
import numpy as np, circuitsim as cs
spec = cs.parse_spec({"schema": 1, "array": {"rows": 2, "cols": 2, "cell": "1r"}, "wire": {"r_row": 0, "r_col": 0},
                      "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"}, "driver": {"v_read": 0.2}})
g = np.array([[1e-6, 2e-6], [3e-6, 4e-6]])
print(*cs.solve(spec, g, np.array([[0.1, 0.2]]), level="ngspice").out[0])
"""
    done = _run(home / "bin" / "python", "-c", code, cwd=home)
    assert done.returncode == 0, done.stderr
    # 0.1 V · 1 µS + 0.2 V · 3 µS and 0.1 V · 2 µS + 0.2 V · 4 µS; ngspice solves linear decks to 5e-13.
    assert [float(word) for word in done.stdout.split()] == pytest.approx([0.7e-6, 1.0e-6], rel=1e-9, abs=0)
