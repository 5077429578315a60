"""Measure run times for the benchmarks."""

import statistics
import time
from collections.abc import Callable

Announce = Callable[[str], None]
"""Called with the name of the part that is measured next."""


def median_ms(work: Callable[[], object], repeats: int) -> float:
    """Return the median wall time of `work` [ms]; a first run, for caches and compilation, is not counted."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)
