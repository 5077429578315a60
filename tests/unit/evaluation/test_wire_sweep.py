"""The wire resistance of a sweep, whatever the specification gives; the IR drop; what cannot be swept."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from small_networks import convolution_and_gemm

from circuitsim.demo.job import TEMPLATE
from circuitsim.errors import InputError, SpecError
from circuitsim.evaluation import wire_sweep
from circuitsim.evaluation.wire_sweep import largest_drop, with_wires
from circuitsim.results import Experiment
from circuitsim.spec import load_spec, parse_spec

GEOMETRY = {"width": "50n", "thickness": "100n", "pitch": "200n", "resistivity": 5e-8}
CELL = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 1, "cols": 1, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 300.0, "r_col": 500.0},
        "driver": {"v_read": 0.2, "r_out": 150.0},
        "sense": {"r_in": 50.0},
    }
)


@pytest.mark.parametrize("wire", [{}, {"r_row": None, "row": GEOMETRY}])
def test_wires_take_the_resistance_of_the_sweep(wire):
    spec = load_spec(TEMPLATE)
    data = spec.model_dump(by_alias=True)
    data["wire"] = {key: value for key, value in (data["wire"] | wire).items() if value is not None}
    wires = with_wires(type(spec).model_validate(data), 8.0).wires
    assert_array_equal(wires.r_row[:, 1:-1], 8.0)
    assert_array_equal(wires.r_col[1:-1], 8.0)


def _tile(g: float) -> Experiment:
    return Experiment("network fc", np.full((1, 1), g), ("network",), np.full((1, 1), 0.1))


def test_the_largest_drop_is_that_of_a_divider():
    series = 300.0 + 500.0 + 150.0 + 50.0
    for tiles, worst in (([1e-6], 1e-6), ([1e-6, 1e-4, 1e-5], 1e-4)):
        drop = largest_drop(CELL, None, [_tile(g) for g in tiles])
        assert_allclose(drop, series / (series + 1 / worst), rtol=1e-9, atol=0)


@pytest.mark.parametrize(
    ("tiles", "resistances", "error", "sentence"),
    [
        ((), (1.0,), InputError, "tiles is empty: expected at least one tile of the network, see network_experiments"),
        ((_tile(1e-5),), (), InputError, "resistances is empty: expected at least one resistance"),
        ((_tile(1e-5),), (1.0, -1.0), SpecError, r"wire\.r_row = -1"),
    ],
)
def test_a_sweep_without_tiles_or_of_impossible_resistances_is_refused(tiles, resistances, error, sentence):
    images = np.zeros((2, 1, 3, 3))
    with pytest.raises(error, match=sentence):
        wire_sweep(
            convolution_and_gemm(3),
            CELL,
            images,
            np.zeros(2, dtype=int),
            calibration_images=images,
            tiles=tiles,
            rng=np.random.default_rng(0),
            resistances=resistances,
        )
