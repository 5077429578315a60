"""A SPICE file is read once while it does not change."""

import time
from pathlib import Path

import pytest

from circuitsim.errors import InputError
from circuitsim.library import deck_scale, find_subckt, scan_file
from circuitsim.library.text import JUST_WRITTEN_NS, read_text


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
