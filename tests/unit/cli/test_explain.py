"""`circuitsim explain` and `circuitsim new`: keys as they are documented, and files that read as they were written."""

import json
import re

import pytest
from array_toml import ARRAY
from command_line import circuitsim

import circuitsim as cs
from circuitsim.cli.commands import app
from circuitsim.cli.known_keys import documented_keys, find_keys
from circuitsim.cli.new import STARTS, starting_spec
from circuitsim.errors import InputError


def explained(*words, folder):
    done = circuitsim("explain", *words, folder=folder)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "array.toml").write_text(ARRAY.replace("c_row = 0", 'c_row = "0.2f"') + '[adc]\nfull_scale = "1u"\n')
    return tmp_path


def test_a_key_with_its_value_and_a_warning(folder):
    done = explained("wire.c_row", "array.toml", folder=folder)
    assert done.stdout.startswith("wire.c_row: Row wire to ground, per segment [F]")
    rows = dict(line.split(maxsplit=1) for line in done.stdout.splitlines()[1:])
    assert (rows["unit"], rows["default"], rows["value"]) == ("F", "0.0", "2e-16")
    assert done.stderr.startswith("circuitsim: warning: wire.c_row = 2e-16 has no effect on a read at rest")


def test_levels_and_limits_come_from_the_tables(folder):
    text = explained("technique.skip_zero_rows", folder=folder).stdout
    assert "at ngspice, nodal to reads (circuitsim solve, calibrate)" in text
    assert "level 'behavioral' takes False alone: which rows load a column depends on the input" in text


def test_machines_get_the_same(folder):
    (content,) = json.loads(explained("wire.r_row", "array.toml", "--json", folder=folder).stdout)
    assert (content["unit"], content["required"], content["value"], content["warnings"]) == ("ohm", True, "1.0", [])
    assert content["matters_to"][0]["levels"] == ["ngspice", "nodal", "behavioral"]


def test_a_file_and_its_settings_without_effect(folder):
    first, second = explained("--file", "array.toml", folder=folder).stdout.splitlines()
    assert first == "adc.full_scale = 1e-06 has no effect: without adc.bits there is no converter"
    assert second.startswith("wire.c_row = 2e-16 has no effect on a read at rest")
    (folder / "array.toml").write_text(ARRAY)
    assert "every setting has an effect" in explained("--file", "array.toml", folder=folder).stdout


def test_sections_last_parts_tables_cards_and_outputs(folder):
    assert explained(folder=folder).stdout.splitlines()[0].startswith("array ")
    assert "  wire.strap_row.r_via" in explained("wire", folder=folder).stdout
    assert explained("t_rise", folder=folder).stdout.startswith("driver.t_rise: ")
    assert explained("axes.wire.n", folder=folder).stdout.startswith("axes.NAME.n (of a campaign): ")
    assert "unit      V" in explained("rram_sinh.v0", folder=folder).stdout
    assert explained("power", folder=folder).stdout.startswith("power (batch) [W]: ")
    assert explained("i_row_12", folder=folder).stdout.startswith("i_row (batch, row) [A]: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("wire.r_rwo",), "no such key; the nearest are wire.r_row"),
        (("zzzzz",), "no such key; circuitsim explain lists the sections"),
        (("rram_sinh.zz",), "rram_sinh states no parameter zz; expected one of"),
        (("replicates", "array.toml"), "it is a key of a campaign; expected one of a specification"),
        (("wire.r_row", "--file", "array.toml"), "--file lists all settings without effect: expected no KEY"),
        (("access.params.w", "array.toml"), "array.toml has no section [access]"),
    ],
)
def test_what_is_no_key_is_one_sentence(words, said, folder):
    done = circuitsim("explain", *words, folder=folder)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert said in done.stderr


def test_every_key_is_found_by_its_name():
    keys = [each for each in documented_keys() if "[]" not in each.doc.key]
    assert len(keys) > 300
    for each in keys:
        name = each.doc.key.replace("NAME", "mine")
        try:
            found = find_keys(name)
        except InputError as error:
            raise AssertionError(name) from error
        assert each.doc.key in [one.doc.key for one in found] or each.file != found[0].file


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("r_row = 1", "r_rwo = 1", "wire.r_row"),
        ("r_row = 1", "r_row = -1", "wire.r_row"),
        ("v_read = 0.2", "voltage = 0.2", "driver"),
        ('"1u"', '"1M"', "device.g_min"),
    ],
)
def test_an_error_of_a_key_names_the_command_that_explains_it(old, new, key, folder):
    (folder / "array.toml").write_text(ARRAY.replace(old, new))
    said = circuitsim("netlist", "array.toml", folder=folder).stderr
    assert said.endswith(f"; circuitsim explain {key} says what it takes\n") and len(said.splitlines()) == 1


@pytest.mark.parametrize("cell", STARTS)
def test_a_new_file_reads_as_it_was_written(cell, tmp_path):
    done = circuitsim("new", "-o", "a.toml", "--cell", cell, folder=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    spec, text = cs.load_spec(tmp_path / "a.toml"), (tmp_path / "a.toml").read_text()
    assert spec == starting_spec(cell) and spec.digest == starting_spec(cell).digest
    levels = cs.solve(
        spec.replace(array={"rows": 2, "cols": 2}), [[spec.device.g_max] * 2] * 2, [[0.1, 0.0]], "ngspice"
    )
    assert (levels.out[0] != 0).all()
    offered = [line[2:] for line in text.splitlines() if line.startswith("# ") and " = " in line.split("#")[1]]
    assert len(offered) > 25


@pytest.mark.parametrize("cell", ["1t1r", "1r"])
def test_every_key_behind_a_comment_can_be_set(cell, tmp_path):
    circuitsim("new", "-o", "a.toml", "--cell", cell, folder=tmp_path)
    lines = (tmp_path / "a.toml").read_text().splitlines()
    spec, changed = cs.load_spec(tmp_path / "a.toml"), 0
    for k, line in enumerate(lines):
        if line.startswith("# ") and " = " in line[:32]:
            (tmp_path / "b.toml").write_text("\n".join([*lines[:k], line[2:], *lines[k + 1 :]]))
            changed += cs.load_spec(tmp_path / "b.toml") != spec
    assert 5 <= changed <= 12  # keys without a default have an example; the others show their default


@pytest.mark.parametrize(
    ("line", "word", "offered"),
    [("circuitsim ex", 1, ["explain", "explore", "export"]), ("circuitsim explain wire.r_", 2, ["wire.r_row"])],
)
def test_the_shell_completes_commands_and_keys(line, word, offered, monkeypatch, capsys):
    monkeypatch.setenv("_CIRCUITSIM_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(word))
    with pytest.raises(SystemExit):
        app(prog_name="circuitsim", standalone_mode=False)
    assert set(offered) <= set(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("power", "KEY = 'power': it is an output of a read, and no key of array.toml; expected no SPEC"),
        ("device.params.v9", "rram_ohmic states no parameter v9; expected another card, because it has none"),
    ],
)
def test_what_is_no_key_of_a_file_is_refused_with_what_it_is(folder, key, said):
    text = (folder / "array.toml").read_text()
    (folder / "array.toml").write_text(re.sub(r"model = \"rram\w*\".*", 'model = "rram_ohmic"', text))
    done = circuitsim("explain", key, "array.toml", folder=folder)
    assert done.returncode != 0 and said in done.stderr
