"""Outputs: whole or absent, whatever a path names, and one sentence where they cannot be written."""

import errno
import os
import resource
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from circuitsim.errors import InputError
from circuitsim.results import atomic, is_standard_output, write_text


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o022, 0o077, 0o002])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path, umask):
    write_text(tmp_path / "new", "x")
    assert mode(tmp_path / "new") == 0o666 & ~umask


@pytest.mark.parametrize("given", [0o600, 0o664, 0o755])
def test_a_file_keeps_its_mode(tmp_path, given):
    (tmp_path / "old").write_text("old")
    (tmp_path / "old").chmod(given)
    write_text(tmp_path / "old", "new")
    assert (mode(tmp_path / "old"), (tmp_path / "old").read_text()) == (given, "new")


def test_a_link_stays_and_the_file_it_names_is_written(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "first").symlink_to("second")
    (tmp_path / "second").symlink_to("elsewhere/file")
    write_text(tmp_path / "first", "x")
    assert (tmp_path / "elsewhere" / "file").read_text() == "x"
    assert (tmp_path / "first").is_symlink() and (tmp_path / "second").is_symlink()


def test_links_in_a_circle_are_one_sentence(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(InputError, match=r"a: cannot be written \(Too many levels of symbolic links\)"):
        write_text(tmp_path / "a", "x")


def test_a_pipe_stays_a_pipe_and_receives_all(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    got = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_text()))
    reader.start()
    write_text(tmp_path / "pipe", "x" * 200_000)
    reader.join()
    assert got == ["x" * 200_000]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_device_stays_a_device(tmp_path):
    write_text("/dev/null", "x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    with pytest.raises(InputError, match=r"^/dev/full: cannot be written \(No space left on device\)$"):
        write_text("/dev/full", "x")


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
def test_standard_output_receives_the_content_in_order(tmp_path, name):
    (tmp_path / "link").symlink_to("/dev/stdout")
    script = "from circuitsim.results import write_text\nprint('before')\n"
    script += f"write_text({name!r}, 'content\\n')\nprint('after')\n"
    with (tmp_path / "out").open("w") as out:  # a plain file behind it must not be replaced
        subprocess.run([sys.executable, "-c", script], stdout=out, check=True, cwd=tmp_path)
    assert (tmp_path / "out").read_text() == "before\ncontent\nafter\n"


def test_standard_output_is_told_apart(tmp_path):
    (tmp_path / "link").symlink_to("/dev/stdout")
    assert is_standard_output(tmp_path / "link") and not is_standard_output(tmp_path / "file")


def test_a_folder_or_a_file_in_the_wrong_place_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match=r"cannot be written \(a folder has this name; expected the name of a file\)"):
        write_text(tmp_path, "x")
    with pytest.raises(InputError, match=r"cannot be written \(a file stands where a folder is meant\)"):
        write_text(tmp_path / "file" / "below", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_longest_name_can_be_written(tmp_path):
    write_text(tmp_path / ("n" * 251 + ".txt"), "x")
    with pytest.raises(InputError, match="File name too long"):
        write_text(tmp_path / ("n" * 300), "x")


@pytest.mark.parametrize("limit", [0, 1, 4096, 60_000])
def test_a_file_that_cannot_grow_leaves_the_old_one_whole(tmp_path, limit):
    (tmp_path / "old").write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(InputError, match=r"old: cannot be written \(File too large\)"):
            write_text(tmp_path / "old", "x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "old").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("call", ["fsync", "replace", "open"])
def test_a_refusal_at_any_moment_leaves_the_old_file_whole(tmp_path, monkeypatch, call):
    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "old").write_text("old")
    with monkeypatch.context() as patched:
        patched.setattr(os, call, refuse)
        with pytest.raises(InputError, match=r"old: cannot be written \(No space left on device\)"):
            write_text(tmp_path / "old", "new")
    assert (tmp_path / "old").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_an_interrupted_block_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), atomic(tmp_path / "new") as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
