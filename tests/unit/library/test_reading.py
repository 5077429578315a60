"""A SPICE file is read once while it does not change, and its include lines are read as ngspice reads them."""

import time
from pathlib import Path

import pytest

from circuitsim.errors import InputError, UnsafeFileError
from circuitsim.library import scan_file
from circuitsim.library.reading import JUST_WRITTEN_NS, Include, parse_include, read_text
from circuitsim.library.source import deck_scale, find_subckt


@pytest.fixture
def reads(monkeypatch):
    """Names of the files that are read, in their order."""
    names = []
    read_bytes = Path.read_bytes

    def counted(path):
        names.append(path.name)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", counted)
    return names


def settle():
    """Wait until a file that was just written counts as unchanged."""
    time.sleep(1.2e-9 * JUST_WRITTEN_NS)


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_scan_header_and_sub_circuits_read_a_file_once(tmp_path, reads):
    write(tmp_path, "core.lib", ".subckt nfet d g s b w=1\n.ends\n.option scale=1e-6\n")
    top = write(tmp_path, "top.lib", ".lib tt\n.include core.lib\n.endl\n")
    settle()
    for _ in range(2):
        scan_file(top)
        assert find_subckt(top, "nfet", "tt").terminals == ("d", "g", "s", "b")
        assert deck_scale(top, "tt") == 1e-6
    assert sorted(reads) == ["core.lib", "top.lib"]


def test_a_changed_file_is_read_again_however_deep_it_lies(tmp_path):
    deep = write(tmp_path, "core.lib", ".option scale=1e-6\n")
    top = write(tmp_path, "top.lib", ".include core.lib\n")
    settle()
    assert deck_scale(top) == 1e-6
    before = scan_file(top).digest
    deep.write_text(".option scale=1e-9\n", encoding="utf-8")  # as long as before
    assert deck_scale(top) == 1e-9
    assert scan_file(top).digest != before
    settle()
    assert deck_scale(top) == 1e-9


def test_bytes_that_are_not_utf8_are_kept(tmp_path):
    path = tmp_path / "old.lib"
    path.write_bytes(b"* mesur\xe9\n.subckt cell a b x=1\n.ends\n")
    assert read_text(path).encode("utf-8", errors="surrogateescape") == path.read_bytes()
    assert find_subckt(path, "cell").line == 2


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match=r"cannot be read \(Is a directory\)"):
        read_text(tmp_path)


@pytest.mark.parametrize(
    ("line", "name", "section", "opens_section"),
    [
        (".include core.lib", "core.lib", None, False),
        ("  .INC 'deep/a b.lib' ; comment", "deep/a b.lib", None, False),
        ('.lib "core.lib" TT', "core.lib", "TT", False),
        (".library core.lib tt $ comment", "core.lib", "tt", False),
        (".include core.lib tt", "core.lib", None, False),
        (".lib tt", "tt", None, True),
        (".lib tt $ typical", "tt", None, True),
    ],
)
def test_include_lines_are_read_as_ngspice_reads_them(line, name, section, opens_section):
    include = parse_include(line, "x.lib, line 1")
    assert isinstance(include, Include)
    assert (include.name, include.section, include.opens_section) == (name, section, opens_section)
    assert line[include.start : include.end].strip("'\"") == name


@pytest.mark.parametrize("line", ["r1 a b 1k", "* .include x", ".lib", ".library ; nothing", ".ends"])
def test_other_lines_include_nothing(line):
    assert parse_include(line, "x.lib, line 1") is None


@pytest.mark.parametrize(
    ("line", "error", "match"),
    [
        (".include", InputError, r"x\.lib, line 1: '\.include' names no file to include"),
        (".include $HOME/a.lib", UnsafeFileError, "write the path out"),
        (".include 'a.lib", UnsafeFileError, "write the path out"),
    ],
)
def test_an_include_line_that_hides_its_file_is_refused(line, error, match):
    with pytest.raises(error, match=match):
        parse_include(line, "x.lib, line 1")


@pytest.mark.parametrize(
    "text", [".subckt\n", ".subckt cell\n+ a b\n+x=2\n.ends\n", "+ a\n.subckt cell a b\n* c\n+ x=2"]
)
def test_continued_and_broken_sub_circuit_lines(tmp_path, text):
    path = write(tmp_path, "cell.lib", text)
    if text == ".subckt\n":
        with pytest.raises(InputError, match="no sub-circuit 'cell'; there is none"):
            find_subckt(path, "cell")
    else:
        subckt = find_subckt(path, "cell")
        assert (subckt.terminals, subckt.defaults) == (("a", "b"), {"x": "2"})
