"""A SPICE file is read once while it does not change, whatever editor wrote it."""

import os
import time
from pathlib import Path

import pytest

from circuitsim.errors import InputError
from circuitsim.library import find_subckt, read_header, read_library
from circuitsim.library.text import JUST_WRITTEN_NS, LARGEST_FILE, physical_lines, read_text


@pytest.fixture
def reads(monkeypatch):
    """Names of the files that are read, in their order."""
    names = []
    open_file = Path.open

    def counted(path, *arguments, **keywords):
        names.append(path.name)
        return open_file(path, *arguments, **keywords)

    monkeypatch.setattr(Path, "open", counted)
    return names


def settle():
    """Wait until a file that was just written counts as unchanged."""
    time.sleep(1.2e-9 * JUST_WRITTEN_NS)


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_library_header_and_sub_circuit_read_a_file_once(tmp_path, reads):
    write(tmp_path, "core.lib", ".subckt nfet d g s b w=1\n.ends\n.option scale=1e-6\n")
    top = write(tmp_path, "top.lib", "* name: x\n.lib tt\n.include core.lib\n.endl\n")
    settle()
    reads.clear()  # of what was written
    for _ in range(2):
        library = read_library(top, ("tt",))
        assert find_subckt(library, "nfet").terminals == ("d", "g", "s", "b")
        assert library.scale == 1e-6
        with pytest.raises(InputError, match="header line"):
            read_header(top)
    assert sorted(reads) == ["core.lib", "top.lib"]


def test_a_changed_file_is_read_again_however_deep_it_lies(tmp_path):
    deep = write(tmp_path, "core.lib", ".option scale=1e-6\n")
    top = write(tmp_path, "top.lib", ".include core.lib\n")
    settle()
    assert read_library(top).scale == 1e-6
    deep.write_text(".option scale=1e-9\n", encoding="utf-8")  # as long as before
    assert read_library(top).scale == 1e-9
    settle()
    assert read_library(top).scale == 1e-9


SUBCKT = "* mesuré\n.subckt cell a b x=1\n.ends\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_editor_may_have_written_it(tmp_path, encoding, end):
    path = tmp_path / "old.lib"
    path.write_bytes(SUBCKT.replace("\n", end).encode(encoding))
    assert physical_lines(read_text(path)) == SUBCKT.split("\n")
    assert find_subckt(read_library(path), "cell").line == 2


def test_only_a_regular_file_is_read(tmp_path):
    with pytest.raises(InputError, match="is a folder, expected a SPICE file"):
        read_text(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is a device or a pipe, expected a SPICE file"):
        read_text(tmp_path / "pipe")
    with pytest.raises(InputError, match="no such file, expected a SPICE file"):
        read_text(tmp_path / "none.lib")
    with pytest.raises(InputError, match="not a name of a file"):
        read_text(Path("a\0b"))


def test_a_huge_file_is_refused_unread(tmp_path):
    with (tmp_path / "huge.lib").open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(InputError, match="has 64 MB, expected a SPICE file of at most 64 MB"):
        read_text(tmp_path / "huge.lib")
