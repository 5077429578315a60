"""From codes to codes: the whole read of a tile, and of an array at any level."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim import behavioral
from circuitsim.behavioral import ReadNoise
from circuitsim.chain import read
from circuitsim.errors import InputError
from circuitsim.periphery import Periphery
from circuitsim.results.converter import ConverterTable, SenseTable


def test_read_composes_the_stages_in_the_order_of_the_circuit(make_model, conductances):
    model = make_model()
    tile = behavioral.program(model, conductances(model.spec))
    dac = ConverterTable(8, 0.0, 0.4)
    codes = np.random.default_rng(7).integers(0, 256, (6, model.spec.array.rows)).astype(float)
    v = 0.4 * codes / 255
    i_out = behavioral.mvm(tile, v)
    adc = ConverterTable(10, 0.0, 1.1 * float(i_out.max()))
    reading = read(tile, codes, Periphery(dac=dac, sense=SenseTable(gain=1.02, offset=1e-6), adc=adc))
    assert_allclose(reading.v_in, v, rtol=1e-14, atol=0)
    assert_allclose(reading.i_out, i_out, rtol=1e-12, atol=0)
    assert_allclose(reading.sensed, 1.02 * i_out + 1e-6, rtol=1e-12, atol=0)
    assert_array_equal(reading.codes, np.rint((1.02 * i_out + 1e-6) / adc.lsb))
    plain = read(tile, v, Periphery())
    assert plain.codes is None
    assert_array_equal(plain.value, i_out)


def test_noise_anywhere_asks_for_a_generator(make_model, conductances, inputs):
    model = make_model(1)
    tile = behavioral.program(model, conductances(model.spec))
    v = inputs(model.spec.array.rows, model.v_range)
    noise = ReadNoise(tile.w**2)
    with pytest.raises(InputError, match="pass rng"):
        read(tile, v, Periphery(), noise=noise)
    two = [read(tile, v, Periphery(), noise=noise, rng=np.random.default_rng(8)).value for _ in range(2)]
    assert_array_equal(*two)
