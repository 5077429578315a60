"""How the benches take a time."""

import statistics
import time
from collections.abc import Callable

Announce = Callable[[str], None]
"""Called with a sentence on what is measured next."""


def median_ms(work: Callable[[], object], repeats: int) -> float:
    """Median wall time [ms]; one run before it, for caches and compilation, is not counted."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)
