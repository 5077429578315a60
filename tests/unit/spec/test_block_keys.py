"""Keys that name a circuit in [driver], [sense] and [adc], and maps of ports: what they take and what is refused."""

import pytest

import circuitsim as cs
from circuitsim.errors import SpecError
from circuitsim.spec import Only, json_schema, unable

BASE = {
    "schema": 1,
    "array": {"rows": 4, "cols": 3, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
    "wire": {"r_row": 1, "r_col": 1},
    "driver": {"v_read": 0.2},
}
IDEAL = cs.parse_spec(BASE)
FILE = {"file": "a.lib", "subckt": "amp"}


def spec_of(section, **keys):
    return cs.parse_spec({**BASE, section: {**BASE.get(section, {}), **keys}})


def test_absent_keys_leave_the_digest_as_it_was():
    assert IDEAL.digest == "1eb6128048128abd70f23db255e82b2494f521ac9608025df447eedb74cc5575"


@pytest.mark.parametrize("section", ["driver", "sense", "adc"])
def test_a_block_takes_the_place_of_the_ideal_part(section):
    spec = spec_of(section, model="mine", params={"r": "1k"})
    part = getattr(spec, section)
    assert (part.block, part.kind, part.params["r"]) == ("mine", None, 1e3)
    assert spec.digest != IDEAL.digest and hash(spec) == hash(spec_of(section, model="mine", params={"r": 1e3}))
    assert cs.parse_spec(spec.model_dump(mode="json", by_alias=True)) == spec
    assert IDEAL.replace(**{section: {"model": "mine", "params": {"r": 1e3}}}) == spec
    assert spec.replace(**{section: {"kind": getattr(IDEAL, section).kind}}) == IDEAL
    other = part.model_copy(update={"folder": "their_block", "params": None})
    assert (other.model, other.block) == (None, "their_block")


def test_a_file_is_taken_relative_to_the_specification_and_not_part_of_the_digest(tmp_path):
    text = 'schema = 1\n[array]\nrows=2\ncols=2\ncell="1r"\n[device]\nmodel="rram_ohmic"\ng_min="1u"\ng_max="1m"\n'
    text += '[wire]\nr_row=1\nr_col=1\n[driver]\nv_read=0.2\n[sense]\nfile="a.lib"\nsubckt="amp"\n'
    text += 'ports={in="a", out="y", phases={reset="r"}}\n'
    digests = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.lib").touch()
        (tmp_path / name / "array.toml").write_text(text, encoding="utf-8")
        spec = cs.load_spec(tmp_path / name / "array.toml")
        assert spec.sense.file == tmp_path / name / "a.lib" and spec.sense.ports["phases"] == {"reset": "r"}
        digests.add(spec.digest)
    assert len(digests) == 1
    (tmp_path / "one" / "a.lib").unlink()
    with pytest.raises(SpecError, match=r"sense.file = 'a.lib': no such file"):
        cs.load_spec(tmp_path / "one" / "array.toml")


@pytest.mark.parametrize(
    ("section", "keys", "sentence"),
    [
        (
            "sense",
            {"kind": "virtual_ground", "model": "tia"},
            "kind = 'virtual_ground' and model = 'tia': kind is for an",
        ),
        ("driver", {"kind": "ideal", "folder": "x"}, "kind = 'ideal' and folder = 'x'"),
        ("sense", {"kind": "tia"}, "sense.kind: got 'tia', which is a circuit: write model = 'tia'"),
        (
            "sense",
            {"params": {"a": 1}},
            "params = .* has no effect: it describes a circuit, and kind = 'virtual_ground'",
        ),
        ("sense", {"supply": 1.8}, "supply = 1.8 has no effect"),
        ("sense", {"i_max": "1m"}, "i_max = 0.001 has no effect"),
        ("driver", {"subckt": "x"}, "subckt = 'x' has no effect"),
        ("sense", {"model": "tia", "r_in": 3}, "r_in = 3.0 has no effect: it describes an ideal part, and model names"),
        ("driver", {"model": "string", "r_out": 50}, "r_out = 50.0 has no effect"),
        ("sense", {"model": "tia", "supply": 0}, "sense.supply = 0: expected a value greater than 0"),
        ("sense", {"model": "tia", "load": -1}, "sense.load = -1: expected a value greater than 0"),
        ("sense", {"model": "tia", "ports": {"in": "a"}}, "ports has no effect: a model or folder states its own"),
        ("sense", {"model": "tia", "subckt": "x"}, "subckt goes with file"),
        ("adc", {"model": "sar", "folder": "x"}, "model and folder are given: expected one of"),
        ("sense", {"file": "a.lib"}, "file is given but subckt is not"),
        ("sense", FILE, "ports is missing: file needs the roles of its terminals"),
        ("sense", {**FILE, "ports": {"in": 3}}, "sense.ports: in = 3: expected the name of a terminal"),
        ("sense", {**FILE, "ports": {"in": "a b"}}, "in = 'a b': expected the name of a terminal, without blanks"),
        ("sense", {**FILE, "ports": {"phases": "r"}}, "phases = 'r': expected a table of names"),
        ("sense", {**FILE, "ports": ["in", "out"]}, r"sense.ports = \['in', 'out'\]: expected a table"),
        ("sense", {"modle": "tia"}, "unknown key sense.modle: did you mean 'model'"),
        ("access", {"ports": {"d": "a"}}, "has no effect"),
        (
            "device",
            {"model": None, **FILE, "ports": {"te": "a"}},
            r"device.ports = \['te'\]: expected each of te be once",
        ),
        (
            "device",
            {"model": None, **FILE, "ports": {"te": "a", "top": "b"}},
            "device.ports: role 'top': expected one of",
        ),
        ("device", {"model": None, **FILE, "ports": 5}, "device.ports = 5: expected a list"),
        ("device", {"model": None, **FILE, "ports": ["te", "top"]}, "device.ports.1 = 'top': expected 'te', 'be'"),
    ],
)
def test_refusals_name_the_key_and_what_to_do(section, keys, sentence):
    base = {"cell": "1t1r"} if section == "access" else {}
    more = {"access": {"model": "nmos_130", "w": 1e-6, "l": 1e-7, "v_gate": 1.8, **keys}} if base else {}
    with pytest.raises(SpecError, match=sentence) as refused:
        if base:
            cs.parse_spec({**BASE, "array": {**BASE["array"], **base}, **more})
        else:
            spec_of(section, **keys)
    assert "\n" not in str(refused.value)


def test_the_abilities_name_the_key_that_the_user_wrote():
    spec = spec_of("driver", folder="mine")
    only = Only((None,), "an array ends at its drivers")
    assert unable(spec, {"bl": {"driver.block": only}}) == ("driver.folder", "mine", only)


def test_the_schema_describes_the_new_keys():
    sense = json_schema()["$defs"]["SenseSpec"]["properties"]
    assert {"model", "file", "ports", "params", "supply", "load", "timing"} <= set(sense)
    assert all("description" in sense[key] for key in sense)
