"""Layers on arrays whose inputs switch gates: every bit of an activation is a read of its own."""

from dataclasses import replace

import numpy as np
import pytest
from gated_arrays import gated_model, gated_spec
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim.errors import InputError
from circuitsim.evaluation import BehavioralProduct, NodalProduct
from circuitsim.network import ExactProduct, LinearLayer, RecordedProduct, exact_product, program
from circuitsim.network.inputs import encode
from circuitsim.network.linear import float_product
from circuitsim.network.reading import LayerRange, read_layer

BITS = 4
SPEC = gated_spec(16, 12, driver={"v_read": 0.2, "input_code": "bit_serial", "dac_bits": BITS})
TOP = 2**BITS - 1


class OneLayer:
    layers = (LinearLayer("l", "Gemm", np.random.default_rng(0).normal(size=(1, 21, 4))),)

    def run(self, images, product):
        raise NotImplementedError

    def run_float(self, images):
        raise NotImplementedError


def activations(count=6):
    x = np.random.default_rng(1).integers(-TOP, TOP + 1, (count, 1, 21)) / TOP * 3.0
    x[0] = 0.0
    x[1] = np.abs(x[1])
    return x


def read(product, spec=SPEC):
    layer = program(OneLayer(), spec, product).layers["l"]
    return read_layer(layer, spec, activations(), LayerRange(3.0))


def test_the_bits_add_up_to_the_activations():
    x = activations()
    phases = encode(x, SPEC, activation_max=3.0)
    assert phases.v.shape == (2 * BITS, *x.shape) and set(np.unique(phases.v)) == {0.0, 1.0}
    assert (phases.rest, phases.full_scale) == (0.0, 0.2)
    assert_allclose(3.0 * np.tensordot(phases.weights, phases.v, 1), x, rtol=1e-12, atol=1e-14)


def test_exact_reads_of_all_bits_are_the_product():
    reading = read(exact_product(SPEC))
    assert_allclose(reading.y, float_product(OneLayer.layers[0], activations()), rtol=1e-11, atol=1e-12)


def test_gates_are_read_with_0_and_1_and_rows_without_input_at_rest():
    records = []
    read(RecordedProduct(exact_product(SPEC), records))
    assert all(set(np.unique(r.v_in)) <= {0.0, 1.0} for r in records)
    assert all(r.v_in.any(axis=1).all() for r in records)  # a read without a row on is left out
    rest = [r.v_in[:, r.place.rows :] for r in records]
    assert any(part.shape[1] for part in rest) and not any(part.any() for part in rest)


def test_activations_between_codes_are_rounded_to_the_nearest():
    phases = encode(np.array([[[0.49 / TOP, 0.51 / TOP, 2.0]]]), SPEC, activation_max=1.0)
    assert_allclose(np.tensordot(phases.weights, phases.v, 1), [[[0.0, 1 / TOP, 1.0]]], rtol=1e-12)
    assert phases.clipped == 1


def test_a_tile_reads_a_layer_as_the_array_solver_does():
    model = gated_model(SPEC, 3)
    tile = read(BehavioralProduct(model, dtype="float32"))
    exact = read(NodalProduct(SPEC, model.surface, off=model.off))
    ideal = read(exact_product(SPEC))
    assert np.abs(tile.y - exact.y).max() < 2e-3 * np.abs(exact.y).max()
    assert np.abs(ideal.y - exact.y).max() > 5e-3 * np.abs(exact.y).max()
    assert tile.reads == exact.reads and tile.conversions == 0
    assert_array_equal(tile.y[0], 0.0)


def test_an_exact_product_of_voltages_is_refused():
    with pytest.raises(InputError, match=r"v_read = None with array.input_line = 'wl': expected .*exact_product"):
        program(OneLayer(), SPEC, ExactProduct())
    assert exact_product(SPEC) == ExactProduct(0.0, 0.2)
    volts = replace(exact_product(SPEC), v_read=None)
    assert volts == ExactProduct()
