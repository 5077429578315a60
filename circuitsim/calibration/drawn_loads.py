"""The error per column load of tiles as networks make them: fitted to some that are drawn, tested on fresh ones."""

from dataclasses import replace

import numpy as np

from circuitsim.calibration.comparison import Search
from circuitsim.calibration.families import LARGE
from circuitsim.calibration.random_starts import random_inputs
from circuitsim.results import LoadTable, TileModel, column_load
from circuitsim.results.error_scale import errors_relative_to
from circuitsim.spec import Tolerance, checked

KINDS = ("normal pairs", "uniform pairs", "sparse pairs", "binary pairs", "uniform cells")
TILES = 30  # to fit, and as many to test
_FEW = 15  # of arrays that are LARGE
# Fresh tiles of a 64 × 64 array reached 1.22 times what as many others had.
MARGIN = 1.5


@checked
def with_drawn_loads(
    table: LoadTable, model: TileModel, full_scale: Tolerance, *, rng: np.random.Generator
) -> LoadTable:
    """Add to a table by load the coefficient of tiles as networks make them, from sparse to dense, of any size.

    A search over all matrices meets errors far above those of such tiles: its coefficient holds for every matrix, this
    one for random weights on pairs of columns, or on all of them. It is `MARGIN` times the largest error over load of
    one half of the tiles drawn; should a tile of the other half exceed it, all of them count.

    Args:
        table: From `load_table`.
        model: The behavioral model.
        full_scale: What errors are divided by [A].
        rng: Draws tiles and inputs.

    Returns:
        The table with `drawn` and `fresh`; unchanged where errors are fractions of the current itself, or inputs
        switch gates.
    """
    search = Search(model, full_scale)
    if errors_relative_to(model.spec) != "full scale" or search.box.switched:
        return table
    rows, cols = model.spec.shape
    count = TILES if rows * cols <= LARGE else _FEW
    ratios = [_ratio(search, KINDS[k % len(KINDS)], rng) for k in range(2 * count)]
    fitted, fresh = max(ratios[:count]), max(ratios[count:])
    coefficient = MARGIN * (fitted if fresh <= MARGIN * fitted else fresh)
    return replace(table, drawn=coefficient, fresh=fresh / coefficient if coefficient else 0.0)


def _ratio(search: Search, kind: str, rng: np.random.Generator) -> float:
    """Return the largest error of a drawn tile over its load."""
    box, (rows, cols) = search.box, search.box.spec.shape
    used = int(rng.integers(-(-rows // 7), rows + 1))
    pattern = np.zeros((rows, cols))
    pattern[:used] = _pattern(kind, used, cols, rng)
    patterns = np.zeros((2, rows))
    patterns[:, :used] = [[1.0], [0.5]]
    v_in = np.vstack([random_inputs(box, rng, each=10), box.inputs(patterns)])
    v_in = np.where(box.inputs(np.ones((1, rows)) * (patterns[0] > 0)) == box.rest, box.rest, v_in)
    both = search.program(box.conductances(pattern))
    return search.read(both, v_in, f"drawn, {kind}").error / column_load(both.g, box.spec.device.g_max)


def _pattern(kind: str, rows: int, cols: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a pattern (rows, cols), 0 for g_min to 1 for g_max; of pairs one side takes a weight, the other rests."""
    if kind == "uniform cells" or cols < 2:
        return rng.random((rows, cols))
    outputs = int(rng.integers(1, cols // 2 + 1))
    if kind == "uniform pairs":
        weights = rng.uniform(-1, 1, (rows, outputs))
    elif kind == "binary pairs":
        weights = rng.choice([-1.0, 0.0, 1.0], (rows, outputs))
    else:
        weights = rng.standard_normal((rows, outputs)) / rng.uniform(1.5, 4.0)  # the largest of many are clipped
        weights *= rng.random((rows, outputs)) < (0.2 if kind == "sparse pairs" else 1.0)
    weights, pattern = np.clip(weights, -1, 1), np.zeros((rows, cols))
    pattern[:, 0 : 2 * outputs : 2], pattern[:, 1 : 2 * outputs : 2] = np.maximum(weights, 0), np.maximum(-weights, 0)
    return pattern
