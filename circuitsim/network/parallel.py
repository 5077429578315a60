"""Process the tiles of a layer in parallel."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from joblib import Parallel, delayed, effective_n_jobs

from circuitsim.spec import checked

_TOGETHER = 16  # tiles that one call programs: what it costs besides them is then small


def in_threads(function: Callable[[int, int], None], n_jobs: int) -> None:
    """Call function(k, parts) for every part k, each in a thread of its own; it writes to arrays that all share.

    There are as many parts as joblib makes of `n_jobs`: −1 stands for all cores.
    """
    parts = 1 if n_jobs == 1 else effective_n_jobs(n_jobs)  # joblib takes a while to say 1
    if parts == 1:
        function(0, 1)
    else:
        Parallel(parts, require="sharedmem")(delayed(function)(k, parts) for k in range(parts))


@checked
def over_tiles(function: Callable[..., Any], tiles: Iterable[tuple], n_jobs: int) -> list[Any]:
    """Return function(*tile) for every tile, in order.

    With n_jobs > 1, threads share the work; NumPy, the array solver and ngspice release the interpreter lock.
    `joblib.parallel_config` selects another backend, such as processes or a cluster. Records of a product then stay in
    the worker.
    """
    if n_jobs == 1:
        return [function(*tile) for tile in tiles]
    return list(Parallel(n_jobs, prefer="threads")(delayed(function)(*tile) for tile in tiles))


@checked
def over_groups(function: Callable[..., list[Any]], tiles: Sequence[Any], n_jobs: int) -> list[Any]:
    """Return the lists function(some of the tiles), joined in order; threads share the groups as in `over_tiles`."""
    size = min(_TOGETHER, -(-len(tiles) // (2 * effective_n_jobs(n_jobs))))
    groups = ((tiles[k : k + size],) for k in range(0, len(tiles), max(size, 1)))
    return list(chain(*over_tiles(function, groups, n_jobs)))
