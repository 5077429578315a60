"""A text becomes statements: comments removed, continuations joined, places kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuitsim.errors import InputError
from circuitsim.library.statements import in_ascii, split_statements, written


def texts(text):
    return [(one.line, one.text) for one in split_statements(text, "x")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("r1 a b 1k\n\n* comment\n+ tc=1\nr2 a b", [(1, "r1 a b 1k tc=1"), (5, "r2 a b")]),
        ("r1 a b 1k ; comment", [(1, "r1 a b 1k")]),
        ("r1 a b 1k $ comment", [(1, "r1 a b 1k")]),
        ("r1 a b 1k // comment\n;all\n  $ all", [(1, "r1 a b 1k")]),
        ("x1 a$b c", [(1, "x1 a$b c")]),
        (".include 'a;b $c //d' ;e", [(1, ".include 'a;b $c //d'")]),
        ("+ a\n.subckt m a b\n* c\n+ x=2", [(1, "+ a"), (2, ".subckt m a b x=2")]),
        ("r1 a b 1k\r\nr2 a b 2k\rr3 a b 3k", [(1, "r1 a b 1k"), (2, "r2 a b 2k"), (3, "r3 a b 3k")]),
    ],
)
def test_statements(text, expected):
    assert texts(text) == expected


@pytest.mark.parametrize("sign", ["\u2003", "\x0b", "\x0c", "\x85", "\xa0", "\x1c"])
def test_only_blanks_and_tabs_separate_words(sign):
    (statement,) = split_statements(f".include{sign}notes.lib impl.lib", "x.lib")
    assert statement.card == f".include{sign}notes.lib"
    with pytest.raises(InputError, match=r"x\.lib, line 1: .* contains U\+00"[:24]):
        in_ascii(statement)


def test_a_micro_sign_is_a_prefix():
    (statement,) = split_statements("c1 a b 10µ", "x")
    assert in_ascii(statement) == "c1 a b 10u"


@given(st.lists(st.text("abc=+-*/(){}'0123456789.", min_size=1, max_size=150), min_size=1, max_size=40))
def test_what_is_written_reads_back(words):
    text = " ".join(["r1", *(word for word in words if "//" not in word)])
    assert texts(written(text)) == [(1, text)]
    assert all(len(line) <= 120 or " " not in line.removeprefix("+ ") for line in written(text).split("\n"))
