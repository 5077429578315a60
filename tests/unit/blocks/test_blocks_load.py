"""Shipped blocks and their cards; what is refused in a folder, by file and key, port or line."""

import random
import shutil

import pytest
import tomli_w

from circuitsim import blocks
from circuitsim.errors import CircuitsimError, InputError
from circuitsim.library import HEADER_KEYS, read_header
from circuitsim.resources import netlists_folder
from circuitsim.spec.toml_file import read_toml

SHIPPED = [(kind, name) for kind in blocks.FOLDERS for name in blocks.list_blocks(kind)]


@pytest.mark.parametrize(("kind", "name"), SHIPPED)
def test_shipped_blocks_load_and_say_what_they_leave_out(kind, name):
    block = blocks.load_block(kind, name)
    assert (block.name, block.kind, block.subckt) == (name, kind, name)
    assert len(block.roles) == len(block.terminals) and block.not_modelled and "own work" in block.source
    line = block.call("x1", {role: f"n_{role}" for role in block.roles}).split()
    assert line[1 : 1 + len(block.roles)] == [f"n_{role}" for role in block.roles]
    assert line[1 + len(block.roles)] == name and len(line) == 2 + len(block.roles) + len(block.parameters)


def test_the_sense_amplifiers_of_the_readme_are_there():
    assert set(blocks.list_blocks("sense")) >= {
        *("virtual_ground", "tia", "sc_integrator", "regulated_cascode", "regulated_cascode_65", "regulated_cascode_p")
    }


def test_every_spice_file_of_blocks_says_where_it_comes_from():
    files = [path for folder in blocks.FOLDERS.values() for path in (netlists_folder() / folder).rglob("*.lib")]
    assert len(files) > len(SHIPPED)
    for file in files:
        assert set(read_header(file)) >= set(HEADER_KEYS)


@pytest.fixture
def folder(tmp_path):
    """A copy of the integrator beside its op-amp, as a user would begin a block of his own."""
    sense = netlists_folder() / "sense"
    shutil.copytree(sense / "sc_integrator", tmp_path / "sc_integrator")
    shutil.copy(sense / "opamp_1p.lib", tmp_path)
    return tmp_path / "sc_integrator"


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("block.toml", 'kind = "sense"', 'kind = "amplifier"', "kind = 'amplifier': expected 'driver', 'sense' or"),
        ("block.toml", 'in = "in", ', "", "ports: no terminal has the role 'in', which a sense amplifier needs"),
        (
            "block.toml",
            'ref = "vref"',
            'ref = "vcm"',
            "ports.ref = 'vcm': .*has no such terminal; there is in out vref",
        ),
        ("block.toml", ', ref = "vref"', "", "'vref' of .* has no role"),
        ("block.toml", 'ref = "vref"', 'bias = "vref"', "ports.bias: expected one of in, out, ref"),
        (
            "block.toml",
            'output = "voltage"',
            'output = "bits"',
            "output = 'bits': a sense amplifier puts out a 'voltage'",
        ),
        (
            "block.toml",
            'reset = "rst"',
            'clear = "rst"',
            r"ports.phases names clear, integrate and \[phases\] describes",
        ),
        (
            "block.toml",
            'width = "t_reset"',
            'width = "t_rst"',
            "there is no duration 't_rst' in .timing.; there is t_r",
        ),
        ("block.toml", 'width = "t_reset"', 'width = "t_reset / 2"', "expected a sum or product of durations"),
        ("block.toml", 'width = "t_reset"', 'width = "__import__(1)"', "expected a sum or product of durations"),
        ("block.toml", 'ready = "t', 'ready_at = "t', "unknown key ready_at: did you mean 'ready'"),
        (
            "block.toml",
            "ron = { value = 100.0",
            "ron = { value = 50.0",
            "ron = 100, expected the value of parameters.ron, 50",
        ),
        ("block.toml", "ci = {", "cx = {", r"\[parameters.ci\] is missing"),
        ("block.toml", "nominal = 27", "nominal = 200", "temperature: nominal = 200: expected a value between"),
        ("block.toml", "schema = 1", "schema = 2", "schema = 2: expected 1"),
        ("block.toml", "[timing]", "[timing", "not valid TOML: line"),
        (
            "block.lib",
            "* ports:   in out vref rst int",
            "* ports:   in out vref",
            "has the terminals in out vref rst int",
        ),
        ("block.lib", "* licence:", "* licens:", "header line '. licence: …' is missing"),
        ("block.lib", ".subckt sc_integrator", ".subckt integrator", "no sub-circuit 'sc_integrator'; there is"),
        ("block.lib", "* name:    sc_integrator", "* name:    other", "header name = 'other', expected the folder's"),
    ],
)
def test_a_bad_folder_is_refused_by_file_and_key_or_port(folder, file, old, new, sentence):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=sentence):
        blocks.load_block_folder(folder)


def test_a_supply_without_a_terminal_for_it_is_refused(folder):
    path = folder / "block.toml"
    more = "\n[supply]\nnominal = 1.8\nminimum = 1\nmaximum = 2\nsource = 'x'\n"
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    with pytest.raises(InputError, match=r"ports.vdd and \[supply\] belong together"):
        blocks.load_block_folder(folder)


def test_an_unknown_block_is_refused_with_those_that_there_are():
    with pytest.raises(InputError, match="sense model = 'tiaa': no such block, expected one of regulated_cascode"):
        blocks.load_block("sense", "tiaa")


def test_times_of_phases_are_sums_and_products_of_durations():
    times = {"t_a": 2.0, "t_b": 3.0}
    assert blocks.phase_time("t_a + (n - 1 - k) * t_b", times, k=2, n=8) == 17.0
    with pytest.raises(InputError, match="expected a time >= 0"):
        blocks.phase_time("t_a - t_b", times)


def test_random_damage_to_a_card_is_one_sentence(folder):
    """A hundred cards with keys removed, moved or of another type: each loads, or is refused in one sentence."""
    rng, good = random.Random(0), read_toml(folder / "block.toml", "a card")
    values = [0, -1, 1e400, float("nan"), "", "x" * 500, "a\n.control", True, [], {}, [1], {"a": 1}, None]
    refused = 0
    for _ in range(100):
        card = {key: dict(item) if isinstance(item, dict) else item for key, item in good.items()}
        for _ in range(rng.randrange(1, 3)):
            place = card
            key = rng.choice(list(place))
            if isinstance(place[key], dict) and place[key] and rng.random() < 0.7:
                place, key = place[key], rng.choice(list(place[key]))
            value = rng.choice(values)
            if value is None:
                place.pop(key)
            else:
                place[key] = value
        (folder / "block.toml").write_text(tomli_w.dumps(card), encoding="utf-8")
        try:
            blocks.load_block_folder(folder)
        except CircuitsimError as error:
            refused += 1
            assert "\n" not in str(error) and "Input should" not in str(error) and len(str(error)) < 2000
    assert refused > 60
