"""`circuitsim preset`: chips are listed, shown and written, for people and for machines."""

import json

import pytest
from command_line import circuitsim

from circuitsim.presets import preset_names, preset_spec
from circuitsim.spec import load_spec


def test_list_and_show():
    listed = json.loads(circuitsim("preset", "list", "--json").stdout)
    assert [row["name"] for row in listed] == list(preset_names())
    assert {"array", "device", "dac", "adc", "source"} <= set(listed[0])
    said = circuitsim("preset", "list").stdout
    assert "none: digital" in said and "20.7 µS at most" in said
    shown = json.loads(circuitsim("preset", "show", "neurram", "--json").stdout)
    assert shown["keys"]["driver.v_read"] == {
        "kind": "source",
        "reference": 2,
        "note": "V_read of the input pulses",
        "value": 0.5,
    }
    assert "unknown: 0 leaves the wires out" in circuitsim("preset", "show", "hermes").stdout


@pytest.mark.parametrize("command", [("new",), ("preset", "write", "hermes")])
def test_a_file_that_was_edited_is_never_replaced(command, tmp_path):
    assert circuitsim(*command, "-o", "a.toml", folder=tmp_path).returncode == 0
    assert circuitsim(*command, "-o", "a.toml", folder=tmp_path).returncode == 0  # the same content
    edited = (tmp_path / "a.toml").read_text() + "# mine\n"
    (tmp_path / "a.toml").write_text(edited)
    refused = circuitsim(*command, "-o", "a.toml", folder=tmp_path)
    assert refused.returncode == 2 and "a.toml: exists with other content and is not replaced" in refused.stderr
    assert (tmp_path / "a.toml").read_text() == edited and not list(tmp_path.glob("*.older"))


def test_write(tmp_path):
    written = circuitsim("preset", "write", "sonos_40nm", "-o", "array.toml", folder=tmp_path)
    assert written.returncode == 0, written.stderr
    assert load_spec(tmp_path / "array.toml") == preset_spec("sonos_40nm")
    refused = circuitsim("preset", "write", "northpole", "-o", "other.toml", folder=tmp_path)
    assert refused.returncode == 2 and not (tmp_path / "other.toml").exists()
    assert refused.stderr.startswith("circuitsim: preset = 'northpole': a digital machine has no array")
