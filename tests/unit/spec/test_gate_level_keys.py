"""Gates of several levels: the key, the inputs that select a level, and the voltages that they give."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from circuitsim.errors import InputError, SpecError
from circuitsim.spec import (
    check_inputs,
    device_voltages,
    full_scale_inputs,
    gate_voltage_levels,
    level_numbers,
    parse_spec,
    resting_input,
)
from circuitsim.spec.matrices import drive_voltages

LEVELS = [0.0, 0.5, 0.9, 1.8]


def spec(line="wl", **driver):
    wire = {"r_bl": 2.0} if line == "wl" else {}
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": 4, "cols": 3, "input_line": line},
            "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
            "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": "1800m"},
            "wire": {"r_row": 2.0, "r_col": 2.0, **wire},
            "driver": {"v_read": 0.2, **driver},
        }
    )


def test_each_input_gives_the_voltage_of_its_level():
    levels = spec(gate_levels=["-100m", 0.5, "0.9", 1.8])
    x = check_inputs(levels, [[0, 1 / 3, 2 / 3, 1]])
    assert_array_equal(drive_voltages(levels, x), [[-0.1, 0.5, 0.9, 1.8]])
    assert_array_equal(level_numbers(levels, x), [[0, 1, 2, 3]])
    assert_array_equal(device_voltages(levels, np.array([0.5, 1.0])), [0.1, 0.2])
    assert (resting_input(levels), full_scale_inputs(levels).tolist()) == (0.0, [1.0] * 4)


def test_gates_without_levels_are_off_or_on():
    assert gate_voltage_levels(spec()) == (0.0, 1.8)
    assert_array_equal(level_numbers(spec(), np.array([0.0, 1.0])), [0, 1])
    assert_array_equal(drive_voltages(spec(), np.array([[0.0, 1.0]])), [[0.0, 1.8]])


def test_inputs_in_float32_are_levels_and_what_lies_between_is_told():
    levels = spec(gate_levels=LEVELS)
    thirds = np.array([[0, 1, 2, 3]], np.float32) / np.float32(3)
    assert_array_equal(level_numbers(levels, check_inputs(levels, thirds)), [[0, 1, 2, 3]])
    for wrong in (0.5, 1 / 3 + 1e-5, -1 / 3, 4 / 3):
        with pytest.raises(InputError, match=rf"x\[1, 2\] = {wrong:g}, expected k / 3 with .* has 4 levels"):
            x = np.zeros((2, 4))
            x[1, 2] = wrong
            check_inputs(levels, x)


@pytest.mark.parametrize(
    ("driver", "sentence"),
    [
        ({"gate_levels": [0.0, 0.9, 0.9, 1.8]}, r"gate_levels has 0\.9 V after 0\.9 V: expected voltages that rise"),
        ({"gate_levels": [0.0, 0.9]}, r"driver\.gate_levels ends at 0\.9 V, .* access\.v_gate, is 1\.8 V"),
        ({"gate_levels": [1.8]}, "gate_levels has 1 voltages: expected 2 to 256"),
        ({"gate_levels": list(np.linspace(0, 1.8, 257))}, "gate_levels has 257 voltages: expected 2 to 256"),
        (
            {"gate_levels": LEVELS, "dac_bits": 3},
            r"dac_bits = 3 with 4 gate_levels: expected 8 of them \(2\^dac_bits\)",
        ),
        ({"gate_levels": LEVELS, "input_code": "bit_serial"}, "input_code = 'bit_serial' with gate_levels"),
        ({"gate_levels": LEVELS, "input_code": "pulse_width"}, "input_code = 'pulse_width' with gate_levels"),
        ({"gate_levels": LEVELS, "model": "source", "kind": None}, "gate_levels = .* has no effect"),
        ({"gate_levels": [0.0, "1M", 1.8]}, r"driver\.gate_levels\.1: "),
    ],
)
def test_levels_that_do_not_fit_are_refused(driver, sentence):
    with pytest.raises(SpecError, match=sentence):
        spec(**driver)


@pytest.mark.parametrize("line", ["bl", "string"])
def test_levels_belong_to_word_lines(line):
    with pytest.raises(SpecError, match=rf"gate_levels belongs to array\.input_line = 'wl', not '{line}': remove it"):
        spec(line, gate_levels=LEVELS)


def test_bits_that_agree_are_taken():
    assert spec(gate_levels=LEVELS, dac_bits=2).driver.dac_bits == 2
    assert spec(gate_levels=LEVELS[1:]).driver.gate_levels == (0.5, 0.9, 1.8)


def test_a_specification_without_levels_keeps_its_digest():
    assert spec().digest == "0aae8c1d920023f9bcf72e61356bd18164b4aeb7c2edc2d4a620d245c1b9075e"
