"""The prediction of differing codes: made from the columns that carry codes."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from numpy.testing import assert_allclose

from circuitsim.evaluation.spice_loop import SolvedTile, used_columns
from circuitsim.network import TilePlace
from circuitsim.results import Calibration, Experiment

FULL_SCALE = 2e-4


def _calibration(g: np.ndarray, error: np.ndarray) -> Calibration:
    held = Experiment("network fc", g, ("network",) * len(error), np.full((len(error), g.shape[0]), 0.1))
    truth = SimpleNamespace(out=np.full(error.shape, 1e-5))
    certificate = SimpleNamespace(full_scale=FULL_SCALE, typical="of everything")
    return Calibration(
        cast(Any, None), cast(Any, certificate), (held,), cast(Any, (truth,)), (truth.out + error * FULL_SCALE,)
    )


def _tile(g: np.ndarray, outputs: int) -> SolvedTile:
    place = TilePlace("fc", 0, 0, (0, g.shape[0]), (0, outputs), 2 * outputs)
    return SolvedTile(place, g, np.zeros((1, g.shape[0])), cast(Any, None), Path())


def test_unused_columns_do_not_dilute_the_error():
    g = np.arange(24.0).reshape(4, 6) * 1e-6
    error = np.zeros((3, 6))
    error[:, :2] = 1e-3
    used = used_columns(_calibration(g, error), [_tile(g, outputs=1)])
    assert used.samples == 6
    assert_allclose(used.mean_abs, 1e-3, rtol=1e-9, atol=0)


def test_a_layer_without_a_tile_in_the_hold_out_takes_all_errors():
    g = np.full((4, 6), 1e-6)
    assert cast(Any, used_columns(_calibration(g, np.zeros((3, 6))), [_tile(2 * g, outputs=1)])) == "of everything"
