"""Layers on arrays whose gates have several levels: an activation of many bits is one read."""

import numpy as np
import pytest
from gated_arrays import gated_spec
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.errors import SpecError
from circuitsim.evaluation import NodalProduct
from circuitsim.network import LinearLayer, RecordedProduct, TilePlace, exact_product, program
from circuitsim.network.inputs import encode
from circuitsim.network.linear import float_product
from circuitsim.network.reading import LayerRange, read_layer

LEVELS = (0.0, 0.5, 0.8, 1.8)
SPEC = gated_spec(16, 12, driver={"v_read": 0.2, "gate_levels": LEVELS})
LAWS = tuple(nodal.ohmic((1e-6, 1e-4), (0.0, 0.2), r_series=r) for r in (1e9, 3e4, 1e4, 1e3))


class OneLayer:
    layers = (LinearLayer("l", "Gemm", np.random.default_rng(0).normal(size=(1, 21, 4))),)

    def run(self, images, product):
        raise NotImplementedError

    def run_float(self, images):
        raise NotImplementedError


def activations(count=6):
    x = np.random.default_rng(1).integers(-3, 4, (count, 1, 21)).astype(float)
    x[0] = 0.0
    return x


def read(product, spec=SPEC):
    layer = program(OneLayer(), spec, product).layers["l"]
    return read_layer(layer, spec, activations(), LayerRange(3.0))


def test_an_activation_is_one_read_of_the_nearest_level():
    phases = encode(np.array([[[0.49 / 3, 0.51 / 3, -1.0, 2.0]]]), SPEC, activation_max=1.0)
    assert phases.weights == (1.0, -1.0) and phases.v.shape == (2, 1, 1, 4)
    assert_allclose(np.tensordot(phases.weights, phases.v, 1), [[[0.0, 1 / 3, -1.0, 1.0]]], rtol=1e-12)
    assert (phases.rest, phases.full_scale, phases.clipped) == (0.0, 0.2, 1)


@pytest.mark.parametrize("dac_bits", [None, 2])
def test_exact_reads_of_levels_are_the_product(dac_bits):
    spec, records = SPEC.replace(driver={"dac_bits": dac_bits}), []
    reading = read(RecordedProduct(exact_product(spec), records), spec)
    assert_allclose(reading.y, float_product(OneLayer.layers[0], activations()), rtol=1e-11, atol=1e-12)
    assert {tuple(np.unique(np.rint(3 * r.v_in))) for r in records} <= {(0.0, 1.0, 2.0, 3.0)}


def test_a_product_of_the_array_solver_reads_every_level():
    g = np.random.default_rng(2).uniform(1e-6, 1e-4, (16, 12))
    x = np.random.default_rng(3).integers(0, 4, (5, 16)) / 3
    product = NodalProduct(SPEC, LAWS[3], off=LAWS[0], between=LAWS[1:3])
    array = nodal.prepare(SPEC, g, LAWS[3], off=LAWS[0], between=LAWS[1:3])
    assert_allclose(product(TilePlace("l", 0, 0, (0, 16), (0, 12), 12), g)(x), nodal.read(array, x).out, rtol=1e-12)


def test_gates_without_levels_take_no_amplitudes():
    spec = SPEC.replace(driver={"gate_levels": None})
    with pytest.raises(SpecError, match=r"input_code = 'amplitude': a network is read by .* or by driver\.gate_levels"):
        read(exact_product(spec), spec)
