"""Layers on arrays whose inputs switch gates: every bit of an activation is a read of its own."""

from dataclasses import replace

import numpy as np
import pytest
from gated_arrays import gated_model, gated_spec
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim import nodal
from circuitsim.errors import InputError, SpecError
from circuitsim.evaluation import BehavioralProduct, NodalProduct
from circuitsim.levels.pulsed_array import PulsedArray, read_pulsed
from circuitsim.netlist import read_pulse
from circuitsim.network import ExactProduct, LinearLayer, RecordedProduct, exact_product, program
from circuitsim.network.inputs import encode
from circuitsim.network.linear import float_product
from circuitsim.network.pulse_reads import read_in_intervals
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
    rest = [np.delete(r.v_in, np.r_[r.place.row_part], axis=1) for r in records]
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


PULSED = SPEC.replace(driver={"input_code": "pulse_width"})


def test_pulses_are_read_as_intervals_whose_mean_is_that_of_the_bits():
    """Exactly without wires; ideal products of pulses are those of the activations."""
    reading = read(exact_product(PULSED), PULSED)
    assert_allclose(reading.y, float_product(OneLayer.layers[0], activations()), rtol=1e-11, atol=1e-12)
    records = []
    read(RecordedProduct(exact_product(PULSED), records), PULSED)
    assert all(set(np.unique(r.v_in)) <= {0.0, 1.0} for r in records)


@pytest.mark.parametrize("bits", [BITS, 8], ids=["ends of all", "ends of each vector"])
def test_a_tile_reads_pulses_as_the_array_solver_does(bits):
    spec = PULSED.replace(driver={"dac_bits": bits})
    model = gated_model(SPEC, 3, leak=1e-3)
    tile, exact = read(BehavioralProduct(model), spec), read(NodalProduct(spec, model.surface, off=model.off), spec)
    assert np.abs(tile.y - exact.y).max() < 2e-3 * np.abs(exact.y).max()
    # The same charge as one array read by `levels`, which is held against ngspice in time.
    share = np.random.default_rng(4).integers(0, 2**bits, (3, 16)) / (2**bits - 1)
    g = np.random.default_rng(5).uniform(2e-6, 9e-5, (16, 12))
    array = nodal.prepare(SPEC, g, model.surface, off=model.off)
    found = read_in_intervals(lambda x: nodal.read(array, x).out, spec, share)
    whole = read_pulsed(PulsedArray(spec, array), share).out / spec.driver.t_read
    leak = nodal.read(array, np.zeros((1, 16))).out
    after = read_pulse(spec).t_stop / spec.driver.t_read - 1  # that read ends later, with gates off
    assert_allclose(found, whole - after * leak, rtol=1e-9)


def test_a_driver_circuit_is_refused_with_pulses():
    circuit = PULSED.replace(driver={"model": "pulse_width"})
    with pytest.raises(SpecError, match=r"driver\.model = 'pulse_width': "):
        read(exact_product(PULSED), circuit)
