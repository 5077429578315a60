"""Include statements name a file or a section; their files are read from beside the including file."""

import pytest

from circuitsim.errors import InputError, UnsafeFileError
from circuitsim.library import read_library
from circuitsim.library.includes import DEEPEST, parse_include
from circuitsim.library.statements import split_statements


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def parsed(line):
    (statement,) = split_statements(line, "x.lib")
    return parse_include(statement)


@pytest.mark.parametrize(
    ("line", "name", "section", "opens_section"),
    [
        (".include core.lib", "core.lib", None, False),
        ("  .INC 'deep/a b.lib' ; comment", "deep/a b.lib", None, False),
        ('.include "a;b//c.lib"', "a;b//c.lib", None, False),
        ('.lib "core.lib" TT', "core.lib", "TT", False),
        ("\t.lib\tcore.lib\ttt $ comment", "core.lib", "tt", False),
        (".lib tt", "tt", None, True),
        (".lib tt $ typical", "tt", None, True),
    ],
)
def test_include_statements(line, name, section, opens_section):
    include = parsed(line)
    assert include is not None
    assert (include.name, include.section, include.opens_section) == (name, section, opens_section)


@pytest.mark.parametrize("line", ["r1 a b 1k", ".ends", ".inclxyz a", ".library a tt", ".include\u2003a b"])
def test_other_statements_include_nothing(line):
    assert parsed(line) is None


@pytest.mark.parametrize(
    ("line", "error", "match"),
    [
        (".include", InputError, r"x\.lib, line 1: '\.include': expected \.include FILE"),
        (".include a.lib b.lib", InputError, r"expected \.include FILE, with quotes around a path that has blanks"),
        (".lib ; nothing", InputError, r"expected \.lib FILE SECTION"),
        (".include $HOME/a.lib", UnsafeFileError, "write the path out"),
        (".include 'a.lib", UnsafeFileError, "write the path out"),
        (".include a`b`.lib", UnsafeFileError, "write the path out"),
    ],
)
def test_an_include_that_hides_its_file_is_refused(line, error, match):
    with pytest.raises(error, match=match):
        parsed(line)


def test_relative_names_start_beside_the_including_file(tmp_path):
    write(tmp_path, "deep.lib", ".subckt wrong a b\n.ends\n")
    write(tmp_path, "pdk/models/deep.lib", ".subckt right a b\n.ends\n")
    write(tmp_path, "pdk/models/top.lib", ".lib tt\n.include deep.lib\n.endl tt\n")
    path = write(tmp_path, "user.lib", ".lib pdk/models/top.lib TT\n")
    library = read_library(path)
    assert [name for one in library.definitions for name in one.names] == ["right"]
    assert [file.name for file in library.files] == ["user.lib", "top.lib", "deep.lib"]


def test_what_is_not_chosen_is_not_read(tmp_path):
    path = write(
        tmp_path,
        "two.lib",
        ".lib typ\n.subckt m a b\n.ends\n.endl\n.lib other\n.include not_shipped.lib\n.osdi x.osdi\n.endl\n",
    )
    assert [one.names for one in read_library(path, ("typ",)).definitions] == [("m",)]
    with pytest.raises(InputError, match=r"two\.lib, line 6: includes 'not_shipped\.lib', which does not exist"):
        read_library(path, ("other",))
    with pytest.raises(InputError, match=r"no corner 'ss'; there is typ, other"):
        read_library(path, ("ss",))


def test_several_sections_are_read_in_their_order(tmp_path):
    path = write(tmp_path, "c.lib", ".lib a\n.param x=1\n.endl\n.lib b\n.param y=2\n.endl\n")
    assert [one.names for one in read_library(path, ("b", "a")).definitions] == [("y",), ("x",)]


@pytest.mark.parametrize("second", ["a.lib", "b.lib"])
def test_files_that_include_themselves_are_refused(tmp_path, second):
    write(tmp_path, "b.lib", ".include a.lib\n")
    path = write(tmp_path, "a.lib", f".include {second}\n")
    with pytest.raises(InputError, match=r"a\.lib: is included by itself or 40 includes deep"):
        read_library(path)


def test_a_long_chain_of_includes_is_refused(tmp_path):
    for k in range(DEEPEST + 5):
        write(tmp_path, f"{k}.lib", f".include {k + 1}.lib\n")
    with pytest.raises(InputError, match="includes deep"):
        read_library(tmp_path / "0.lib")


def test_a_section_may_include_another_of_its_file(tmp_path):
    path = write(tmp_path, "c.lib", ".lib tt\n.lib c.lib core\n.endl\n.lib core\n.param x=1\n.endl\n")
    assert [one.names for one in read_library(path, ("tt",)).definitions] == [("x",)]
