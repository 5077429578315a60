"""Speed of a tile's reads beside one plain product; one run, one thread, an otherwise idle machine."""

import time

import numpy as np
import pytest

from circuitsim import behavioral, characterization
from circuitsim.bench.calibration import Case, case_spec
from circuitsim.results import TileModel

BATCH, ROUNDS = 1024, 40


def _minima(reads):
    """Least time of each read; the reads take turns, so that all see the same machine."""
    least = dict.fromkeys(reads, np.inf)
    for _ in range(ROUNDS):
        for name, read in reads.items():
            start = time.perf_counter()
            read()
            least[name] = min(least[name], time.perf_counter() - start)
    return least


@pytest.mark.parametrize(
    ("n", "r_wire", "most"), [(64, 10.0, {2: 13, 3: 21, 4: 34}), (128, 2.0, {2: 11, 3: 18, 4: 26})]
)
def test_reads_over_one_plain_product(n, r_wire, most):
    spec = case_spec(Case("sinh", n, r_wire, 0.2))
    surface, rng = characterization.cell(spec), np.random.default_rng(0)
    g = rng.uniform(spec.device.g_min, spec.device.g_max, spec.shape)
    v = rng.uniform(0.0, 0.2, (BATCH, n)).astype(np.float32)
    w = g.astype(np.float32)
    tiles = {
        grade: behavioral.program(TileModel(spec, surface, grade, (0.0, 0.2)), g, dtype="float32") for grade in most
    }
    reads = {grade: lambda tile=tile: behavioral.mvm(tile, v) for grade, tile in tiles.items()}
    least = _minima({"plain": lambda: v @ w, **reads})
    for grade, bound in most.items():
        assert least[grade] <= bound * least["plain"], (grade, least[grade] / least["plain"])
