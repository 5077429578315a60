"""Sense amplifiers, noise, and the whole read."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim import behavioral, nodal
from circuitsim.behavioral.noise import ReadNoise, programmed, read_noise, reprogrammed, with_read_noise
from circuitsim.behavioral.sense import settle
from circuitsim.chain import read
from circuitsim.devices import load_card
from circuitsim.devices.statistics import read_statistics, sample_programmed
from circuitsim.errors import InputError
from circuitsim.periphery import Periphery, report
from circuitsim.results import TileModel
from circuitsim.results.converter import ConverterTable, SenseTable

OHMIC = nodal.ohmic((1e-6, 1e-4), (0.0, 0.2))


def test_current_dependent_sense_resistance_of_ohmic_cells(make_spec, conductances, inputs):
    """An amplifier that drops V = R·I / (1 + I/I0), against the network with that voltage at its ports."""
    spec = make_spec(r_in=300.0)
    g = conductances(spec)
    v = inputs(spec.array.rows, (0.0, 0.2))
    tile = behavioral.program(TileModel(spec, OHMIC, 2, (0.0, 0.2)), g)
    current = np.linspace(0.0, 1e-3, 2000)
    sense = SenseTable(current=current, drop=500.0 * current / (1 + current / 4e-4))
    found = settle(tile, behavioral.mvm(tile, v), sense)
    array = nodal.linear_network(make_spec(r_in=0.0).wires, g)
    port = np.zeros((len(v), spec.array.cols))
    for _ in range(60):
        exact = nodal.solve(array, v, port).i_out
        port = 0.5 * (port + 500.0 * exact / (1 + exact / 4e-4))
    # of full scale: linear interpolation over 2000 points, four Newton steps on the diagonal
    assert_allclose(found, exact, rtol=0, atol=2e-6 * exact.max())
    constant = behavioral.mvm(tile, v)
    assert np.abs(constant - exact).max() > 1e-2 * exact.max()


def test_sense_gain_offset_noise():
    current = np.random.default_rng(0).uniform(0, 1e-3, (5, 4))
    assert_allclose(report(SenseTable(gain=0.98, offset=1e-6), current), 0.98 * current + 1e-6, rtol=1e-14, atol=0)
    with pytest.raises(InputError, match="pass rng"):
        report(SenseTable(noise=1e-6), current)
    many = np.zeros((5000, 2))
    assert_allclose(report(SenseTable(noise=1e-6), many, rng=np.random.default_rng(1)).std(), 1e-6, rtol=0.03, atol=0)


def test_one_product_has_no_port_admittance(make_spec, conductances):
    spec = make_spec(device="rram_ohmic")
    tile = behavioral.program(TileModel(spec, OHMIC, 1, (0.0, 0.2)), conductances(spec))
    table = SenseTable(current=np.array([0.0, 1e-3]), drop=np.array([0.0, 0.1]))
    with pytest.raises(InputError, match="grade 2 or 3"):
        settle(tile, np.zeros((1, 28)), table)


@pytest.mark.parametrize(("spread", "rms"), [(0.01, 3e-4), (0.05, 2e-3)])
@pytest.mark.parametrize("grade", [1, 3])
def test_scaling_a_tile_stands_in_for_programming_it_anew(make_model, conductances, inputs, grade, spread, rms):
    model = make_model(grade)
    g = conductances(model.spec)
    inside = np.clip(g, 1.2e-6, 8e-5)
    other = inside * (1 + spread * np.random.default_rng(3).standard_normal(g.shape).clip(-3, 3))
    v = inputs(model.spec.array.rows, model.v_range)
    anew = behavioral.mvm(behavioral.program(model, other), v)
    old = behavioral.program(model, inside)
    scaled = behavioral.mvm(reprogrammed(old, inside, other), v)
    error = np.sqrt(np.mean((scaled - anew) ** 2)) / np.abs(anew).max()
    unchanged = np.sqrt(np.mean((behavioral.mvm(old, v) - anew) ** 2)) / np.abs(anew).max()
    assert error <= rms
    assert error < 0.4 * unchanged


def test_scaling_refuses_open_cells_and_wrong_shapes(make_model, conductances):
    model = make_model(1)
    g = conductances(model.spec)
    g[0, 0] = 0.0
    tile = behavioral.program(model, g)
    with pytest.raises(InputError, match="open cell"):
        reprogrammed(tile, g, g + 1e-6)
    with pytest.raises(InputError, match=r"expected \(rows, cols\)"):
        reprogrammed(tile, g.T, g.T)


def test_programming_error_follows_the_card():
    stats = read_statistics(load_card("pcm_joshi"))
    g = np.full((40, 50), 0.5 * (stats.g_min + stats.g_max))
    g[0] = 0.0
    found = programmed(stats, g, rng=np.random.default_rng(4))
    assert_array_equal(found[0], 0.0)
    same = sample_programmed(stats, g[g > 0], rng=np.random.default_rng(4))
    assert_array_equal(found[1:].ravel(), same)
    later = programmed(stats, g, rng=np.random.default_rng(4), t=3600.0)
    assert later[1:].mean() < found[1:].mean()


def test_read_noise_is_that_of_the_cells(make_model, conductances, inputs):
    model = make_model(1, None)
    g = conductances(model.spec)
    tile = behavioral.program(model, g)
    stats = read_statistics(load_card("rram_wan"))
    noise = read_noise(tile, stats, g, extrapolate=True) if "read_noise" in stats.table.parts else None
    noise = noise or ReadNoise((0.02 * tile.w) ** 2)
    v = np.repeat(inputs(model.spec.array.rows, model.v_range, kinds=("all_on",)), 4000, axis=0)
    i_out = behavioral.mvm(tile, v)
    noisy = with_read_noise(tile, noise, v, i_out, rng=np.random.default_rng(6))
    expected = np.sqrt((v[:1] ** 2 @ noise.variance)[0])
    assert_allclose((noisy - i_out).std(0), expected, rtol=0.06, atol=0)  # 4000 draws: 1.1 % each, 28 columns


def test_read_composes_the_stages_in_the_order_of_the_circuit(make_model, conductances):
    model = make_model()
    tile = behavioral.program(model, conductances(model.spec))
    dac = ConverterTable(8, 0.0, 0.4)
    codes = np.random.default_rng(7).integers(0, 256, (6, model.spec.array.rows)).astype(float)
    v = 0.4 * codes / 255
    i_out = behavioral.mvm(tile, v)
    adc = ConverterTable(10, 0.0, 1.1 * float(i_out.max()))
    found = read(tile, codes, Periphery(dac=dac, sense=SenseTable(gain=1.02, offset=1e-6), adc=adc))
    assert_allclose(found.v_in, v, rtol=1e-14, atol=0)
    assert_allclose(found.i_out, i_out, rtol=1e-12, atol=0)
    assert_allclose(found.sensed, 1.02 * i_out + 1e-6, rtol=1e-12, atol=0)
    assert_array_equal(found.codes, np.rint((1.02 * i_out + 1e-6) / adc.lsb))
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
