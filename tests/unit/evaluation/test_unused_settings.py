"""Settings that change nothing in a file are told, with the reason; those that change something are not."""

import numpy as np
import pytest

import circuitsim as cs
from circuitsim.evaluation import BehavioralProduct, unused_settings
from circuitsim.evaluation.warm_tiles import tiles_at
from circuitsim.network import TilePlace
from circuitsim.nodal import ohmic
from circuitsim.results import TileModel
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
        ({"wire": {"tc_col": 1e-3}}, "wire.tc_col", "array.temperature_c is wire.t_ref_c"),
        ({"wire": {"t_ref_c": 50}}, "wire.t_ref_c", "the resistances do not depend on temperature"),
        ({"wire": {"taper_col": 0.1}}, "wire.taper_col", "cells, drivers and sense amplifiers see the same"),
        ({"wire": {"last_col_segment": False}}, "wire.last_col_segment", "cells, drivers and sense"),
        ({"wire": {"strap_row": STRAP}}, "wire.strap_row", "the wire has 4 cells, and the strap joins it"),
        ({"array": {"temperature_c": 85}}, "array.temperature_c", "the model of rram_ohmic does not depend on"),
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
        {"technique": {"partition": [4, 2], "dummy_cols": 1}, "wire": {"r_row": 0.0}},
        {"technique": {"dummy_rows": 1}, "wire": {"r_col": 1.0}},
        {"driver": {"input_code": "pulse_width", "t_read": "1u"}, "wire": {"c_row": "1f"}},
        {"array": {"cell": "1t1r", "temperature_c": 85}, "access": TRANSISTOR},
    ],
)
def test_a_setting_with_effect_is_not_told(parts):
    assert told(**parts) == {}


def test_networks_feel_a_coefficient_of_wires_at_other_temperatures():
    setting = told(wire={"tc_row": 1e-3})["wire.tc_row"]
    assert setting.sentence == (
        "wire.tc_row = 0.001 has no effect on a read at rest, which is at wire.t_ref_c; it matters to networks at "
        "other temperatures (circuitsim age --temperature)"
    )
    spec = with_parts(wire={"r_row": 50.0, "tc_row": 1e-3})
    model = TileModel(spec, ohmic((1e-7, 1e-3), (0.0, 0.2)), 1, (0.0, 0.2))
    warm = tiles_at(BehavioralProduct(model), None, 85.0).product
    g, v_in = np.full((4, 4), 1e-4), np.full((1, 4), 0.2)
    place = TilePlace("fc", 0, 0, (0, 4), (0, 2), cols=4)
    hot = with_parts(wire={"r_row": 50.0 * (1 + 58e-3)})
    read = warm(place, g)(v_in)
    np.testing.assert_allclose(read, cs.solve(hot, g, v_in).out, rtol=1e-3)
    assert np.abs(read / BehavioralProduct(model)(place, g)(v_in) - 1).max() > 1e-3


def test_only_the_given_keys_are_judged_and_nothing_at_its_default():
    spec = with_parts(wire={"c_row": "1f", "c_col": "1f"}, adc={"full_scale": 1e-4})
    assert [each.key for each in unused_settings(spec, ["wire.c_row", "array.rows", "no.such", "wire.c_bl"])] == [
        "wire.c_row"
    ]
    assert [each.key for each in unused_settings(spec)] == ["adc.full_scale", "wire.c_col", "wire.c_row"]


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        ({"technique": {"dummy_rows": 2}, "wire": {"r_col": 1.0, "strap_col": STRAP | {"every": 5}}}, "wire.strap_col"),
        ({"technique": {"g_reference": "50u"}, "wire": {"strap_row": STRAP | {"every": 5}}}, "wire.strap_row"),
        ({"array": {"cols": 1}, "technique": {"replicate_cols": 3}, "wire": {"taper_row": 0.3}}, "wire.taper_row"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_wires_are_those_of_the_arrays_that_are_drawn(parts, key):
    spec = with_parts(**parts)
    section, _, name = key.partition(".")
    g, x = np.full(spec.shape, 5e-5), np.full((1, 4), 0.2)
    read, without = (
        cs.solve(each, g, x).out for each in (spec, spec.replace(**{section: {name: 0.0 if "taper" in name else None}}))
    )
    assert np.abs(read / without - 1).max() > 1e-6
    assert key not in told(**parts)


@pytest.mark.parametrize(
    ("partition", "wire", "key"),
    [
        ([2, 4], {"r_col": 1.0, "strap_col": STRAP | {"every": 3}}, "wire.strap_col"),
        ([4, 1], {"taper_row": 0.3}, "wire.taper_row"),
    ],
)
def test_wires_of_parts_have_no_more_than_their_cells(partition, wire, key):
    setting = told(technique={"partition": partition}, wire=wire)[key]
    assert setting.matters_to == () and "has no effect" in setting.sentence


GATES = {"array": {"cell": "1t1r", "input_line": "wl", "cols": 1}, "access": TRANSISTOR}


@pytest.mark.parametrize("name", ["r_row", "taper_row", "strap_row", "row_drive", "first_row_segment"])
def test_wires_of_gates_matter_in_time_alone(name):
    values = {"taper_row": 0.2, "strap_row": STRAP | {"every": 1}, "row_drive": "both", "first_row_segment": False}
    wire = {"r_bl": 1.0} | ({name: values[name]} if name in values else {})
    parts = GATES | {"wire": wire, "array": GATES["array"] | {"cols": 3}}
    setting = told(**parts)[f"wire.{name}"]
    assert setting.reason == "which does not depend on the wires of gates"
    assert setting.matters_to == ("reads in time (circuitsim.solve_in_time)",)
    drawn = told(**parts, technique={"dummy_cols": 1})[f"wire.{name}"]  # which no read in time takes
    assert drawn.matters_to == () and "[technique] draws other arrays" in drawn.sentence


@pytest.mark.parametrize(
    ("parts", "key", "reason"),
    [
        ({"array": {"cols": 1}, "wire": {"row_drive": "right"}}, "wire.row_drive", "see the same wires without it"),
        ({"array": {"cols": 1}, "wire": {"first_row_segment": False}}, "wire.r_row", "no current flows through these"),
        ({"wire": {"c_col": "1f", "last_col_segment": False}}, "wire.c_col", "ideal sources of constant voltage hold"),
        (
            {"wire": {"strap_col": STRAP | {"every": 2}, "last_col_segment": False}},
            "wire.strap_col",
            "the same voltage",
        ),
        (
            {"technique": {"dummy_rows": 1}, "wire": {"last_col_segment": False}},
            "technique.dummy_rows",
            "ideal sources",
        ),
        ({"technique": {"partition": [4, 2]}, "wire": {"r_row": 0.0}}, "technique.partition", "ideal sources hold"),
        ({"technique": {"partition": [2, 4]}, "wire": {"r_row": 1.0}}, "technique.partition", "ideal sources hold"),
        (GATES | {"wire": {"r_bl": 1.0}, "mapping": {"copies": 2}}, "mapping.copies", "networks do not lie on"),
        ({"sense": {"model": "tia"}, "driver": {"t_rise": "1n"}}, "driver.t_rise", "no codes pass an array with"),
    ],
)
def test_what_cells_do_not_see_and_what_no_use_takes(parts, key, reason):
    setting = told(**parts)[key]
    assert setting.matters_to == () and "has no effect: " in setting.sentence and reason in setting.sentence


def test_gate_levels_that_are_off_and_on_matter_to_codes():
    levels = {"wire": {"r_bl": 1.0}, "driver": {"gate_levels": [0.0, 1.2]}}
    uses = told(**GATES, **levels)["driver.gate_levels"].matters_to
    assert [words.partition(" (")[0] for words in uses] == ["reads from code to code", "networks"]
    assert "driver.gate_levels" not in told(**GATES, wire=levels["wire"], driver={"gate_levels": [0.1, 1.2]})


def test_a_circuit_at_the_end_of_a_wire_moves_its_capacitance():
    wire = {"c_col": "1f", "last_col_segment": False}
    assert told(wire=wire, sense={"model": "tia"}, adc={"model": "sar"})["wire.c_col"].matters_to


@pytest.mark.parametrize("parts", [{"sense": {"model": "tia"}}, {"adc": {"model": "sar"}}])
def test_circuits_feel_the_temperature(parts):
    assert "array.temperature_c" not in told(array={"temperature_c": 85}, **parts)


@pytest.mark.parametrize(
    ("parts", "key", "matters"),
    [
        ({"adc": {"bits": 4}}, "adc.bits", "energy"),
        ({"driver": {"dac_bits": 4}}, "driver.dac_bits", "energy"),
        ({"driver": {"input_code": "bit_serial"}}, "driver.input_code", "energy"),
        ({"mapping": {"copies": 2}}, "mapping.copies", "energy"),
        (
            {"driver": {"t_rise": "1n"}, "sense": {"model": "tia"}, "adc": {"model": "sar"}},
            "driver.t_rise",
            "code to code",
        ),
    ],
)
def test_energy_goes_with_bits_and_codings_and_codes_with_edges_of_circuits(parts, key, matters):
    assert any(matters in words for words in told(**parts)[key].matters_to)
