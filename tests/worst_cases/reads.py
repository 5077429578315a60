"""The time of a read of each grade beside one plain product: batch 1024, float32, one thread."""

import time
from collections.abc import Iterator

import numpy as np
from arrays import array

from circuitsim.behavioral import GRADES, mvm, program

BATCH, ROUNDS = 1024, 60
# Array, and how many times as long as a plain product the grades 2 to 4 may take.
READ = {
    "64x64, 10 ohm": (array(64, 64, 10), {2: 13, 3: 21, 4: 34}),
    "128x128, 2 ohm": (array(128, 128, 2), {2: 11, 3: 16, 4: 26}),
}
NAMES = list(READ)


def measure(names: list[str]) -> Iterator[dict]:
    """Time reads of a uniform matrix; grades take turns, and the least time of each counts."""
    for name, (declared, most) in READ.items():
        if name in names:
            least = _times(declared.spec.shape[0], {grade: declared.model(grade)[0] for grade in most})
            plain = least.pop(0)
            ratios = {f"grade_{grade}_over_plain": seconds / plain for grade, seconds in least.items()}
            products = [GRADES[grade].products for grade in most]
            kept = all(least[grade] <= bound * plain for grade, bound in most.items())
            yield {"name": name, "plain_ms": 1e3 * plain, "products": products} | ratios | {"kept": kept}


def _times(n: int, models: dict) -> dict[int, float]:
    """Return the least processor time [s] of a plain product (key 0) and of each grade's read."""
    rng = np.random.default_rng(0)
    g, v = rng.uniform(1e-6, 1e-4, (n, n)), rng.uniform(0.0, 0.2, (BATCH, n)).astype(np.float32)
    tiles = {grade: program(model, g, dtype="float32") for grade, model in models.items()}
    w = g.astype(np.float32)
    reads = {0: lambda: v @ w} | {grade: lambda tile=tile: mvm(tile, v) for grade, tile in tiles.items()}
    least = dict.fromkeys(reads, np.inf)
    for _ in range(ROUNDS):
        for grade, read in reads.items():
            start = time.thread_time()  # others may use the processor in between
            read()
            least[grade] = min(least[grade], time.thread_time() - start)
    return least
