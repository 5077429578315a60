"""The tables of drivers, sense amplifiers and ADCs around the tiles of a network."""

from dataclasses import replace

import numpy as np
import pytest

from circuitsim.errors import ClippingWarning, OutsideRangeError, SpecError
from circuitsim.network import ExactProduct, evaluate, evaluate_ideal, fit_ranges, network_tables, program
from circuitsim.network.onnx import cut
from circuitsim.periphery import Periphery, report
from circuitsim.results import ConverterTable, SenseTable

IMAGES = np.random.default_rng(2).normal(size=(40, 15))
BITS, GAIN, REST = 8, -3e3, 0.9
CURRENT = np.linspace(0.0, 3e-4, 400)
LINE = SenseTable(current=CURRENT, drop=0 * CURRENT, reported=REST + GAIN * CURRENT, unit="V", block="tia")
ADC = ConverterTable(BITS, 0.0, REST, np.zeros(255), unit="V", block="sar")


@pytest.fixture
def network(mlp):
    return cut(mlp)


class Sensed:
    """Exact products behind the output curve of sense amplifiers."""

    def __init__(self, sense):
        self.sense = sense

    def __call__(self, place, g):
        exact = ExactProduct()(place, g)
        return lambda v_in: report(self.sense, exact(v_in))


@pytest.fixture
def circuits(spec):
    spec = spec.replace(adc={"bits": None})
    return spec.replace(driver={"model": "string_dac_buffered"}, sense={"model": "tia"}, adc={"model": "sar"})


def dac(**changes):
    return ConverterTable(8, 0.0, 0.2, unit="V", block="string_dac_buffered", **changes)


def logits(network, spec, tables, **given):
    programmed = program(network, spec, Sensed(tables.sense), tables=tables)
    return evaluate(programmed, IMAGES, ranges=fit_ranges(programmed, IMAGES), **given).logits


def test_ideal_tables_give_the_logits_of_ideal_converters(spec, network):
    """A linear amplifier and an even ADC are the ideal ADC over the current that the ADC's voltages stand for."""
    full_scale = REST / -GAIN
    stated = spec.replace(driver={"dac_bits": 8}, adc={"bits": 8, "full_scale": full_scale})
    programmed = program(network, stated, ExactProduct())
    expected = evaluate(programmed, IMAGES, ranges=fit_ranges(programmed, IMAGES)).logits
    parts = {"sense": {"model": "tia"}, "adc": {"model": "sar"}}
    around = Periphery(sense=LINE, adc=ADC)
    found = logits(network, spec.replace(driver={"dac_bits": 8}, **parts), around)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
    through_dac = logits(
        network, spec.replace(driver={"model": "string_dac_buffered"}, **parts), replace(around, dac=dac())
    )
    np.testing.assert_allclose(through_dac, expected, rtol=0, atol=1e-9 * np.abs(expected).max())


@pytest.mark.filterwarnings("ignore::circuitsim.errors.ClippingWarning")
@pytest.mark.filterwarnings("ignore:the ADC 'sar' has 12 missing codes:circuitsim.errors.MissingCodesWarning")
def test_a_bowed_or_broken_adc_moves_the_logits(circuits, network):
    k = np.arange(255)
    straight = logits(network, circuits, Periphery(dac(), LINE, ADC))
    bowed = replace(ADC, inl=8 * np.sin(np.pi * k / 254))
    broken = replace(ADC, inl=np.where(k >= 223, -12.0, 0.0), decide="search")
    curved = replace(LINE, reported=LINE.reported - 6e6 * CURRENT * (CURRENT - 3e-4))
    for moved in (
        logits(network, circuits, Periphery(dac(), LINE, bowed)),
        logits(network, circuits, Periphery(dac(), LINE, broken)),
        logits(network, circuits, Periphery(dac(), curved, ADC)),
        logits(network, circuits, Periphery(dac(inl=5 * np.sin(np.pi * np.arange(256) / 255)), LINE, ADC)),
    ):
        assert np.abs(moved - straight).max() > 0.005 * np.abs(straight).max()


@pytest.mark.filterwarnings("ignore::circuitsim.errors.ClippingWarning")
def test_noise_is_seeded_and_asked_for(circuits, network):
    noisy = Periphery(dac(noise=1e-4), LINE, replace(ADC, noise=2e-3))
    quiet = logits(network, circuits, noisy)
    assert np.array_equal(quiet, logits(network, circuits, Periphery(dac(), LINE, ADC)))
    one, same, other = (logits(network, circuits, noisy, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other) and not np.array_equal(one, quiet)


def test_the_ideal_form_has_converters_of_the_same_bits(circuits, network):
    tables = Periphery(dac(), LINE, ADC)
    plain = circuits.replace(
        driver={"kind": "ideal", "dac_bits": 8}, sense={"kind": "virtual_ground"}, adc={"kind": "ideal", "bits": 8}
    )
    found = evaluate_ideal(network, circuits, IMAGES, calibration_images=IMAGES, tables=tables)
    assert np.array_equal(found.logits, evaluate_ideal(network, plain, IMAGES, calibration_images=IMAGES).logits)


def test_outputs_outside_the_range_are_told(circuits, network):
    narrow = Periphery(dac(), LINE, replace(ADC, low=0.85))
    programmed = program(network, circuits, Sensed(LINE), tables=narrow)
    ranges = fit_ranges(programmed, IMAGES)
    assert {known.adc_rule for known in ranges.values()} == {"range of the circuit sar"}
    with pytest.warns(ClippingWarning, match=r"of the outputs lie outside the ADC's range of the circuit sar"):
        evaluate(programmed, IMAGES, ranges=ranges)


def test_circuits_that_do_not_fit_are_refused_by_name(circuits, network, spec):
    with pytest.raises(
        SpecError, match=r"driver.model = 'string_dac_buffered': the network has no table of this circu"
    ):
        program(network, circuits, Sensed(LINE))
    with pytest.raises(SpecError, match=r"tables.adc is given, but \[adc\] names no circuit"):
        network_tables(spec, Periphery(adc=ADC))
    with pytest.raises(
        SpecError, match=r"driver.model = .*its output resistance of up to 3e\+03 ohm may move a row by"
    ):
        network_tables(circuits, Periphery(dac(r_out=np.full(256, 3e3)), LINE, ADC))
    with pytest.raises(
        SpecError, match=r"adc: the circuit 'sar' converts voltages, and the sense amplifiers put out cu"
    ):
        network_tables(circuits.replace(sense={"kind": "virtual_ground"}), Periphery(dac=dac(), adc=ADC))
    with pytest.raises(SpecError, match=r"sense.model = 'tia': it works in phases, and a network reads its arrays at"):
        network_tables(circuits, Periphery(dac(), replace(LINE, t_ready=1e-8), ADC))
    with pytest.raises(
        OutsideRangeError, match=r"temperature_c = 27 °C: the table of the converter 'sar' was made at 85"
    ):
        network_tables(circuits, Periphery(dac(), LINE, replace(ADC, temperature_c=85.0)))
