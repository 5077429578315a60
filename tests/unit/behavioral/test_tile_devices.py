"""Every array that a read makes is of the library, and lies on the device, of its inputs."""

from dataclasses import replace

import numpy as np
import pytest
from array_devices import DEVICES, opened
from gated_arrays import gated_model, gated_spec, level_model, level_spec, log_uniform
from numpy.testing import assert_allclose
from string_arrays import series_model, series_spec

from circuitsim import behavioral, chain, periphery
from circuitsim.behavioral.noise import noise_sigma
from circuitsim.behavioral.product import column_levels
from circuitsim.devices import load_card
from circuitsim.devices.statistics import read_statistics
from circuitsim.errors import InputError
from circuitsim.periphery import Periphery
from circuitsim.results import CapacitorCell, Provenance, TileModel
from circuitsim.results.periphery_tables import ConverterTable
from circuitsim.results.sense_table import SenseTable
from circuitsim.spec import parse_spec

CURRENT = np.linspace(0, 2e-3, 9)
SENSE = SenseTable(
    current=CURRENT, drop=0.1 * np.sqrt(CURRENT / 2e-3), reported=1.0 - 400 * CURRENT + 3e3 * CURRENT**2, noise=1e-6
)
EVEN = SenseTable(current=np.linspace(0, 2e-3, 5), drop=np.linspace(0, 0.1, 5), noise=1e-6)
DAC = ConverterTable(4, 0.0, 0.4, inl=np.linspace(0, 1, 16), noise=1e-3)
ADC = ConverterTable(6, 0.0, 2e-3, inl=0.4 * np.sin(np.arange(63.0)), noise=1e-6)
CODES = np.random.default_rng(1).integers(0, 16, (5, 32))


def rng():
    return np.random.default_rng(0)


@pytest.fixture(params=DEVICES)
def place(request):
    with opened(request.param) as found:
        yield found


@pytest.fixture
def model(make_model):
    return make_model()


@pytest.fixture
def v(model, inputs):
    return inputs(model.spec.array.rows, model.v_range)


def charge_model():
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 6, "cols": 4, "cell": "1c"},
            "device": {"model": "charge_cell", "g_min": 1e-16, "g_max": 1.5e-15},
            "wire": {"r_row": 3e3, "r_col": 2e3, "c_row": 2e-16, "c_col": 3e-16},
            "driver": {"v_read": 0.4, "t_read": 1e-9},
            "sense": {"v_ref": 0.1},
        }
    )
    rows = np.array([[8e-16, 7e-16], [4e-12, 3.5e-12], [0.0, 0.0], [8e-16, -7e-16]])
    return TileModel(spec, CapacitorCell(rows, (1e-16, 1.5e-15), 0.0, Provenance("nodal", None)), 1, (0.1, 0.5))


def switched(kind, grade):
    """Model, conductances and inputs of a tile whose inputs switch gates, or of one of capacitors."""
    if kind == "charge":
        return charge_model(), rng().uniform(1e-16, 1.5e-15, (6, 4)), rng().uniform(0.1, 0.5, (3, 6))
    make, made = {"gates": (gated_spec, gated_model), "levels": (level_spec, level_model)}.get(
        kind, (series_spec, series_model)
    )
    spec = make(12, 5)
    x = rng().integers(0, 5, (140, 12)) / 4 if kind == "levels" else 1.0 * (rng().random((140, 12)) < 0.5)
    return made(spec, grade), log_uniform(spec), x


@pytest.mark.parametrize(("grade", "form"), [(1, "analog"), (2, "analog"), (4, "analog")])
def test_reads_and_power(make_model, conductances, v, grade, form, place):
    model = make_model(grade)
    g = conductances(model.spec)
    there, here = behavioral.program(model, g, inputs=form, **place.of), behavioral.program(model, g, inputs=form)
    x = place.put(v)
    assert_allclose(place.fetch(behavioral.mvm(there, x)), behavioral.mvm(here, v), rtol=1e-12, atol=1e-18)  # A
    assert_allclose(place.fetch(behavioral.tile_outputs(there, x)), behavioral.tile_outputs(here, v), rtol=1e-12)
    assert_allclose(place.fetch(behavioral.power(there, x)), behavioral.power(here, v), rtol=1e-12, atol=0)
    for level, expected in zip(column_levels(there, x), column_levels(here, v), strict=True):
        assert_allclose(place.fetch(level), expected, rtol=0, atol=1e-12)
    assert behavioral.check_input_range(there, x)


@pytest.mark.parametrize(
    ("kind", "grade"), [("gates", 1), ("gates", 2), ("levels", 1), ("levels", 2), ("strings", 2), ("charge", 1)]
)
def test_other_tiles(kind, grade, place):
    model, g, x = switched(kind, grade)
    there, here = behavioral.program(model, g, **place.of), behavioral.program(model, g)
    for batch in (x, x[:0]):
        found = place.fetch(behavioral.tile_outputs(there, place.put(batch)))
        assert_allclose(found, behavioral.tile_outputs(here, batch), rtol=1e-11, atol=0)
    assert_allclose(place.fetch(behavioral.power(there, place.put(x))), behavioral.power(here, x), rtol=1e-11)
    assert behavioral.check_input_range(there, place.put(x))


@pytest.mark.parametrize("kind", ["gates", "strings"])
def test_noise_of_gates_and_strings(kind, place):
    model, g, x = switched(kind, 2)
    there, here = behavioral.program(model, g, **place.of), behavioral.program(model, g)
    noise = behavioral.read_noise(model, read_statistics(load_card("rram_wan")), g, extrapolate=True)
    out = behavioral.mvm(here, x)
    found = place.fetch(noise_sigma(there, noise, place.put(x), place.put(out)))
    assert_allclose(found, noise_sigma(here, noise, x, out), rtol=1e-11, atol=0)


@pytest.mark.parametrize("table", [SENSE, EVEN], ids=["bent", "even"])
def test_noise_and_sense_amplifiers(model, conductances, v, table, place):
    g = conductances(model.spec)
    stats = read_statistics(load_card("rram_wan"))
    there, here = behavioral.program(model, g, **place.of), behavioral.program(model, g)
    noise = behavioral.read_noise(model, stats, g, extrapolate=True)
    i_out = behavioral.mvm(here, v)
    x, i = place.put(v), place.put(i_out)
    noisy = place.fetch(behavioral.with_read_noise(there, noise, x, i, rng=rng()))
    assert_allclose(noisy, behavioral.with_read_noise(here, noise, v, i_out, rng=rng()), rtol=1e-12, atol=0)
    assert_allclose(
        place.fetch(behavioral.settle(there, i, table)), behavioral.settle(here, i_out, table), rtol=1e-12, atol=0
    )
    assert_allclose(place.fetch(periphery.report(table, i, rng=rng())), periphery.report(table, i_out, rng=rng()))
    assert_allclose(
        place.fetch(behavioral.reported_outputs(table, i)), behavioral.reported_outputs(table, i_out), rtol=1e-6
    )
    for found, expected in zip(periphery.drop_and_slope(table, i), periphery.drop_and_slope(table, i_out), strict=True):
        assert_allclose(place.fetch(found), expected, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("grade", [1, 4])
def test_tiles_behind_amplifiers_that_are_circuits(make_model, make_spec, conductances, inputs, grade, place):
    spec = make_spec(rows=12, cols=8, r_in=0.0, v_ref=0.1, v_read=0.2).replace(sense={"model": "regulated_cascode_p"})
    model = replace(make_model(grade, v_range=(0.1, 0.3), spec=spec), sense=SENSE)
    g, v = conductances(spec), inputs(12, (0.1, 0.3))
    there, here = behavioral.program(model, g, **place.of), behavioral.program(model, g)
    out = behavioral.mvm(here, v)
    assert_allclose(place.fetch(behavioral.mvm(there, place.put(v))), out, rtol=1e-11)
    assert_allclose(place.fetch(behavioral.power(there, place.put(v))), behavioral.power(here, v), rtol=1e-11)
    noise = behavioral.read_noise(model, read_statistics(load_card("rram_wan")), g, extrapolate=True)
    sigma = place.fetch(noise_sigma(there, noise, place.put(v), place.put(out)))
    assert_allclose(sigma, noise_sigma(here, noise, v, out), rtol=1e-10)


def test_converters(place):
    volts, current = np.linspace(-0.1, 0.5, 12).reshape(3, 4), np.linspace(0, 2.2e-3, 600)[:, None]
    codes = CODES.astype(float)
    assert_allclose(place.fetch(periphery.nearest_codes(DAC, place.put(volts))), periphery.nearest_codes(DAC, volts))
    for given in (codes, CODES):
        found = place.fetch(periphery.drive(DAC, place.put(given), rng=rng()))
        assert_allclose(found, periphery.drive(DAC, given, rng=rng()), rtol=1e-14, atol=0)
    found = place.fetch(periphery.drive_nearest(DAC, place.put(volts), rng=rng()))
    assert_allclose(found, periphery.drive_nearest(DAC, volts, rng=rng()), rtol=1e-14, atol=0)
    for decide in ("sorted", "search"):
        adc = ConverterTable(6, 0.0, 2e-3, inl=ADC.inl, noise=1e-6, decide=decide)
        found, clipped = periphery.convert_and_count(adc, place.put(current), rng=rng())
        expected, outside = periphery.convert_and_count(adc, current, rng=rng())
        assert_allclose(place.fetch(found), expected, rtol=0, atol=0)
        assert clipped == outside > 0
        assert_allclose(place.fetch(periphery.decode(adc, found)), periphery.decode(adc, expected), rtol=1e-14, atol=0)


def test_a_whole_read(model, conductances, place):
    g = conductances(model.spec)
    tables = Periphery(DAC, SENSE, ConverterTable(6, 0.0, 1.0, noise=1e-6))
    there, here = behavioral.program(model, g, **place.of), behavioral.program(model, g)
    reading = chain.read_stages(there, place.put(CODES), tables, rng=rng())
    expected = chain.read_stages(here, CODES, tables, rng=rng())
    for name in ("v_in", "i_out", "sensed", "codes", "value"):
        assert_allclose(place.fetch(getattr(reading, name)), getattr(expected, name), rtol=1e-11, atol=0)


def test_bit_serial_reads(place):
    bits = chain.one_bit_reads(place.put(CODES), 4)
    assert_allclose(place.fetch(bits), chain.one_bit_reads(CODES, 4), rtol=0, atol=0)


def test_a_scaled_tile(make_model, conductances, v, place):
    for grade in (1, 2, 4):
        model = make_model(grade)
        g = conductances(model.spec)
        other = g * rng().uniform(0.95, 1.05, g.shape)
        there, here = behavioral.program(model, g, **place.of), behavioral.program(model, g)
        found = behavioral.mvm(behavioral.reprogram(there, g, other), place.put(v))
        expected = behavioral.mvm(behavioral.reprogram(here, g, other), v)
        assert_allclose(place.fetch(found), expected, rtol=1e-11, atol=1e-18)


def test_no_device_is_the_default_of_the_library(model, conductances):
    strict = pytest.importorskip("array_api_strict")
    tile = behavioral.program(model, conductances(model.spec), xp=strict)
    assert tile.w.device == strict.Device("CPU_DEVICE")


def test_what_computes_with_numpy_alone_says_so(model, conductances, v, place):
    tile = behavioral.program(model, conductances(model.spec), **place.of)
    rows = behavioral.row_currents(model, conductances(model.spec))
    with pytest.raises(InputError, match=r"the tile's matrices are \w+: row currents need one programmed"):
        behavioral.read_rows(rows, tile, v)
    i = place.put(np.full((2, 3), 1e-5))
    for call in (
        lambda: periphery.check_sense_range(SENSE, i),
        lambda: periphery.output_noise(SENSE, i, np.ones(3)),
        lambda: periphery.settling_times(SENSE, i, np.ones(3), np.ones((2, 3)), 1e-3),
        lambda: periphery.convert_columns(ADC, np.zeros((3, 63)), i),
    ):
        with pytest.raises(InputError, match=r"is of type \w+: expected a NumPy array, this computes on the CPU alone"):
            call()


def test_inputs_from_elsewhere_are_refused(model, conductances, v, place):
    tile = behavioral.program(model, conductances(model.spec), **place.of)
    for read in (behavioral.mvm, behavioral.power, behavioral.check_input_range):
        with pytest.raises(InputError, match=r"v_in is of type numpy.ndarray: expected an array of the tile"):
            read(tile, v)
    with pytest.raises(InputError, match=r"v_in lies on .*: expected .*, where the tile's matrices are"):
        behavioral.mvm(tile, place.xp.asarray(v))
