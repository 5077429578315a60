"""What is wrong with a TOML file is said by line, in words of ours."""

import pytest

from circuitsim.errors import InputError
from circuitsim.spec.toml_file import read_toml


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[wire]\nr_row = 2\nr_row = 3\n", "line 3 (r_row = 3): r_row is given a second time; remove one of the two"),
        ("[wire]\nr_row = 2\nr_row = 3", "line 3 (r_row = 3): r_row is given a second time; remove one of the two"),
        ("[a]\nx = 1\n[a]\ny = 2\n", "line 3 ([a]): [a] is given a second time; write the keys of a section together"),
        ("[a]\nb = 1\n[a.b]\nc = 1\n", "line 3 ([a.b]): [a.b] is given a second time; remove one of the two"),
        ("p = {v0 = 1, v0 = 2}\n", "line 1 (p = {v0 = 1, v0 = 2}): a key is given a second time in p; remove"),
        ("r_row = 2u\n", "line 1 (r_row = 2u): expected the end of the line; a number with a suffix is a text in quo"),
        ("nodes = True\n", "line 1 (nodes = True): expected a value behind =: a number, a text in quotes, true, false"),
        ("r_row\n", "line 1 (r_row): expected [SECTION] or KEY = VALUE"),
        ("= 2\n", "line 1 (= 2): expected [SECTION] or KEY = VALUE"),
        ("[array\n", "line 1 ([array): a heading has no ]"),
        ('m = "x\n', 'line 1 (m = "x): a text is not closed by a quote in its line'),
        ('f = "C:\\users\\x"\n', "a backslash begins a special sign in double quotes; write a path with /"),
        ('f = "C:\\pdk\\x"\n', "a backslash begins a special sign in double quotes; write a path with /"),
        ("r = [1, 2\nc = 3\n", "line 2 (c = 3): a list has no ]"),
        ("r = [1, 2", "line 1 (r = [1, 2): a list has no ]"),
    ],
)
def test_a_fault_is_said_with_its_line(tmp_path, text, said):
    path = tmp_path / "array.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_toml(path, "a specification")
    message = str(caught.value)
    assert message.startswith(f"{path}: not valid TOML: line ") and said in message, message
    assert "Cannot" not in message and "column" not in message


@pytest.mark.parametrize("text", [f"a = {'9' * 5000}\n", f"a = {'[' * 3000}{']' * 3000}\n"])
def test_a_value_that_no_one_needs_is_refused(tmp_path, text):
    path = tmp_path / "array.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="a number is too long or lists are nested too deeply"):
        read_toml(path, "a specification")


def test_what_is_no_readable_file_is_said(tmp_path):
    with pytest.raises(InputError, match="no such file, expected a specification"):
        read_toml(tmp_path / "none.toml", "a specification")
    with pytest.raises(InputError, match=r"cannot be read \(Is a directory\), expected a specification"):
        read_toml(tmp_path, "a specification")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"cannot be read \(not text in UTF-8\)"):
        read_toml(tmp_path / "binary.toml", "a specification")
