"""Keep compiled kernels in the user's cache, whatever folder the package lies in, and say when one is compiled.

`NUMBA_CACHE_DIR` names another folder. Where neither can be written, numba keeps kernels beside the package, or in its
own cache.
"""

import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import platformdirs
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator
from numba.core.runtime.nrt import rtsys

_SAID = {
    "solve_block": ("reads by bit lines", 3),
    "solve_block_of_columns": ("reads by word lines", 2),
    "solve_block_of_strings": ("reads of strings", 2),
    "evaluate_points": ("characterized cells at any voltage", 3),
    "evaluate_cells": ("characterized cells of an array", 2),
    "read_groups": ("reads of behavioral tiles", 4),
    "sweep_ports": ("the linear arrays of behavioral tiles", 6),
    "_solve_arrays": ("behavioral tiles of one product", 4),
    "fill_table": ("the residual currents of behavioral tiles", 4),
    "read_joined": ("networks on tiles", 5),
}
"""Kernels that take more than a second to compile: what they are for, and about how long [s] it takes."""
_log = logging.getLogger(__name__)


class _UserLocator(_CacheLocator):
    """Names a kernel by the text of the file that defines it, not by where that file lies or how old it is."""

    def __init__(self, py_func: Callable[..., Any], py_file: str):
        self._line = py_func.__code__.co_firstlineno
        self._text = hashlib.sha256(Path(py_file).read_bytes()).hexdigest()

    def get_cache_path(self) -> Any:
        return os.environ.get("NUMBA_CACHE_DIR") or str(Path(platformdirs.user_cache_dir("circuitsim")) / "kernels")

    def get_source_stamp(self) -> Any:
        return self._text

    def get_disambiguator(self) -> Any:
        return f"{self._line}-{self._text[:12]}"

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> "_UserLocator | None":
        try:
            locator = cls(py_func, py_file)
            locator.ensure_cache_path()
        except OSError:
            return None
        return locator


class _UserCache(CompileResultCacheImpl):
    _locator_classes: ClassVar = [_UserLocator, *CompileResultCacheImpl._locator_classes]


class KernelCache(FunctionCache):
    """Numba's cache of one kernel, see above."""

    _impl_class = _UserCache

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Load a compiled kernel; None where none is kept.

        numba would first load all that it compiles with, for 0.2 s. A kernel from disk needs the reference counts of
        arrays alone, and what compiles a kernel loads the rest.
        """
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            found = self._load_overload(sig, target_context)
        name = self._py_func.__name__
        if found is None and name in _SAID:
            purpose, seconds = _SAID[name]
            _log.warning("compiling what %s need, once on this machine: about %d s", purpose, seconds)
        return found
