"""Bit-serial inputs of a network: one-bit reads, each converted, shifted and added as `convert_codes` does."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import circuitsim as cs
from circuitsim.errors import SpecError
from circuitsim.evaluation import NodalProduct
from circuitsim.network import ExactProduct, LayerRange, evaluate, fit_ranges, float_difference, program, scheme_of
from circuitsim.network.inputs import encode
from circuitsim.network.onnx import cut
from circuitsim.network.programming import tile_conductances
from circuitsim.network.reading import read_layer
from circuitsim.periphery import Periphery
from circuitsim.results import ConverterTable

BITS = 5
SERIAL = {"driver": {"input_code": "bit_serial", "dac_bits": BITS}}
KNOWN = LayerRange(activation_max=4.0)


@pytest.fixture
def network(mlp):
    return cut(mlp)


@pytest.mark.parametrize("mapped", ["differential", "offset"])
def test_a_tile_gives_what_its_codes_give(spec, network, mapped):
    spec = spec.replace(
        **SERIAL,
        array={"rows": 16, "cols": 32},
        wire={"r_row": 3.0, "r_col": 3.0},
        adc={"bits": 6, "full_scale": 1.2e-4},
        mapping={"weights": mapped},
    )
    programmed = program(network, spec, NodalProduct(spec))
    tiles = next(iter(programmed.layers.values()))
    (place,) = tiles.places
    codes = np.random.default_rng(0).integers(0, 2**BITS, (6, place.rows))
    codes[0] = 0  # no row is driven, and no bit is read
    found = read_layer(tiles, spec, codes[:, None] * (4.0 / 31), KNOWN)
    g = tile_conductances(tiles.layer, place, spec, w_max=tiles.w_max)
    reading = cs.convert_codes(spec, g, np.pad(codes, ((0, 0), (16 - place.rows, 0))))
    expected = scheme_of(spec).numbers(
        reading.value[:, place.col_part], codes.sum(axis=1) * 0.2 / 31, w_max=tiles.w_max, v_per_unit=0.2 / 4.0
    )
    assert_allclose(found.y[:, 0], expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    assert found.reads <= 5 * BITS and found.conversions == found.reads * place.cols
    # The ADC converts each bit: rounding a whole code once gives other numbers.
    whole = read_layer(tiles, spec.replace(driver={"input_code": "amplitude"}), codes[:, None] * (4.0 / 31), KNOWN)
    assert np.abs(whole.y - found.y).max() > 1e-3 * np.abs(found.y).max()


def test_signed_inputs_take_the_bits_of_both_phases(spec):
    spec = spec.replace(**SERIAL)
    x = np.linspace(-4.0, 4.0, 24).reshape(4, 1, 6)
    phases = encode(x, spec, activation_max=4.0)
    assert phases.v.shape == (2 * BITS, 4, 1, 6) and set(np.unique(phases.v)) == {0.0, 0.2}
    assert_allclose(phases.weights, np.outer([1, -1], 2.0 ** np.arange(BITS) / 31).ravel())
    amplitude = encode(x, spec.replace(driver={"input_code": "amplitude"}), activation_max=4.0)
    assert_allclose(np.tensordot(phases.weights, phases.v, 1), amplitude.v[0] - amplitude.v[1], atol=1e-15)


def test_without_an_adc_the_bits_add_up_to_the_amplitudes(spec, network):
    images = np.random.default_rng(2).normal(size=(10, 15))
    logits = []
    for coding in ("bit_serial", "amplitude"):
        programmed = program(network, spec.replace(driver={"input_code": coding, "dac_bits": BITS}), ExactProduct())
        logits.append(evaluate(programmed, images, ranges=fit_ranges(programmed, images)).logits)
    assert_allclose(*logits, rtol=0, atol=1e-5 * np.abs(logits[1]).max())
    product = NodalProduct(spec.replace(**SERIAL))
    assert float_difference(network, spec.replace(**SERIAL), images, product=product).max() < 1e-5


def test_the_slots_of_a_circuit_drive_the_rows(spec):
    on = 0.2 + 0.01 * np.arange(BITS)  # each slot has a voltage of its own
    levels = ((np.arange(32)[:, None] >> np.arange(BITS)) & 1) @ (on * 2.0 ** np.arange(BITS)) / 31
    lsb = levels[-1] / 31
    table = ConverterTable(
        BITS, 0.0, levels[-1], levels / lsb - np.arange(32), unit="V", block="mine", coding="bit_serial"
    )
    phases = encode(np.full((1, 1, 1), 4.0), spec.replace(**SERIAL), activation_max=4.0, dac=table)
    assert_allclose(phases.v.ravel()[:BITS], on, rtol=1e-12)
    assert_array_equal(phases.v.ravel()[BITS:], 0.0)
    assert_allclose(phases.v_coded.ravel()[:BITS], 0.2)


def test_codes_without_a_resolution_are_refused(spec, network):
    serial = spec.replace(driver={"input_code": "bit_serial"})
    with pytest.raises(SpecError, match=r"driver.dac_bits is missing: driver.input_code = 'bit_serial' needs the num"):
        program(network, serial, ExactProduct())
    assert isinstance(program(network, spec.replace(**SERIAL), ExactProduct()).tables, Periphery)
