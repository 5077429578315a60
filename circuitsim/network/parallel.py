"""The tiles of a layer side by side."""

from collections.abc import Callable, Iterable
from typing import Any

from joblib import Parallel, delayed


def over_tiles(function: Callable[..., Any], tiles: Iterable[tuple], n_jobs: int) -> list[Any]:
    """Return function(*tile) for every tile, in order.

    With n_jobs > 1 threads share the work: NumPy, the array solver and ngspice leave the interpreter free for each
    other. `joblib.parallel_config` puts another backend in their place, processes or a cluster; what a product records
    then stays in the worker.
    """
    return list(Parallel(n_jobs, prefer="threads")(delayed(function)(*tile) for tile in tiles))
