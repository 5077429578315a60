"""Whether a process may be forked, and how its copy comes to compute with one thread.

A copy of a process has only the thread that forked it. What another thread held, such as a lock, stays held for ever: a
process with other threads must not be forked. Those of OpenBLAS, which NumPy and SciPy carry, are an exception: it ends
them before a fork, and starts them anew where they are needed.
"""

import ctypes
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

_OPENMP = re.compile(r"lib(gomp|omp|iomp|mkl)", re.IGNORECASE)
"""Libraries that start threads when they first compute, as many as OMP_NUM_THREADS says."""
_BY_OPENMP = 2  # answer of OpenBLAS where its threads are those of OpenMP
_PREFIXES, _SUFFIXES = ("", "scipy_"), ("", "64_")


@dataclass(frozen=True)
class _OpenBlas:
    """An OpenBLAS of this process: how many threads it takes, how to set their number, and whether OpenMP has them."""

    threads: int
    limit: Callable[[int], None]
    openmp: bool


def is_forkable(environment: Mapping[str, str]) -> bool:
    """Tell whether this process may be forked: it has no thread but this one and those of OpenBLAS.

    Args:
        environment: Variables of the copy, see `compute_alone`.
    """
    threads = _threads()
    if threading.active_count() != 1 or threads == 0:
        return False
    name = "OMP_NUM_THREADS"
    libraries = _libraries()
    blas = [each for library in libraries if (each := _open_blas(library)) is not None]
    openmp = any(each.openmp for each in blas) or any(_OPENMP.match(Path(each).name) for each in libraries)
    if openmp and os.environ.get(name) != environment.get(name):
        return False
    idle = {0}  # numbers of threads that some of them may have now: each has all of its own, or none
    for each in blas:
        idle |= {some + each.threads - 1 for some in idle}
    return threads - 1 in idle


def compute_alone(environment: Mapping[str, str]) -> None:
    """Let this copy of a process compute with one thread, and what it loads or starts from now on too.

    Args:
        environment: Variables that say so.
    """
    os.environ.update(environment)
    for library in _libraries():
        if (blas := _open_blas(library)) is not None:
            blas.limit(1)
    if "numba" in sys.modules:
        sys.modules["numba"].config.reload_config()


def _threads() -> int:
    """Return the number of threads of this process, those of libraries included; 0: the system does not say."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    except OSError:
        return 0


def _libraries() -> list[str]:
    """Return the paths of the shared libraries of this process that compute with threads."""
    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    paths = {path for line in lines if (path := line[line.find("/") :]).startswith("/")}
    return sorted(path for path in paths if "openblas" in path or _OPENMP.match(Path(path).name))


def _open_blas(path: str) -> _OpenBlas | None:
    """Return the OpenBLAS in a library; None: there is none."""
    if "openblas" not in path:
        return None
    try:
        library = ctypes.CDLL(path)
    except OSError:
        return None
    for prefix in _PREFIXES:
        for suffix in _SUFFIXES:
            name = f"{prefix}openblas_%s{suffix}"
            if hasattr(library, name % "get_num_threads"):
                get, put, kind = (
                    getattr(library, name % each) for each in ("get_num_threads", "set_num_threads", "get_parallel")
                )
                return _OpenBlas(get(), put, kind() == _BY_OPENMP)
    return None
