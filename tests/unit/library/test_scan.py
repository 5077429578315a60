"""Included files are code: what ngspice would execute is found and refused before a run, however deep it lies."""

import pytest

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
    with pytest.raises(InputError, match="cannot be read"):
        scan_file(tmp_path / "none.lib")


def test_files_that_include_each_other_are_read_once(tmp_path):
    write(tmp_path, "b.lib", ".include a.lib\n")
    path = write(tmp_path, "a.lib", ".include b.lib\n")
    assert len(scan_file(path).files) == 2


def test_section_of_a_library_is_no_include(tmp_path):
    path = write(tmp_path, "pdk.lib", ".lib tt $ corner of typical devices\n.param x=1\n.endl tt\n.library\n")
    assert scan_file(path).files == (path,)


def test_digest_follows_the_content_of_included_files_and_not_their_place(tmp_path):
    digests = []
    for folder, content in (("one", HARMLESS), ("two", HARMLESS), ("three", HARMLESS + "* changed\n")):
        write(tmp_path, f"{folder}/cell.lib", content)
        digests.append(scan_file(write(tmp_path, f"{folder}/user.lib", ".include cell.lib\n")).digest)
    assert digests[0] == digests[1]
    assert digests[0] != digests[2]
