"""Converters that differ from column to column: their draws, their straight line, and trims that take both off."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from small_networks import convolution_and_gemm

from circuitsim.errors import InputError
from circuitsim.evaluation import BehavioralProduct, ConverterSpread, drawn_scores, score_draws
from circuitsim.evaluation.column_converters import ColumnConverters, draw_converters, undrawn_noise
from circuitsim.evaluation.drift_compensation import ColumnRead, _in_front
from circuitsim.network import exact_product, fit_ranges, program
from circuitsim.periphery import Periphery, convert_and_count, decode
from circuitsim.results import ConverterTable

DAY = 86400.0
pytestmark = pytest.mark.filterwarnings("ignore::circuitsim.errors.ClippingWarning")


@pytest.fixture(scope="module")
def score(make_model, make_spec):
    spec = make_spec(rows=12, cols=8, device="pcm_joshi", r_row=5.0, r_col=5.0)
    given = {"device": {"g_min": 8e-6, "g_max": 2.4e-5}, "driver": {"v_read": 0.2}, "adc": {"bits": 10}}
    model = make_model(grade=2, v_range=(0.0, 0.2), spec=make_spec(rows=12, cols=8, v_read=0.2))
    model = replace(model, spec=spec.replace(**given))
    network, images = convolution_and_gemm(4), np.random.default_rng(0).uniform(0, 1, (26, 1, 4, 4))
    given = {"calibration_images": images[:6], "seeds": (0, 1, 2), "causes": ("programming", "drift")}
    labels = network.run_float(images[6:])

    def scored(*, adc=None, **more):
        used = model if adc is None else replace(model, spec=model.spec.replace(adc=adc))
        return score_draws(network, BehavioralProduct(used), images[6:], labels, **{**given, **more})

    return scored


def test_a_trim_takes_gain_and_offset_of_converters_off(score):
    ways = ("none", "column", "column_offset")
    spread = ConverterSpread(gain=0.05, offset=8.0)
    alone = score(causes=(), spread=spread, compensations=ways)
    none, column, offset = alone.mean[0]
    assert none > 1.2 * column > 1.2 * offset
    assert_allclose(offset, alone.undrawn, rtol=1e-6)
    aged = {"times": (0.0, 300 * DAY), "compensations": ("none", "column_offset")}
    kept, together = score(**aged), score(**aged, spread=spread)
    assert_allclose(together.scores[1, 1], kept.scores[1, 1], rtol=1e-6)
    assert np.abs(together.scores[1, 0] / kept.scores[1, 0] - 1).max() > 0.01


def test_the_first_trim_of_converters_is_at_the_end_of_programming(score):
    spread, ways = ConverterSpread(gain=0.05, offset=8.0), ("column_offset",)
    late = score(spread=spread, compensations=ways, times=(10 * DAY, 40 * DAY), trim_every=30 * DAY)
    at_0 = score(spread=spread, compensations=ways, times=(0.0,))
    assert_array_equal(late.gains[0], at_0.gains[0])


def test_converters_draw_from_a_stream_of_their_own(score):
    few, more = (score(spread=ConverterSpread(gain=0.05, noise=n), times=(DAY,)) for n in (0.0, 1e-9))
    assert_allclose(few.scores, more.scores, rtol=1e-3)
    tiny, plain = score(spread=ConverterSpread(gain=1e-12), times=(DAY,)), score(times=(DAY,))
    assert_allclose(tiny.scores, plain.scores, rtol=1e-6)  # the same cells
    noisy = [score(spread=ConverterSpread(noise=4.0), times=(DAY,)).scores for _ in range(2)]
    assert_array_equal(*noisy)
    assert (noisy[0] != plain.scores).all()


def test_a_range_of_its_own_for_each_column_gives_each_an_lsb_of_its_own(make_spec):
    spec = make_spec(rows=12, cols=8).replace(adc={"bits": 6})
    network, images = convolution_and_gemm(4), np.random.default_rng(0).uniform(0, 1, (6, 1, 4, 4))
    programmed = program(network, spec, exact_product(spec))
    spread, found = ConverterSpread(offset=1.0), {}
    for per in ("layer", "column"):
        ranges = fit_ranges(programmed, images, adc_per=per)
        found[per] = ranges, draw_converters(programmed, spread, ranges, 3)
    for name, tiles in found["layer"][1].items():
        for k, tile in enumerate(tiles):
            own = np.array(found["column"][0][name].column_scales[k])
            whole = found["layer"][0][name].full_scale
            assert_allclose(found["column"][1][name][k].offset / tile.offset, own / whole)


def test_ranges_of_columns_reach_the_draws(score):
    coarse = {"times": (0.0,)}
    assert score(**coarse, adc_per="column").undrawn != score(**coarse).undrawn


@pytest.mark.parametrize("compensation", ["none", "layer", "column", "column_offset"])
def test_input_ranges_of_tiles_reach_the_draws(score, compensation):
    """Rows on tiles of their own: every compensation reads them, and leaves about the error that one range leaves."""
    how = {"times": (DAY,), "compensations": (compensation,)}
    own, whole = score(**how, inputs_per="tile"), score(**how)
    assert own.undrawn != whole.undrawn
    assert own.mean[0, 0] == pytest.approx(whole.mean[0, 0], rel=0.2)


def converters(inl=None, gain=1.0, offset=0.0, bits=6):
    table = ConverterTable(bits, 0.1, 0.9, unit="V", block="sar")
    one = np.ones(2)
    return ColumnConverters(gain * one, offset * one, 0 * one, (0,), None if inl is None else table, inl), table


def test_the_line_of_drawn_thresholds_is_that_of_the_codes():
    steps = np.arange(63) + 0.5
    inl = np.stack([0.02 * steps + 1.5, -0.03 * steps - 2.0]) + 0.2 * np.sin(steps)
    drawn, table = converters(inl, gain=1.01, offset=2e-3)
    v = np.tile(np.linspace(0.2, 0.8, 4001)[:, None], (1, 2))
    value = drawn.convert(v, drawn.rng())
    for column in range(2):
        slope, start = np.polyfit(v[:, column], value[:, column], 1)
        assert slope == pytest.approx(drawn.line[0][column], rel=2e-3)
        assert start == pytest.approx(drawn.line[1][column], abs=0.1 * table.lsb)


def test_codes_of_drawn_thresholds_stay_codes_and_clipping_is_counted():
    drawn, table = converters(np.full((2, 63), 1.0))
    v = np.array([[0.05, 0.5], [0.95, 0.9]])
    value = drawn.convert(v, drawn.rng())
    codes, clipped = convert_and_count(table, value)
    assert clipped == 2
    assert_allclose(value[0, 1], decode(table, codes)[0, 1])
    assert codes[0, 1] == round((0.5 - table.low) / table.lsb - 1.0)


def test_a_trim_in_front_does_what_a_line_behind_does():
    drawn, _ = converters(gain=1.2, offset=3e-6)
    line = np.array([0.9, 1.1]), np.array([1e-6, -2e-6])
    read = lambda v: v  # noqa: E731
    v = np.random.default_rng(0).uniform(0, 1e-5, (5, 2))
    found = ColumnRead(read, slice(0, 2), _in_front(line, drawn), drawn, ())(v)
    assert_allclose(found, (v * 1.2 + 3e-6) * line[0] + line[1])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "all deviations are 0"),
        ({"gain": -0.1}, "gain = -0.1: expected a standard deviation >= 0"),
        ({"gain": 0.4}, "gain = 0.4: expected a relative standard deviation up to 0.3"),
        ({"noise": float("nan")}, "noise = nan"),
    ],
)
def test_a_spread_that_is_none_is_refused(given, said):
    with pytest.raises(InputError, match=said):
        ConverterSpread(**given)


def test_parts_of_a_circuit_that_is_not_there_are_refused(score):
    with pytest.raises(InputError, match=r"those of an ADC that is a circuit, and \[adc\] names none"):
        score(spread=ConverterSpread(capacitor=0.01))


def test_noise_of_circuits_that_is_not_drawn_is_told(score, monkeypatch):
    adc = ConverterTable(8, 0.0, 2.55e-5, np.zeros(255), unit="A", noise=3e-8, block="sar")
    monkeypatch.setattr(drawn_scores, "circuit_tables", lambda *_, **__: Periphery(adc=adc))
    sar = {"adc": {"model": "sar", "bits": None}, "seeds": (0,)}
    (silent,) = score(**sar).notes
    assert silent == "noise of the ADC sar (0.3 LSB by its table) is not drawn; --adc-noise 0.3 draws it"
    assert score(**sar, spread=ConverterSpread(gain=0.01)).notes == (silent,)
    assert score(**sar, spread=ConverterSpread(noise=0.3)).notes == ()
    (other,) = score(**sar, spread=ConverterSpread(noise=0.6)).notes
    assert other == "noise of the ADC is drawn as 0.6 LSB, in place of 0.3 LSB by its table"
    dac = ConverterTable(8, 0.0, 0.255, np.zeros(256), noise=2e-4, unit="V", block="r_string")
    found = undrawn_noise(Periphery(dac=dac), None)
    assert found == ("noise of the driver r_string (0.2 LSB by its table) is not drawn",)
