"""Every key of every TOML file is described once, in the model that checks it, with a unit where it is a number."""

import tomllib

import pytest

from circuitsim.cli.known_keys import FILES
from circuitsim.spec import ArraySpec, commented_toml, document_keys, json_schema, key_uses, parse_spec, toml_value
from circuitsim.spec.key_docs import UNITS

DOCS = {(file, doc.key): doc for file, model in FILES.items() for doc in document_keys(model)}
SPECIFICATION = {doc.key: doc for doc in document_keys(ArraySpec)}


@pytest.mark.parametrize("file", FILES)
def test_every_key_has_a_meaning(file):
    docs = [doc for (where, _), doc in DOCS.items() if where == file]
    assert len(docs) > 15
    assert [doc.key for doc in docs if len(doc.meaning) < 4 or not doc.kind] == []


@pytest.mark.parametrize("file", FILES)
def test_every_number_has_a_unit(file):
    docs = [doc for (where, _), doc in DOCS.items() if where == file and "number" in doc.kind]
    assert len(docs) >= 3
    assert [doc.key for doc in docs if doc.unit not in UNITS and not str(doc.unit).startswith(("unit", "stat"))] == []


def test_the_keys_of_a_specification_are_those_that_it_takes():
    known = {f"{name}.{key}" for name, part in _sections().items() for key in part.model_fields}
    assert {key for key in SPECIFICATION if key.count(".") == 1} == known
    assert "wire.strap_row.r_via" in SPECIFICATION and "wire.col.permittivity" in SPECIFICATION


def _sections():
    data = {name: field.annotation for name, field in ArraySpec.model_fields.items() if name != "schema_version"}
    return {name: getattr(kind, "__args__", (kind,))[0] for name, kind in data.items()}


def test_a_key_in_full():
    doc = SPECIFICATION["wire.taper_row"]
    assert (doc.kind, doc.unit, doc.default, doc.required, doc.bounds) == ("number", "1", "0.0", False, ">= 0, < 1")
    assert SPECIFICATION["driver.v_read"].required and SPECIFICATION["driver.v_read"].unit == "V"
    assert SPECIFICATION["array.input_line"].choices == ('"bl"', '"wl"', '"string"')
    assert SPECIFICATION["mapping.copies"].bounds == ">= 1, <= 8"
    assert SPECIFICATION["wire.r_row"].kind == "number or list of numbers"


def test_defaults_read_as_toml():
    for doc in DOCS.values():
        for text in filter(None, (doc.default, doc.example, *doc.choices)):
            assert toml_value(tomllib.loads(f"x = {text}")["x"]) == text


def test_the_schema_has_unit_and_use_of_every_key():
    definitions = json_schema()["$defs"]
    wire = definitions["WireSpec"]["properties"]
    assert (wire["c_row"]["unit"], wire["c_row"]["matters_to"]) == ("F", ["time", "charges", "energy", "codes"])
    entries = [one for part in definitions.values() for one in part["properties"].values() if "matters_to" in one]
    assert len(entries) == sum(key.count(".") == 1 for key in SPECIFICATION)
    assert all(one["description"] for one in entries)


def test_uses_follow_the_array():
    spec = parse_spec(TEN)
    assert key_uses("wire.c_row", spec) == ("time", "codes")
    assert key_uses("wire.c_row", parse_spec(TEN | {"sense": {}})) == ("time",)
    pulsed = spec.replace(driver={"input_code": "pulse_width"})
    assert key_uses("wire.c_row", pulsed) == ("time", "charges", "energy", "codes")  # edges of pulses
    assert key_uses("wire.c_col", pulsed) == ("time", "charges", "codes")
    assert "reads" not in key_uses("driver.input_code", spec) and "reads" in key_uses("driver.input_code")


TEN = {
    "schema": 1,
    "array": {"rows": 10, "cols": 10, "cell": "1r"},
    "device": {"model": "rram_sinh", "g_min": "1u", "g_max": "100u", "params": {"v0": 0.3}},
    "wire": {
        "r_row": 2.0,
        "col": {"width": "50n", "thickness": "100n", "pitch": "100n", "resistivity": "30n", "height": "100n"},
        "strap_row": {"every": 4, "r": 0.1, "r_via": 1.0},
    },
    "driver": {"v_read": 0.2, "dac_bits": 4},
    "sense": {"model": "tia", "params": {}},
    "mapping": {"digital": ['a "quoted" name', "b\\c"]},
}


@pytest.mark.parametrize("extra", [{}, {"technique": {"dummy_rows": 2, "g_dummy": "2u"}}, {"adc": {"bits": 8}}])
def test_a_commented_file_reads_as_the_specification(extra):
    spec = parse_spec(TEN | extra)
    text = commented_toml(spec, title="ten by ten")
    again = parse_spec(tomllib.loads(text))
    assert again == spec and again.digest == spec.digest
    assert text.startswith("# ten by ten\n") and "params = { v0 = 0.3 }" in text
    assert max(map(len, text.splitlines())) <= 120
