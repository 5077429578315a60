"""Included files are code: what ngspice would execute is found and refused before a run, however deep it lies."""

import pytest
from circuitsim.library.safety import scan_text

from circuitsim.errors import InputError, UnsafeFileError
from circuitsim.library import scan_file

HARMLESS = "* a library: shell, `x` and .control in a comment are text\n.subckt cell a b\nr1 a b 1k ; as drawn\n.ends\n"


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "line",
    [
        ".control",
        "  .Control",
        ".CONTROL ; run",
        ".endc",
        "*# shell touch /tmp/x",
        "shell touch /tmp/x",
        "\tSystem rm x",
        ".system ls",
        ".print dc `date`",
        ".param x = `date`",
        '.model m d_process(process_file="/bin/sh")',
        '+ D_COSIM simulation="x.so"',
        ".osdi evil.osdi",
        ".codemodel evil.cm",
        ".include $HOME/evil.lib",
        ".csparam x=1",
        '.include "evil.lib;harmless.lib"',
        "+ .print `date`",
    ],
)
def test_commands_are_refused_with_file_and_line(tmp_path, line):
    path = write(tmp_path, "user.lib", f"* title\nr1 a b 1k\n{line}\n.ends\n")
    with pytest.raises(UnsafeFileError, match=r"user\.lib, line 3") as caught:
        scan_file(path)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "include",
    [
        ".include 'deep/evil file.lib'",
        '.INC "deep/evil file.lib"',
        '.include "deep/evil file.lib" ; comment',
        ".lib 'deep/evil file.lib' tt",
        ".inclxyz 'deep/evil file.lib'",
        ".library 'deep/evil file.lib' tt",
        "  .lib \"deep/evil file.lib\" 'tt'",
    ],
)
def test_included_files_are_read_however_they_are_included(tmp_path, include):
    write(tmp_path, "deep/evil file.lib", ".lib tt\n.control\nshell date\n.endc\n.endl\n")
    path = write(tmp_path, "user.lib", f"* title\n{include}\n")
    with pytest.raises(UnsafeFileError, match=r"evil file\.lib, line 2"):
        scan_file(path)


@pytest.mark.parametrize("comment", [";x", "//x", " ; x", " $ x", "\t// x"])
def test_a_comment_cannot_hide_which_file_is_read(tmp_path, comment):
    """ngspice 39 cuts `evil.lib;x` to `evil.lib`, also when a harmless file of the longer name lies beside it."""
    write(tmp_path, "evil.lib", "* title\n.control\n")
    write(tmp_path, "evil.lib;x", "* harmless\n")
    path = write(tmp_path, "user.lib", f".include evil.lib{comment}\n")
    with pytest.raises(UnsafeFileError, match=r"evil\.lib, line 2"):
        scan_file(path)


def test_both_places_in_which_ngspice_may_look_are_read(tmp_path):
    write(tmp_path, "pdk/part.lib", "* harmless\n")
    write(tmp_path, "pdk/top.lib", ".include part.lib\n")
    write(tmp_path, "part.lib", ".control\n")
    path = write(tmp_path, "user.lib", ".include pdk/top.lib\n")
    with pytest.raises(UnsafeFileError, match=r"part\.lib, line 1"):
        scan_file(path)


def test_an_include_without_a_name_is_refused(tmp_path):
    with pytest.raises(InputError, match="names no file"):
        scan_file(write(tmp_path, "user.lib", ".include ; nothing\n"))


def test_relative_paths_start_beside_the_including_file(tmp_path):
    write(tmp_path, "pdk/models/deep.lib", HARMLESS)
    write(tmp_path, "pdk/top.lib", ".lib tt\n.include models/deep.lib\n.endl tt\n")
    path = write(tmp_path, "user.lib", ".lib pdk/top.lib tt\n")
    scan = scan_file(path)
    assert [file.name for file in scan.files] == ["user.lib", "top.lib", "deep.lib"]


def test_a_missing_include_is_named_with_its_place(tmp_path):
    path = write(tmp_path, "user.lib", "* title\n.include nothere.lib\n")
    with pytest.raises(InputError, match=r"user\.lib, line 2: includes 'nothere\.lib', which does not exist"):
        scan_file(path)


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"none\.lib: no such file"):
        scan_file(tmp_path / "none.lib")


def test_files_that_include_each_other_are_read_once(tmp_path):
    write(tmp_path, "b.lib", ".include a.lib\n")
    path = write(tmp_path, "a.lib", ".include b.lib\n")
    assert len(scan_file(path).files) == 2


def test_section_of_a_library_is_no_include(tmp_path):
    path = write(tmp_path, "pdk.lib", ".lib tt $ corner of typical devices\n.param x=1\n.endl tt\n.library\n")
    assert scan_file(path).files == (path,)


def libraries(folder, *, cell=HARMLESS, name="cell.lib"):
    """A deck and its two libraries, one of which includes the other, under a folder of their own."""
    write(folder, f"pdk/{name}", cell)
    top = write(folder, "pdk/top.lib", f'.lib tt\n.include "{name}"\n.endl\n')
    return top, f'* deck\n.lib "{top}" tt\nx1 a 0 cell\n.end\n'


def test_the_same_deck_and_libraries_in_two_folders_have_one_digest(tmp_path):
    top, deck = libraries(tmp_path / "here")
    other, other_deck = libraries(tmp_path / "a longer path" / "there", name="renamed.lib")
    assert scan_file(top).digest == scan_file(other).digest
    assert scan_text(deck, tmp_path).digest == scan_text(other_deck, tmp_path / "run").digest


@pytest.mark.parametrize("change", [("1k", "2k"), ("as drawn", "as drawm"), (".ends\n", ".ends\n\n")])
def test_one_changed_letter_in_an_included_file_changes_the_digest(tmp_path, change):
    top, deck = libraries(tmp_path / "here")
    other, other_deck = libraries(tmp_path / "there", cell=HARMLESS.replace(*change))
    assert scan_file(top).digest != scan_file(other).digest
    assert scan_text(deck, tmp_path).digest != scan_text(other_deck, tmp_path).digest


def test_the_section_that_is_read_changes_the_digest(tmp_path):
    _, deck = libraries(tmp_path)
    assert scan_text(deck, tmp_path).digest != scan_text(deck.replace('" tt', '" ss'), tmp_path).digest


def test_files_that_include_each_other_have_one_digest_wherever_they_lie(tmp_path):
    digests = []
    for folder in ("one", "two"):
        write(tmp_path, f"{folder}/b.lib", ".include a.lib\n")
        digests.append(scan_file(write(tmp_path, f"{folder}/a.lib", ".include b.lib\n")).digest)
    assert digests[0] == digests[1]
