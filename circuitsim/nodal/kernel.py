"""Compile the kernels of the sweeps and keep them on disk.

A compiled function is taken from disk as long as the file that defines it keeps its text. What other files contribute
(the width of the lanes, the polynomials, functions that are called) is compiled in unseen, so the text of all of them
names the kernels: a change in any compiles all of them again.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numba

from circuitsim.nodal.kernel_cache import KernelCache

_SOURCES = (
    "lanes",
    "lane_products",
    "polynomial",
    "chebyshev_values",
    "column_voltages",
    "balance",
    "sweep",
    "plan_kernels",
    "small_eigen",
    "gate_cells",
    "column_newton",
    "string_newton",
)
STAMP = hashlib.sha256(b"".join(Path(__file__).with_name(f"{name}.py").read_bytes() for name in _SOURCES)).hexdigest()

_BARE = {"_nrt": False, "no_rewrites": True, "error_model": "numpy"}


def kernel(function: Callable[..., Any], *written: ModuleType) -> Any:
    """Compile a function that works on lanes; it releases the interpreter lock and is cached under `STAMP`.

    Args:
        function: The function; named by the text of the modules too that write down its steps.
        written: Those modules.
    """
    return _compiled(function, {}, written)


def bare_kernel(function: Callable[..., Any], *written: ModuleType) -> Any:
    """Compile a function like `kernel` that makes no array of its own, without any counting of references.

    Numba counts the references to an array wherever a kernel takes it out of a tuple, which costs more than a step of
    an inner loop, and most of the time to compile. Arguments as those of `kernel`.
    """
    return _compiled(function, _BARE, written)


def step_kernel(function: Callable[..., Any]) -> Any:
    """Compile a step of a bare kernel by itself, to be merged into whatever calls it.

    Numba's own inlining writes a step out before it infers types: that is done once more for every kernel and every
    type of its arguments, in times that grow faster than the text. A plain call passes every field of every array.
    """
    return _compiled(function, _BARE | {"forceinline": True}, ())


def _compiled(function: Callable[..., Any], options: dict[str, Any], written: tuple[ModuleType, ...]) -> Any:
    function.__qualname__ += f"_{_stamp(written)[:12]}"  # numba names the files of its cache by it
    dispatcher: Any = numba.njit(nogil=True, **options)(function)
    dispatcher._cache = KernelCache(function)
    return dispatcher


def _stamp(written: tuple[ModuleType, ...]) -> str:
    texts = b"".join(Path(str(module.__file__)).read_bytes() for module in written)
    return hashlib.sha256(STAMP.encode() + texts).hexdigest() if written else STAMP
