"""Include lines are read as ngspice reads them."""

import pytest

from circuitsim.errors import InputError, UnsafeFileError
from circuitsim.library.includes import Include, parse_include


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
