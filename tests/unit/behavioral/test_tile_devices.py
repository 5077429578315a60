"""Every array that a read makes lies on the device of its inputs: a namespace that forbids mixing devices proves it."""

import array_api_strict as strict
import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import behavioral
from circuitsim.behavioral import check_input_range, mvm, power, program, read_noise, settle, with_read_noise
from circuitsim.chain import read_stages
from circuitsim.devices import load_card
from circuitsim.devices.statistics import read_statistics
from circuitsim.periphery import Periphery, convert, drive, report
from circuitsim.results.periphery_tables import ConverterTable
from circuitsim.results.sense_table import SenseTable

DEVICE = strict.Device("device1")
DROP = SenseTable(current=np.linspace(0, 2e-3, 5), drop=np.linspace(0, 0.1, 5), noise=1e-6)


def on_device(array):
    return strict.asarray(np.asarray(array, dtype=float), device=DEVICE)


def numpy_of(array):
    assert array.device == DEVICE
    return array._array  # both public ways out need numpy 2


def rng():
    return np.random.default_rng(0)


@pytest.fixture
def model(make_model):
    return make_model()


@pytest.fixture
def v(model, inputs):
    return inputs(model.spec.array.rows, model.v_range)


@pytest.mark.parametrize(("grade", "form"), [(1, "analog"), (2, "analog"), (4, "analog"), (2, "binary"), (4, "binary")])
def test_reads_and_power(make_model, conductances, v, grade, form):
    model = make_model(grade)
    g = conductances(model.spec)
    remote = program(model, g, xp=strict, device=DEVICE, inputs=form)
    local = program(model, g, inputs=form)
    assert_allclose(numpy_of(mvm(remote, on_device(v))), mvm(local, v), rtol=1e-12, atol=1e-18)  # A, rounding
    assert_allclose(numpy_of(power(remote, on_device(v))), power(local, v), rtol=1e-12, atol=0)
    assert check_input_range(remote, on_device(v))


def test_no_device_is_the_default_of_the_namespace(model, conductances):
    tile = program(model, conductances(model.spec), xp=strict)
    assert tile.w.device == strict.Device("CPU_DEVICE")


def test_noise_and_sense_amplifiers(model, conductances, v):
    g = conductances(model.spec)
    stats = read_statistics(load_card("rram_wan"))
    remote, local = program(model, g, xp=strict, device=DEVICE), program(model, g)
    noise = read_noise(model, stats, g, extrapolate=True)
    i_out = mvm(local, v)
    noisy = with_read_noise(remote, noise, on_device(v), on_device(i_out), rng=rng())
    assert_allclose(numpy_of(noisy), with_read_noise(local, noise, v, i_out, rng=rng()), rtol=1e-12, atol=0)
    assert_allclose(numpy_of(settle(remote, on_device(i_out), DROP)), settle(local, i_out, DROP), rtol=1e-12, atol=0)
    reported = report(DROP, on_device(i_out), rng=rng())
    assert_allclose(numpy_of(reported), report(DROP, i_out, rng=rng()), rtol=1e-12, atol=0)


def test_converters():
    dac = ConverterTable(4, 0.0, 0.4, inl=np.linspace(0, 1, 16), noise=1e-3)
    codes = np.arange(16.0).reshape(2, 8)
    assert_allclose(numpy_of(drive(dac, on_device(codes), rng=rng())), drive(dac, codes, rng=rng()), rtol=1e-14, atol=0)
    adc = ConverterTable(4, 0.0, 1.5e-3, inl=np.linspace(-0.4, 0.4, 15), noise=1e-5)
    current = np.linspace(0, 1.5e-3, 600)[:, None]
    assert_allclose(
        numpy_of(convert(adc, on_device(current), rng=rng())), convert(adc, current, rng=rng()), rtol=0, atol=0
    )


def test_a_whole_read(model, conductances):
    g = conductances(model.spec)
    tables = Periphery(
        ConverterTable(4, 0.0, 0.4, inl=np.linspace(0, 1, 16)), DROP, ConverterTable(6, 0.0, 2e-3, noise=1e-6)
    )
    codes = np.random.default_rng(1).integers(0, 16, (5, model.spec.array.rows)).astype(float)
    remote, local = behavioral.program(model, g, xp=strict, device=DEVICE), behavioral.program(model, g)
    reading = read_stages(remote, on_device(codes), tables, rng=rng())
    expected = read_stages(local, codes, tables, rng=rng())
    assert_allclose(numpy_of(reading.codes), expected.codes, rtol=0, atol=0)
    assert_allclose(numpy_of(reading.value), expected.value, rtol=1e-12, atol=0)
