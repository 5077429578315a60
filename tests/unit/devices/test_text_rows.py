"""Rows of a text table under every separator."""

import pytest

from circuitsim.devices.text_rows import is_number_row, likely_separator, row_separator, split_row, text_lines
from circuitsim.errors import InputError


@pytest.mark.parametrize(
    ("line", "separator", "cells"),
    [
        ("0,1;-2,5e-6", ";", ["0,1", "-2,5e-6"]),
        ("0,1\t2", "\t", ["0,1", "2"]),
        ("0.1, 2e-6", ",", ["0.1", "2e-6"]),
        ('"0,1","2"', ",", ["0,1", "2"]),
        ("  0,1   2,5 ", " ", ["0,1", "2,5"]),
        ("nan,1", ",", ["nan", "1"]),
    ],
)
def test_a_row_of_numbers_shows_its_separator(line, separator, cells):
    assert row_separator(line) == separator
    assert split_row(line, separator) == cells


@pytest.mark.parametrize("line", ["0.1", "", "v,i", "0.1,x", "1,2;3,4 5", "0.1 V"])
def test_other_lines_show_none(line):
    assert row_separator(line) == ""


def test_a_unit_in_brackets_stays_with_its_name():
    assert split_row("v (V)  i [A] t / s", " ") == ["v (V)", "i [A]", "t / s"]
    assert likely_separator("v i") == " "
    assert not is_number_row(["1"])


def test_lines_keep_their_numbers_under_any_line_end(tmp_path):
    path = tmp_path / "a.txt"
    for end in ("\n", "\r\n", "\r"):
        path.write_bytes(end.join(["a", "", " ", "b\u2212"]).encode("utf-8-sig"))
        assert text_lines(path) == [(1, "a"), (4, "b-")]
    path.write_bytes("\ufeffa".encode("utf-16-le") + b"\x00")
    with pytest.raises(InputError, match=r"is no text"):
        text_lines(path)
    with pytest.raises(InputError, match=r"cannot be read"):
        text_lines(tmp_path)


def test_a_cell_longer_than_the_csv_reader_takes_is_one_cell():
    assert len(split_row("x" * 200_000, ",")) == 1
