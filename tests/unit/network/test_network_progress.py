"""Long work of a network tells how far it is: tiles programmed, images read."""

from dataclasses import dataclass

import numpy as np
import pytest

from circuitsim.network import LinearLayer, evaluate, exact_product, fit_ranges, float_product, program
from circuitsim.spec import parse_spec


@dataclass(frozen=True)
class TwoLayers:
    layers: tuple

    def run(self, images, product):
        for layer in self.layers:
            images = np.maximum(np.asarray(product(layer, images[:, None]))[:, 0], 0.0)
        return images

    def run_float(self, images):
        return self.run(images, float_product)


@pytest.fixture
def spec():
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": 4, "cols": 4, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": 0.2},
        }
    )


@pytest.fixture
def network():
    rng = np.random.default_rng(0)
    shapes = {"first": (1, 8, 6), "second": (1, 6, 2)}
    return TwoLayers(tuple(LinearLayer(name, "Gemm", rng.normal(size=shape)) for name, shape in shapes.items()))


def test_tiles_are_told_after_each_layer(network, spec):
    told = []
    program(network, spec, exact_product(spec), progress=lambda *now: told.append(now))
    assert told == [(6, 8), (8, 8)]


def test_images_are_told_after_each_chunk(network, spec):
    told, images = [], np.random.default_rng(1).random((300, 8))
    programmed = program(network, spec, exact_product(spec))
    ranges = fit_ranges(programmed, images)
    evaluate(programmed, images, ranges=ranges, progress=lambda *now: told.append(now))
    assert told == [(256, 300), (300, 300)]
