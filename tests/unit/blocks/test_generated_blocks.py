"""Blocks of any resolution: the shipped files are what the generators write, and other resolutions load."""

import tomllib

import pytest
import tomli_w

from circuitsim.blocks import GENERATED, load_block_folder, write_block
from circuitsim.blocks.generated.folder import block_files
from circuitsim.errors import InputError
from circuitsim.resources import netlists_folder


@pytest.mark.parametrize("model", GENERATED)
def test_the_shipped_files_are_what_the_generator_writes(model):
    folder = netlists_folder() / GENERATED[model] / model
    lib, card = block_files(model, model, 8, "../..")
    assert (folder / "block.lib").read_text(encoding="utf-8") == lib
    assert tomllib.loads((folder / "block.toml").read_text(encoding="utf-8")) == tomllib.loads(tomli_w.dumps(card))


@pytest.mark.parametrize("model", GENERATED)
def test_another_resolution_is_a_block_folder(model, tmp_path):
    block = write_block(model, tmp_path / "own_3", bits=3)
    assert block == load_block_folder(tmp_path / "own_3") and block.name == "own_3"
    assert block.bits == (0 if model == "flash" else 3)


def test_a_capacitor_array_has_its_bits_in_binary_weights(tmp_path):
    write_block("sar", tmp_path / "s4", bits=4)
    text = (tmp_path / "s4" / "block.lib").read_text(encoding="utf-8")
    weights = ["{8*cu*(1+e3)}", "{4*cu*(1+e2)}", "{2*cu*(1+e1)}", "{cu*(1+e0)}", "{cu*(1+ed)}"]
    assert [line.split()[-1] for line in text.splitlines() if line.startswith("c") and " top p" in line] == weights


@pytest.mark.parametrize(
    ("model", "name", "bits", "sentence"),
    [
        ("sar", "s", 1, "bits = 1: expected 2 to 10 for a sar"),
        ("string_dac", "s", 11, "bits = 11: expected 1 to 10 for a string_dac"),
        ("ramp", "s", 4, "model = 'ramp': expected one of sar, "),
        ("sar", "a b", 4, "folder = 'a b': expected a name of letters, digits and _"),
        ("sar", "taken", 4, "taken cannot be written: File exists"),
    ],
)
def test_what_cannot_be_written_is_refused(model, name, bits, sentence, tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(InputError, match=sentence):
        write_block(model, tmp_path / name, bits=bits)
