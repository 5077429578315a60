"""Settings that change nothing in a file are told, with the reason; those that change something are not."""

import pytest

from circuitsim.evaluation import unused_settings
from circuitsim.spec import parse_spec

DATA = {
    "schema": 1,
    "array": {"rows": 4, "cols": 4, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
    "wire": {"r_row": 1.0, "r_col": 0.0},
    "driver": {"v_read": 0.2},
}
TRANSISTOR = {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.2}
STRAP = {"every": 9, "r": 0.1, "r_via": 0.1}


def with_parts(**parts):
    merged = {name: (DATA.get(name) or {}) | keys for name, keys in parts.items()}
    return parse_spec(DATA | merged)


def told(**parts):
    return {each.key: each for each in unused_settings(with_parts(**parts))}


@pytest.mark.parametrize(
    ("parts", "key", "reason"),
    [
        ({"adc": {"full_scale": 1e-4}}, "adc.full_scale", "without adc.bits there is no converter"),
        ({"wire": {"tc_row": 1e-3}}, "wire.tc_row", "array.temperature_c is wire.t_ref_c"),
        ({"wire": {"t_ref_c": 50}}, "wire.t_ref_c", "the resistances do not depend on temperature"),
        ({"wire": {"taper_col": 0.1}}, "wire.taper_col", "every segment of the wires is the same without it"),
        ({"wire": {"last_col_segment": False}}, "wire.last_col_segment", "every segment of the wires is the same"),
        ({"wire": {"strap_row": STRAP}}, "wire.strap_row", "the wire has 4 cells, and the strap joins it"),
        ({"array": {"temperature_c": 85}}, "array.temperature_c", "rram_ohmic is ohmic at every temperature"),
        ({"technique": {"partition": [4, 8]}}, "technique.partition", "the array has 4 x 4 cells, and one part"),
        (
            {"technique": {"dummy_rows": 1}, "mapping": {"weights": "offset"}},
            "mapping.weights",
            "networks do not lie on",
        ),
    ],
)
def test_a_setting_without_any_effect(parts, key, reason):
    setting = told(**parts)[key]
    assert setting.matters_to == () and f"{key} = " in setting.sentence
    assert f"has no effect: {reason}" in setting.sentence


@pytest.mark.parametrize(
    ("parts", "key", "matters"),
    [
        ({"wire": {"c_row": "1f"}}, "wire.c_row", "reads in time"),
        ({"driver": {"t_read": "1u"}}, "driver.t_read", "energy"),
        ({"driver": {"dac_bits": 4}}, "driver.dac_bits", "code to code"),
        ({"adc": {"bits": 4, "full_scale": 1e-4}}, "adc.full_scale", "code to code"),
        ({"mapping": {"weights": "offset"}}, "mapping.weights", "networks"),
        ({"array": {"cell": "1t1r"}, "access": TRANSISTOR | {"a_vt": "3n"}}, "access.a_vt", "Monte Carlo"),
    ],
)
def test_a_setting_that_other_results_depend_on(parts, key, matters):
    setting = told(**parts)[key]
    assert any(matters in words for words in setting.matters_to)
    assert "has no effect on a read at rest, which does not depend on" in setting.sentence


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"wire": {"tc_row": 1e-3}, "array": {"temperature_c": 85}},
        {"wire": {"taper_row": 0.1, "strap_row": STRAP | {"every": 2}, "c_row": 0.0}},
        {"technique": {"partition": [2, 4]}, "driver": {"r_out": 10.0}, "sense": {"r_in": 5.0}},
        {"driver": {"input_code": "pulse_width", "t_read": "1u"}, "wire": {"c_row": "1f"}},
        {"array": {"cell": "1t1r", "temperature_c": 85}, "access": TRANSISTOR},
    ],
)
def test_a_setting_with_effect_is_not_told(parts):
    assert told(**parts) == {}


def test_only_the_given_keys_are_judged_and_nothing_at_its_default():
    spec = with_parts(wire={"c_row": "1f", "c_col": "1f"}, adc={"full_scale": 1e-4})
    assert [each.key for each in unused_settings(spec, ["wire.c_row", "array.rows", "no.such", "wire.c_bl"])] == [
        "wire.c_row"
    ]
    assert [each.key for each in unused_settings(spec)] == ["adc.full_scale", "wire.c_col", "wire.c_row"]
