"""From codes to codes: the whole read of a tile, and of an array at any level."""

import array_api_strict
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim import behavioral, nodal
from circuitsim.chain import read_codes, read_stages
from circuitsim.devices import load_card
from circuitsim.devices.statistics import read_statistics
from circuitsim.errors import ClippingWarning, InputError
from circuitsim.periphery import Periphery, periphery_of
from circuitsim.results.periphery_tables import ConverterTable
from circuitsim.results.sense_table import SenseTable


def test_read_composes_the_stages_in_the_order_of_the_circuit(make_model, conductances):
    model = make_model()
    tile = behavioral.program(model, conductances(model.spec))
    dac = ConverterTable(8, 0.0, 0.4)
    codes = np.random.default_rng(7).integers(0, 256, (6, model.spec.array.rows)).astype(float)
    v = 0.4 * codes / 255
    i_out = behavioral.mvm(tile, v)
    adc = ConverterTable(10, 0.0, 1.1 * float(i_out.max()))
    reading = read_stages(tile, codes, Periphery(dac=dac, sense=SenseTable(gain=1.02, offset=1e-6), adc=adc))
    assert_allclose(reading.v_in, v, rtol=1e-14, atol=0)
    assert_allclose(reading.i_out, i_out, rtol=1e-12, atol=0)
    assert_allclose(reading.sensed, 1.02 * i_out + 1e-6, rtol=1e-12, atol=0)
    assert_array_equal(reading.codes, np.rint((1.02 * i_out + 1e-6) / adc.lsb))
    plain = read_stages(tile, v, Periphery())
    assert plain.codes is None
    assert_array_equal(plain.value, i_out)


def test_noise_anywhere_asks_for_a_generator(make_model, conductances, inputs):
    model = make_model(1)
    g = np.clip(conductances(model.spec), 2e-6, 3.9e-5)
    tile, noise = behavioral.program(model, g), behavioral.read_noise(model, read_statistics(load_card("rram_wan")), g)
    v = inputs(model.spec.array.rows, model.v_range)
    with pytest.raises(InputError, match="pass rng"):
        read_stages(tile, v, Periphery(), noise=noise)
    two = [read_stages(tile, v, Periphery(), noise=noise, rng=np.random.default_rng(8)).value for _ in range(2)]
    assert_array_equal(*two)


@pytest.fixture
def coded(make_spec):
    return make_spec(16, 12, v_read=0.4, v_ref=0.1).replace(driver={"dac_bits": 5}, adc={"bits": 8})


def test_codes_pass_the_same_converters_at_two_levels(coded, make_model, conductances):
    model = make_model(v_range=(0.0, 0.6), spec=coded)
    g = conductances(coded)
    codes = np.random.default_rng(1).integers(0, 32, (20, 16))
    array = nodal.prepare(coded, g, model.surface, v_range=model.v_range)
    exact = read_codes(coded, codes, lambda v: nodal.read(array, v).out, full_scale=5e-4)
    v = 0.1 + 0.4 * codes / 31
    assert_allclose(exact.v_in, v, rtol=1e-14, atol=0)
    assert_array_equal(exact.i_out, nodal.read(array, exact.v_in).out)
    assert_array_equal(exact.codes, np.clip(np.rint(exact.i_out / (5e-4 / 255)), 0, 255))
    assert_allclose(exact.value, exact.codes * 5e-4 / 255, rtol=1e-14, atol=0)
    assert exact.codes.max() > 60
    tile = behavioral.program(model, g)
    fast = read_codes(coded, codes.astype(float), lambda v: behavioral.mvm(tile, v), full_scale=5e-4)
    assert np.abs(fast.codes - exact.codes).max() <= 1


def test_ideal_stages_are_named(coded, make_model, conductances):
    tile = behavioral.program(make_model(v_range=(0.0, 0.6), spec=coded), conductances(coded))
    codes = np.zeros((1, 16))
    ideal = read_codes(coded, codes, lambda v: behavioral.mvm(tile, v), full_scale=5e-4)
    assert ideal.ideal == ("dac", "sense", "adc")
    bent = ConverterTable(8, 0.0, 5e-4, inl=np.full(255, 0.1))
    tables = Periphery(ConverterTable(5, 0.1, 0.5), SenseTable(gain=1.1), bent)
    assert read_codes(coded, codes, lambda v: behavioral.mvm(tile, v), periphery=tables).ideal == ("dac",)
    drop = SenseTable(current=np.array([0.0, 1e-3]), drop=np.array([0.0, 0.1]))
    assert read_stages(tile, codes + 0.1, Periphery(sense=drop)).ideal == ("dac", "adc")


def test_characterized_tables_take_the_place_of_ideal_ones(coded, make_model, conductances):
    tile = behavioral.program(make_model(v_range=(0.0, 0.6), spec=coded), conductances(coded))
    codes = np.random.default_rng(2).integers(0, 32, (30, 16))
    tables = Periphery(
        ConverterTable(5, 0.1, 0.5, inl=np.linspace(0, 2, 32), noise=1e-3), None, ConverterTable(6, 0, 5e-4)
    )
    with pytest.raises(InputError, match="pass rng"):
        read_codes(coded, codes, lambda v: behavioral.mvm(tile, v), periphery=tables)
    reading = read_codes(
        coded, codes, lambda v: behavioral.mvm(tile, v), periphery=tables, rng=np.random.default_rng(3)
    )
    expected = 0.1 + 0.4 / 31 * (codes + np.linspace(0, 2, 32)[codes])
    assert_allclose((reading.v_in - expected).std(), 1e-3, rtol=0.1, atol=0)  # 480 draws: 3.2 %
    assert reading.codes.max() > 16


def test_what_are_no_codes_is_refused(coded):
    def current(v):
        return v[:, :12] * 1e-4

    for codes, sentence in [
        (
            np.full((1, 16), 32),
            r"codes\[0, 0\] = 32: expected whole numbers from 0 to 31 \(driver.dac_bits = 5\)",
        ),
        (np.full((1, 16), -1), r"codes\[0, 0\] = -1"),
        (np.full((1, 16), 0.5), r"codes\[0, 0\] = 0.5"),
        (np.full((1, 16), np.nan), r"codes\[0, 0\] = nan"),
        (np.zeros((1, 15)), r"codes has shape \(1, 15\): expected \(batch, rows\) = \(batch, 16\)"),
        (np.zeros(16), "codes has shape"),
    ]:
        with pytest.raises(InputError, match=sentence):
            read_codes(coded, codes, current, full_scale=1e-4)


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [
        (np.full((1, 32), 300), r"codes\[0, 0\] = 300: expected whole numbers from 0 to 15 \(periphery\.dac"),
        (np.full((1, 32), -1.0), r"codes\[0, 0\] = -1"),
        (np.full((1, 32), 0.5), r"codes\[0, 0\] = 0.5"),
        (np.zeros((1, 31)), r"codes has shape \(1, 31\): expected \(batch, rows\) = \(batch, 32\)"),
    ],
)
def test_a_tile_refuses_what_are_no_codes_of_its_dac(make_model, conductances, codes, sentence):
    model = make_model(grade=1)
    tile = behavioral.program(model, conductances(model.spec))
    with pytest.raises(InputError, match=sentence):
        read_stages(tile, codes, Periphery(dac=ConverterTable(4, 0.0, 0.2)))


def test_integer_codes_are_driven_like_floats(make_model, conductances):
    model = make_model(grade=1)
    codes = np.random.default_rng(4).integers(0, 16, (3, model.spec.array.rows))
    bent = Periphery(dac=ConverterTable(4, 0.0, 0.2, inl=np.linspace(0.0, 0.9, 16)))
    for dtype in ("float64", "float32"):
        tile = behavioral.program(model, conductances(model.spec), dtype=dtype)
        whole, floats = read_stages(tile, codes, bent), read_stages(tile, codes.astype(dtype), bent)
        assert_array_equal(whole.v_in, floats.v_in)
        assert whole.i_out.dtype == floats.i_out.dtype == dtype


def test_a_chain_without_converters_is_refused(coded):
    def refused(spec, sentence, **options):
        with pytest.raises(InputError, match=sentence):
            read_codes(spec, np.zeros((1, 16)), lambda v: v, **options)

    refused(coded, "adc.full_scale = 'auto'")
    refused(coded.replace(driver={"dac_bits": None}), "driver.dac_bits = None: expected 1 to 24", full_scale=1e-4)
    refused(coded.replace(adc={"bits": None}), "adc.bits = None: expected 1 to 24", full_scale=1e-4)
    tables = periphery_of(coded, full_scale=1e-4)
    twice = "full_scale = 0.0001 A: expected None, "
    refused(coded, twice + "the ADC of periphery states it", full_scale=1e-4, periphery=tables)
    refused(coded.replace(adc={"full_scale": 2e-4}), twice + "adc.full_scale states it", full_scale=1e-4)
    drop = SenseTable(current=np.array([0.0, 1e-3]), drop=np.array([0.0, 0.1]))
    refused(coded, "sense.drop depends on the current", periphery=Periphery(tables.dac, drop, tables.adc))


def test_clipping_is_told(coded):
    with pytest.warns(ClippingWarning, match="clips"):
        read_codes(coded, np.full((1, 16), 31), lambda v: v[:, :12], full_scale=1e-4)


def test_codes_of_another_namespace_stay_there(coded, make_model, conductances):
    model = make_model(v_range=(0.0, 0.6), spec=coded)
    g = conductances(coded)
    codes = np.random.default_rng(1).integers(0, 32, (3, 16))
    tile, strict = (behavioral.program(model, g, xp=xp) for xp in (np, array_api_strict))
    reading = read_codes(coded, array_api_strict.asarray(codes), lambda v: behavioral.mvm(strict, v), full_scale=5e-4)
    expected = read_codes(coded, codes, lambda v: behavioral.mvm(tile, v), full_scale=5e-4)
    assert_array_equal(np.from_dlpack(reading.codes), expected.codes)
