"""What a user's files and keys may do to a deck: nothing but what they say."""

import numpy as np
import pytest
from array_toml import ARRAY
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim.errors import InputError, SpecError
from circuitsim.library import LeftOutWarning
from circuitsim.spec import load_spec, parse_spec

RESISTOR = "* part\n.subckt part te be g=1u\ng1 te be te be {g}\n.ends\n"


def spec(file, **device):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": 2, "cols": 2, "cell": "1r"},
            "device": {"file": file, "subckt": "part", "g_min": 1e-6, "g_max": 1e-3, **device},
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": 0.2},
        }
    )


def write(folder, text, name="part.lib"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


G, X = np.full((2, 2), 1e-4), [[0.1, 0.2]]


def test_folder_with_blanks_and_accents(tmp_path):
    file = write(tmp_path / "données de l’équipe, série n° 1", RESISTOR)
    assert_allclose(cs.solve(spec(file), G, X, level="ngspice").out, [[3e-5, 3e-5]], rtol=1e-9, atol=0)


@pytest.mark.parametrize("line", [".control\nshell touch {}\n.endc", "  .CONTROL\nshell touch {}", "shell touch {}"])
@pytest.mark.parametrize("depth", [0, 1])
def test_commands_in_a_library_are_left_out_and_told(tmp_path, line, depth):
    trap = tmp_path / "executed"
    bench = "\n\n\n\n" + line.format(trap) + "\n"
    file = write(tmp_path / "a", RESISTOR + ('.include "bench.lib"\n' if depth else bench))
    write(tmp_path / "a", bench, "bench.lib")
    with pytest.warns(LeftOutWarning, match="(bench|part).lib: not used: line [59] "):
        out = cs.solve(spec(file), G, X, level="ngspice").out
    assert_allclose(out, [[3e-5, 3e-5]], rtol=1e-9, atol=0)
    assert not trap.exists()


def test_a_command_in_a_comment_is_no_command(tmp_path):
    trap = tmp_path / "executed"
    file = write(tmp_path / "a", f"*ng_script\n*#shell touch {trap}\n" + RESISTOR)
    assert_allclose(cs.solve(spec(file), G, X, level="ngspice").out, [[3e-5, 3e-5]], rtol=1e-9, atol=0)
    assert not trap.exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("subckt", "part\n.control"),
        ("subckt", "part; shell"),
        ("subckt", "a part"),
        ("corner", "tt\n.include x"),
        ("state", "g=1 te"),
        ("params", {"a b": 1.0}),
        ("params", {"a\n.end": 1.0}),
    ],
)
def test_names_that_are_more_than_names_are_refused(tmp_path, key, value):
    with pytest.raises(SpecError, match=rf"(?s)device.{key}.*expected a name of letters, digits and _"):
        spec(write(tmp_path / "a", RESISTOR), **{key: value})


def test_sub_circuit_with_other_terminals_is_refused(tmp_path):
    file = write(tmp_path / "a", RESISTOR.replace("te be g=1u", "te be bulk g=1u"))
    with pytest.raises(InputError, match=r"part.lib:2: .subckt part has 3 terminals \(te be bulk\), expected 2: te be"):
        cs.solve(spec(file), G, X, level="ngspice")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("rows = 2", "rows = 0", r"array.rows = 0"),
        ("c_row = 0", 'c_row = "-1f"', r"wire.c_row = '-1f': .*greater than or equal to 0"),
        ("r_row = 1", 'r_row = "1M"', r"wire.r_row: got '1M': SPICE reads M as milli"),
        ('cell = "1r"', 'cell = "3r"', r"array.cell = '3r'"),
    ],
)
def test_impossible_values_are_named(tmp_path, old, new, sentence):
    assert old in ARRAY
    (tmp_path / "array.toml").write_text(ARRAY.replace(old, new))
    with pytest.raises(SpecError, match=sentence):
        load_spec(tmp_path / "array.toml")
