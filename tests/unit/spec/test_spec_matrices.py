"""Conductances and inputs that are refused."""

import numpy as np
import pytest

from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.spec import drawn_inputs, lay_out, parse_spec
from circuitsim.spec.matrices import check_arrays, check_conductances, check_inputs, gate_voltages, resting_input

SPEC = {
    "schema": 1,
    "array": {"rows": 4, "cols": 4, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
    "wire": {"r_row": 2.0, "r_col": 2.0},
    "driver": {"v_read": 0.2},
}


@pytest.mark.parametrize("x", [np.full((1, 4), 0.1 + 1j), np.array([["a"] * 4])])
def test_inputs_that_are_no_real_numbers_are_refused(x):
    with pytest.raises(InputError, match="x cannot be read as an array of real numbers"):
        check_inputs(parse_spec(SPEC), x)


def test_conductances_lie_in_the_given_range_or_are_open_cells():
    spec, x = parse_spec(SPEC), np.zeros((1, 4))
    for g in (0.0, 1e-6, 1e-4):
        check_arrays(spec, np.full((4, 4), g), x)
    for g in (0.9e-6, 1.1e-4):
        with pytest.raises(OutsideRangeError, match=r"g\[0, 0\] = .* S, expected 0 \(an open cell\) or device\.g_min"):
            check_arrays(spec, np.full((4, 4), g), x)
        check_arrays(spec, np.full((4, 4), g), x, g_range=(0.0, np.inf))
        check_conductances(spec, np.full((4, 4), g), g_range=(0.0, np.inf))
    with pytest.raises(InputError, match="a conductance >= 0"):
        check_arrays(spec, np.full((4, 4), -1e-6), x, g_range=(0.0, np.inf))


def test_masked_values_are_refused():
    x = np.ma.array(np.full((1, 4), 0.1), mask=[[False, True, False, False]])
    with pytest.raises(InputError, match="x has masked values"):
        check_inputs(parse_spec(SPEC), x)


def test_conductances_are_copied():
    """A prepared array does not follow what the caller does with its matrix afterwards."""
    g = np.full((4, 4), 1e-5)
    assert not np.shares_memory(check_conductances(parse_spec(SPEC), g), g)


ACCESS = {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8}


@pytest.mark.parametrize(
    ("parts", "rest"),
    [
        ({"sense": {"v_ref": 0.5}}, 0.5),
        ({"sense": {"v_ref": -0.1}, "driver": {"v_read": 0.2, "input_code": "pulse_width"}}, 0.0),
        ({"sense": {"v_ref": 0.5}, "driver": {"v_read": 0.7, "input_code": "pulse_width"}}, 0.0),
        ({"sense": {"v_ref": 0.5}, "array": {"input_line": "wl"}, "wire": {"r_bl": 1.0}}, 0.0),
    ],
    ids=["amplitude", "pulses, negative", "pulses", "gates"],
)
def test_unused_rows_rest_in_the_unit_of_the_inputs(parts, rest):
    data = {**SPEC, "access": ACCESS, "technique": {"dummy_rows": 2}}
    data |= {key: {**SPEC.get(key, {}), **part} for key, part in parts.items()}
    data["array"] = {**data["array"], "cell": "1t1r"}
    spec = parse_spec(data)
    (drawn,) = lay_out(spec, np.full((4, 4), 1e-5))
    x = drawn_inputs(spec, drawn, np.full((1, 4), 1.0))
    assert resting_input(spec) == rest
    assert x.tolist() == [[rest, rest, 1.0, 1.0, 1.0, 1.0, rest, rest]]
    check_inputs(drawn.spec, x)  # a row at rest is an input like any other


def test_rows_without_a_pulse_are_the_ones_that_are_switched_off():
    data = {**SPEC, "access": ACCESS, "technique": {"skip_zero_rows": True}, "sense": {"v_ref": 0.5}}
    data["array"] = {**SPEC["array"], "cell": "1t1r"}
    pulses = parse_spec({**data, "driver": {"v_read": 0.7, "input_code": "pulse_width"}})
    assert gate_voltages(pulses, np.array([[0.0, 0.5, 1.0, 0.25]])).tolist() == [[0.0, 1.8, 1.8, 1.8]]
    assert gate_voltages(parse_spec(data), np.array([[0.0, 0.5, 1.0, 0.25]])).tolist() == [[1.8, 0.0, 1.8, 1.8]]
