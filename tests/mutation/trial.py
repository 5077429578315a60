"""One mutant, one process: a copy of the repository with the change, the tests of its line, and a limit of time.

The process is forked from one that has imported the large libraries and nothing of the package, so that a trial costs
its tests and little more.
"""

import contextlib
import importlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PRELOADED = """
    scipy.optimize scipy.sparse.linalg scipy.stats scipy.integrate scipy.linalg scipy.special numba numba.extending
    pydantic xarray h5netcdf h5py typer rich.progress rich.table jinja2 joblib array_api_compat array_api_strict
    lazy_loader platformdirs tomli_w yaml onnx onnxruntime hypothesis.strategies sklearn.datasets matplotlib.figure
"""
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def preload() -> None:
    """Import the large libraries, those that are installed."""
    os.environ.update(ONE_THREAD, PYTHONDONTWRITEBYTECODE="1")
    for name in PRELOADED.split():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    assert not any(name.split(".")[0] == "circuitsim" for name in sys.modules)


def copy_repository(root: Path, tree: Path) -> None:
    """Make `tree` a copy of the files under `root` that git does not ignore; unchanged files keep their age."""
    said = subprocess.run(["git", "ls-files", "-coz", "--exclude-standard"], cwd=root, capture_output=True, check=True)
    names = {name for name in said.stdout.decode().split("\0") if name and (root / name).is_file()}
    for path in tree.rglob("*") if tree.exists() else ():
        if path.is_file() and path.suffix != ".pyc" and path.relative_to(tree).as_posix() not in names:
            path.unlink()
    for name in names:
        source, copy = root / name, tree / name
        if not copy.exists() or copy.read_bytes() != source.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)


@contextlib.contextmanager
def changed(path: Path, text: str) -> Iterator[None]:
    """Give a file another text for a while, and an age of its own, by which Python and Numba know that it changed."""
    original, times = path.read_bytes(), path.stat()
    try:
        path.write_text(text)
        os.utime(path, (time.time(), times.st_mtime + 1 + time.monotonic() % 1e6))
        yield
    finally:
        path.write_bytes(original)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


class Selection:
    """Plugin of pytest: runs the named tests in their order until time is over, and notes the first that fails."""

    def __init__(self, tests: list[str], failures: Path, budget_s: float):
        self.rank = {test: n for n, test in enumerate(tests)}
        self.failures = failures
        self.budget_s = budget_s
        self.began_s: float | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        items[:] = sorted((i for i in items if i.nodeid in self.rank), key=lambda item: self.rank[item.nodeid])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item):
        """Leave a test out, by taking it as done, once the budget of processor time is spent."""
        if self.began_s is None:
            self.began_s = _spent_s()
        return True if _spent_s() - self.began_s > self.budget_s else None

    def pytest_runtest_logreport(self, report):
        if report.outcome == "failed":
            with self.failures.open("a") as file:
                file.write(f"{report.nodeid}\n")


def _spent_s() -> float:
    """Processor time of this process and of those that it ran [s]."""
    return sum(os.times()[:4])


def run_tests(tests: list[str], failures: Path, budget_s: float) -> int:
    """Run tests in this process until one fails or the budget of processor time is spent; return pytest's exit code."""
    files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0"]
    return pytest.main([*options, *files], plugins=[Selection(tests, failures, budget_s)])


@dataclass(frozen=True)
class Ended:
    """How a forked process ended: its exit code, None past its limit of time; seconds of its own and of the clock."""

    code: int | None
    cpu_s: float
    wall_s: float


def fork(work: Callable[[], int], tree: Path, *, log: Path, limit_s: float, environment: dict[str, str]) -> Ended:
    """Run a function in a process of its own, in `tree`, from which the package is imported.

    The limit is one of processor time, so that a busy machine kills no mutant; the clock may take twenty times as long.
    """
    began, child = time.monotonic(), os.fork()
    if child == 0:
        code = 70
        try:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CPU, (int(limit_s), int(limit_s) + 9))
            file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, 1)
            os.dup2(file, 2)
            os.chdir(tree)
            os.environ.update(environment, PYTHONPATH=str(tree))
            sys.path.insert(0, str(tree))
            code = int(work())
        finally:
            sys.stdout.flush()
            os._exit(code)
    try:
        return _wait(child, began, 20 * limit_s)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # what the tests started and left behind, too


def _wait(child: int, began: float, wall_limit_s: float) -> Ended:
    """Wait for a process that leads its group; end it at its limit of the clock."""
    late = False
    while (ended := os.wait4(child, os.WNOHANG))[0] == 0:
        if late := time.monotonic() - began > wall_limit_s:
            os.killpg(child, signal.SIGKILL)
            ended = os.wait4(child, 0)
            break
        time.sleep(0.02)
    _, status, usage = ended
    code = os.waitstatus_to_exitcode(status)
    past = late or code == -signal.SIGXCPU
    return Ended(None if past else code, usage.ru_utime + usage.ru_stime, time.monotonic() - began)


def judge(ended: Ended) -> str:
    """Return what became of a mutant: "killed", "timeout", "survived", or "error" where no test was run."""
    if ended.code is None:
        return "timeout"
    return {0: "survived", 5: "error", 70: "error"}.get(ended.code, "killed")


def environment_of(*, numba: Path, characterized: Path) -> dict[str, str]:
    """Variables of a run of tests: the folders of what Numba compiled and of what ngspice characterized."""
    for folder in (numba, characterized):
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "NUMBA_CACHE_DIR": str(numba),
        "CIRCUITSIM_CACHE": str(characterized),
        "HYPOTHESIS_STORAGE_DIRECTORY": tempfile.gettempdir(),
    }


def linked(folder: Path, copy: Path, *, without: Iterable[str] = ()) -> Path:
    """Fill `copy` with links to the files of a cache, so that what a mutant stores there is gone with it.

    Args:
        folder: The cache.
        copy: A new folder.
        without: Stems of modules; what Numba compiled of them is left out.
    """
    left_out = shutil.ignore_patterns(*(f"{stem}.*" for stem in without))
    return shutil.copytree(folder, copy, copy_function=os.link, ignore=left_out)
