"""The deck of a chain as text: when each part works, what drives the rows, and what fits together."""

import re

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import netlist
from circuitsim.errors import InputError, SpecError

BASE = {
    "schema": 1,
    "array": {"rows": 3, "cols": 2, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
    "wire": {"r_row": 2, "r_col": 2},
    "driver": {"v_read": 0.2, "dac_bits": 4},
}
TIA, SAR = {"model": "tia", "v_ref": 0.9}, {"model": "sar"}
SC = {"model": "sc_integrator", "v_ref": 0.9, "timing": {"t_integrate": "20n"}}
G = np.full((3, 2), 1e-5)
CODES = np.array([[0, 5, 15], [15, 5, 1]])


def spec_of(**parts):
    data = {key: {**value} if isinstance(value, dict) else value for key, value in BASE.items()}
    for part, keys in parts.items():
        data[part] = {**data.get(part, {}), **keys}
    return cs.parse_spec(data)


def wave(deck, source):
    """Times [s] and values of a piecewise linear source."""
    (points,) = re.findall(rf"^{source} \S+ 0 pwl\((.*)\)$", deck.text, re.M)
    return np.array(points.split(), dtype=float).reshape(-1, 2).T


def test_a_read_at_rest_settles_and_is_converted():
    spec = spec_of(sense=TIA, adc=SAR)
    timing = netlist.chain_timing(spec)
    assert (timing.drive, timing.release, timing.convert) == (0.0, None, pytest.approx(10e-9))
    assert timing.taken == pytest.approx(10e-9 + 6.1e-9)  # t_gap + t_sample − 10 t_gap: the top plate is let go
    assert timing.code == pytest.approx(10e-9 + 24e-9) and timing.cycle > timing.code
    longer = netlist.chain_timing(spec.replace(driver={"t_read": "30n"}, adc={"timing": {"t_bit": "3n"}}))
    assert longer.taken == pytest.approx(36.1e-9) and longer.code == pytest.approx(30e-9 + 32e-9)
    deck = netlist.chain(spec, G, CODES)
    assert deck.reads == 2 and deck.t_stop == pytest.approx(2 * timing.cycle)
    time, volts = wave(deck, "vin_0")
    at = np.interp([0, 0.5 * timing.cycle, 1.5 * timing.cycle], time, volts)
    np.testing.assert_allclose(at, [0.9, 0.9, 1.1], rtol=1e-12)
    (clock,) = re.findall(r"^vck_adc_reset ck_adc_reset 0 pulse\(0 1.0 (.*)\)$", deck.text, re.M)  # one for all columns
    start, rise, _, width, period = map(float, clock.split())
    assert start + rise / 2 == pytest.approx(10e-9 + 1e-10) and width + rise == pytest.approx(5e-10)
    assert period == pytest.approx(timing.cycle) and deck.text.count("xadc_") == 2


def test_pulses_stand_within_the_phase_that_integrates():
    spec = spec_of(sense=SC, adc=SAR, driver={"input_code": "pulse_width"})
    timing = netlist.chain_timing(spec)
    begin, end = timing.sense + 5.5e-9, timing.sense + 5.5e-9 + 20e-9
    assert begin < timing.drive and timing.release < end and timing.taken == pytest.approx(timing.sense + 31e-9)
    deck = netlist.chain(spec, G, CODES)
    for row, word in enumerate(CODES.T):
        time, volts = wave(deck, f"vin_{row}")
        fine = np.linspace(0, 2 * timing.cycle, 200_001)
        area = np.interp(fine, time, volts - 0.9).reshape(-1)[:-1].reshape(2, -1).sum(axis=1) * (fine[1] - fine[0])
        np.testing.assert_allclose(area, 0.2 * 10e-9 * word / 15, rtol=2e-3, atol=1e-15)
    held = netlist.chain(spec.replace(driver={"input_code": "amplitude"}), G, CODES)
    assert max(wave(held, "vin_1")[1]) == pytest.approx(0.9 + 0.2 * 5 / 15)


def test_bits_are_reads_of_their_own():
    spec = spec_of(sense=TIA, adc=SAR, driver={"input_code": "bit_serial"})
    deck = netlist.chain(spec, G, CODES)
    assert (deck.serial, deck.reads) == (4, 8)
    time, volts = wave(deck, "vin_1")
    middle = (np.arange(8) + 0.5) * deck.timing.cycle
    np.testing.assert_allclose(np.interp(middle, time, volts), 0.9 + 0.2 * np.array([1, 0, 1, 0, 1, 0, 1, 0]))


def test_circuits_take_bits_pulses_and_slots():
    dac = netlist.chain(spec_of(driver={"model": "string_dac", "dac_bits": None}, sense=TIA, adc=SAR), G, CODES)
    assert dac.bits == 8 and "vdref dref 0 1.1" in dac.text and "vdlow dlow 0 0.9" in dac.text
    assert "vbit_0_3 bit_0_3 0 pwl(" in dac.text and "vbit_0_4 bit_0_4 0 0.0" in dac.text
    serial = {"model": "bit_serial", "dac_bits": None, "input_code": "bit_serial", "timing": {"t_slot": "40n"}}
    bits = netlist.chain(spec_of(driver=serial, sense=TIA, adc=SAR), G, CODES)
    assert bits.serial == 8 and bits.timing.cycle == pytest.approx(40e-9)
    assert bits.text.count("vck_driver_slot_") == 8
    pulses = {"model": "pulse_width", "input_code": "pulse_width"}
    deck = netlist.chain(spec_of(driver=pulses, sense=SC, adc=SAR), G, CODES)
    np.testing.assert_allclose(wave(deck, "vsig_2")[1].max(), 1.0)
    assert "xdrv_2 sig_2 in_2 dref dlow ck_driver_convert pulse_width" in deck.text


def test_currents_may_go_straight_into_converters():
    deck = netlist.chain(spec_of(adc={"model": "cco", "bits": 6}), G, CODES)
    assert "vsense_1 sense_1 take_1 0" in deck.text and "xadc_1 take_1 count_1 vdd 0 " in deck.text
    assert deck.counts == ("v(count_0)", "v(count_1)") and not deck.words and not deck.v_out


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"adc": SAR}, "adc: sar converts voltages, and the sense amplifiers put out currents"),
        (
            {"adc": {"model": "cco", "bits": 6}, "sense": TIA},
            "adc: cco converts currents, and the sense amplifiers put",
        ),
        ({"adc": SAR, "sense": TIA, "driver": {"input_code": "pulse_width"}}, "tia does not integrate over a pulse"),
        ({"adc": SAR, "sense": SC, "driver": {"t_read": "30n"}}, "a pulse of 3e-08 s with its edges needs 3.6e-08 s"),
        (
            {"adc": SAR, "sense": TIA, "driver": {"model": "bit_serial", "dac_bits": 8, "input_code": "bit_serial"}},
            "a bit of bit_serial stands for 9e-09 s, and its read with conversion takes 3.402e-08 s; exp",
        ),
        (
            {"adc": SAR, "sense": TIA, "driver": {"model": "bit_serial", "dac_bits": 8}},
            "driver.input_code = 'amplitude': the driver bit_serial takes 'bit_serial'",
        ),
        (
            {"adc": SAR, "sense": TIA, "driver": {"model": "string_dac", "dac_bits": 4}},
            "driver.dac_bits = 4: string_dac has 8 bits",
        ),
        (
            {"adc": SAR, "sense": TIA, "driver": {"dac_bits": None}},
            "driver.dac_bits is missing: codes need a resolution",
        ),
        ({"adc": SAR, "sense": TIA, "technique": {"partition": [2, 2]}}, r"\[technique\] draws other arrays"),
    ],
)
def test_parts_that_do_not_fit_are_named(parts, sentence):
    with pytest.raises(SpecError, match=sentence):
        netlist.chain(spec_of(**parts), G, CODES)


def test_the_steps_of_a_deck_resolve_the_periods_of_an_oscillator_and_the_ends_of_pulses():
    ring = netlist.chain(spec_of(adc={"model": "cco_ring", "bits": 8}), G, CODES)
    assert ring.t_step == pytest.approx(3e-7 / 256 / 20) and ring.counts == tuple(f"v(count_{b})" for b in range(2))
    assert "xadc_1 take_1 count_1" in ring.text
    timing = {"t_pulse": "11n"}
    pulses = {"model": "pulse_width", "dac_bits": 6, "input_code": "pulse_width", "timing": timing}
    sense = {"model": "sc_integrator", "v_ref": 0.9, "timing": {"t_integrate": "20n"}}
    deck = netlist.chain(spec_of(sense=sense, adc=SAR, driver=pulses), G, CODES)
    assert deck.t_step == pytest.approx(11e-9 / 63 / 8)


def test_durations_that_leave_no_time_are_named():
    with pytest.raises(InputError, match=r"sar: the phase 'sample': 't_sample - 6 \* t_gap' = -1e-10 s: expected"):
        netlist.chain(spec_of(sense=TIA, adc={**SAR, "timing": {"t_sample": "0.5n"}}), G, CODES)


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [
        ([[0, 1]], r"codes has shape \(1, 2\): expected \(batch, rows\) = \(1 or more, 3\)"),
        (np.zeros((0, 3)), r"codes has shape \(0, 3\)"),
        ([[0, 1, 16]], r"codes\[0, 2\] = 16: expected whole numbers from 0 to 15, of the driver with 4 bits"),
        ([[0, 1.5, 3]], r"codes\[0, 1\] = 1.5: expected whole numbers"),
        ([[0, np.nan, 3]], r"codes\[0, 1\] = nan"),
    ],
)
def test_values_that_are_no_codes_are_named(codes, sentence):
    with pytest.raises(InputError, match=sentence):
        netlist.chain(spec_of(sense=TIA, adc=SAR), G, codes)


def test_gates_of_several_levels_take_the_voltage_of_their_code_and_start_at_the_first_level():
    spec = spec_of(
        array={"cell": "1t1r", "input_line": "wl"},
        access={"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
        wire={"r_bl": 2},
        driver={"dac_bits": 2, "gate_levels": [0.1, 0.6, 0.9, 1.8]},
        adc={"model": "cco", "bits": 4},
    )
    codes = np.array([[0, 1, 3], [2, 1, 0]])
    deck, cycle = netlist.chain(spec, G, codes), netlist.chain_timing(spec).cycle
    found = [np.interp([0, 0.5 * cycle, 1.5 * cycle], *wave(deck, f"vin_{row}")) for row in (0, 1, 2)]
    np.testing.assert_allclose(found, [[0.1, 0.1, 0.9], [0.1, 0.6, 0.6], [0.1, 1.8, 0.1]], rtol=1e-12)
    without = spec.replace(driver={"gate_levels": None})
    with pytest.raises(SpecError, match=r"gates take bits, expected .*'bit_serial', or driver\.gate_levels on word"):
        netlist.chain(without, G, codes)


def test_rows_of_ideal_drivers_rise_within_their_edge():
    spec = spec_of(sense=TIA, adc=SAR)
    slow = spec.replace(driver={"t_rise": "2n"})
    assert netlist.chain_timing(slow).edge == 2e-9 and netlist.chain_timing(spec).edge == 0.01 * spec.driver.t_read
    time, volts = wave(netlist.chain(slow, G, CODES), "vin_0")
    cycle = netlist.chain_timing(slow).cycle
    np.testing.assert_allclose(np.interp(cycle + np.array([0.0, 1e-9, 2e-9]), time, volts), [0.9, 1.0, 1.1], rtol=1e-9)
    pulsed = spec_of(sense=SC, adc=SAR, driver={"input_code": "pulse_width"})
    with pytest.raises(SpecError, match=r"a pulse of \S+ s with its edges needs"):
        netlist.chain_timing(pulsed.replace(driver={"t_rise": pulsed.driver.t_read}))
