"""Circuits around an array as causes of error: each alone, against formulas for one column."""

from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import array_spec
from numpy.testing import assert_allclose

from circuitsim.calibration.budget_around import CircuitNoise, around, circuit_causes, digitized
from circuitsim.periphery import Periphery
from circuitsim.results import ConverterTable, Experiment, SenseTable

SPEC = array_spec(3, 2)
G = np.array([[1e-5, 8e-5], [2e-5, 5e-5], [7e-5, 1e-5]])
V = np.array([[0.2, 0.0, 0.05], [0.05, 0.05, 0.2]])
IDEAL = V @ G
READS = [Experiment("uniform", G, ("uniform",) * 2, V)]
DAC = ConverterTable(1, 0.0, 0.2, r_out=np.array([100.0, 300.0]), block="dac", unit="V", noise=1e-3)
STRAIGHT = SenseTable(
    current=np.array([0.0, 1e-4]), drop=np.array([0.0, 0.02]), reported=np.array([0.5, 0.9]), unit="V", block="tia"
)
ADC = ConverterTable(2, 0.5, 0.8, unit="V", block="sar", noise=2e-3)
QUIET = CircuitNoise(np.zeros((2, 3)), np.zeros((2, 2)), np.zeros((2, 2)))


def test_a_driver_loses_what_its_row_draws_through_its_resistance():
    found = around(SPEC, Periphery(dac=DAC), READS).alone(V, G, IDEAL, QUIET)
    r_out = np.where(V > 0.1, 300.0, 100.0)  # of the nearest code
    assert_allclose(found["driver"], (V / (1 + r_out * G.sum(axis=1))) @ G, rtol=1e-12)
    assert "sense" not in found


def test_a_driver_of_rows_that_rest_at_a_voltage_drives_the_difference():
    at_rest = array_spec(3, 2, sense={"v_ref": 0.3})
    reads = [Experiment("uniform", G, ("uniform",) * 2, V + 0.3)]
    shifted = around(at_rest, Periphery(dac=replace(DAC, low=0.3, high=0.5)), reads).alone(V + 0.3, G, IDEAL, QUIET)
    plain = around(SPEC, Periphery(dac=DAC), READS).alone(V, G, IDEAL, QUIET)
    assert_allclose(shifted["driver"], plain["driver"], rtol=1e-9)


def test_an_amplifier_takes_the_current_that_its_input_resistance_leaves():
    circuits = around(SPEC, Periphery(sense=STRAIGHT), READS)
    assert_allclose(circuits.line, (4e3, 0.5), rtol=1e-12)
    found = circuits.alone(V, G, IDEAL, QUIET)
    assert_allclose(found["sense"], IDEAL / (1 + 200 * G.sum(axis=0)), rtol=1e-9)  # 0.02 V at 0.1 mA
    assert "driver" not in found and not circuits.noisy


def test_outputs_become_currents_by_the_straight_line():
    current = np.array([[1e-5, 5e-5]])
    assert_allclose(around(SPEC, Periphery(sense=STRAIGHT), READS).as_current(current, G, None), current, rtol=1e-12)
    np.testing.assert_array_equal(around(SPEC, None, READS).as_current(current, G, None), current)


def test_noise_is_added_where_it_arises():
    tables = Periphery(DAC, replace(STRAIGHT, noise=3e-3), ADC)
    circuits = around(SPEC, tables, READS)
    rng = np.random.default_rng(0)
    noise = circuits.draw(V.shape, 2, rng)
    assert noise.dac.shape == (2, 3) and noise.sense.shape == noise.adc.shape == (2, 2)
    wanted = IDEAL + noise.dac @ G + (3e-3 * noise.sense + 2e-3 * noise.adc) / 4e3
    assert_allclose(circuits.alone(V, G, IDEAL, noise)["circuit noise"], wanted, rtol=1e-12)
    assert_allclose(
        circuits.as_current(IDEAL, G, noise), IDEAL + (3e-3 * noise.sense + 2e-3 * noise.adc) / 4e3, rtol=1e-9
    )
    many = circuits.draw((4000, 3), 2, rng)
    assert_allclose([many.dac.std(), many.sense.std(), many.adc.std()], [1e-3, 1.0, 1.0], rtol=0.03)
    assert circuits.quiet_dac is not None and circuits.quiet_dac.noise == 0
    assert around(SPEC, None, READS).draw((4, 3), 2, rng).dac.max() == 0


def test_codes_become_currents_again():
    found = digitized(around(SPEC, Periphery(sense=STRAIGHT, adc=ADC), READS), [np.array([[0.0, 2.6e-5, 7e-5]])])
    assert_allclose(found[0], [[0.0, 2.5e-5, 7.5e-5]], rtol=1e-12, atol=1e-18)  # 0.5, 0.6 and 0.8 V of a 0.1 V step
    ideal = around(array_spec(3, 2, adc={"bits": 2, "full_scale": "auto"}), None, READS)
    outs = digitized(ideal, [np.array([[0.0, 1.1e-5]]), np.array([[3e-5, 2.4e-5]])])
    assert_allclose(np.concatenate(outs), [[0.0, 1e-5], [3e-5, 2e-5]], rtol=1e-12, atol=1e-20)


@pytest.mark.parametrize(
    ("adc", "tables", "converts"),
    [
        ({}, None, False),
        ({"bits": 4}, None, True),
        ({"bits": 4}, Periphery(sense=STRAIGHT), False),
        ({}, Periphery(sense=STRAIGHT, adc=ADC), True),
    ],
)
def test_whether_there_is_an_adc_for_these_outputs(adc, tables, converts):
    assert around(array_spec(3, 2, adc=adc), tables, READS).converts is converts


def test_what_cannot_be_a_cause_is_named():
    below = [replace(READS[0], v_in=V - 0.02)]
    circuits = around(SPEC, Periphery(dac=DAC, adc=ADC), below)
    assert circuits.dac is None and circuits.adc is None
    assert circuits.left_out == (
        "dac: it drives rows above v_ref, and these sense amplifiers take the currents of rows below it",
        "adc: sar converts V, and the sense amplifiers put out A",
    )
    ideal = around(array_spec(3, 2, adc={"bits": 4}), Periphery(sense=STRAIGHT), READS)
    assert ideal.left_out == ("adc: an ideal one converts currents, and the circuit tia puts out V",)
    assert around(SPEC, Periphery(DAC, STRAIGHT, ADC), READS).left_out == ()


def test_causes_name_the_circuits_that_they_are():
    words = circuit_causes(around(SPEC, Periphery(DAC, STRAIGHT, ADC), READS))
    assert words.keys() == {"dac", "driver", "sense", "adc", "circuit noise"}
    assert words["circuit noise"] == "noise of dac and tia and sar, from their tables"
    assert all("circuit dac" in words[key] for key in ("dac", "driver"))
    assert "circuit tia" in words["sense"] and "circuit sar" in words["adc"]
    assert circuit_causes(around(SPEC, Periphery(adc=replace(ADC, unit="A")), READS)).keys() == {"adc", "circuit noise"}
