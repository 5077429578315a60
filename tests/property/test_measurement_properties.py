"""A measurement is the same in every dress: unit prefixes, separators, decimal signs, styles of heading, line ends."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuitsim.devices.measurement import Measurement, read_measurement
from circuitsim.errors import InputError

PREFIX = {"": 0, "m": -3, "u": -6, "µ": -6, "n": -9, "p": -12}
STYLES = ["{q}_{u}", "{q} ({u})", "{q}({u})", "{q} [{u}]", "{q} / {u}", "{q}1 [{u}]", "{word} ({u})", "Smu1.{q} ({u})"]
STYLES += ["unit row", "{u}"]
WORD = {"V": "Voltage", "A": "Current"}
ALPHABET = "vViIAmu_,;\t .-+0123456789eE()[]\n\"'#"
DIGITS = st.integers(min_value=-(10**7), max_value=10**7)


@st.composite
def dresses(draw):
    separator, mark = draw(st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), ("  ", ".")]))
    prefixes = [draw(st.sampled_from(sorted(PREFIX))) for _ in "vi"]
    style = draw(st.sampled_from(STYLES))
    order = draw(st.permutations(["v", "i", "t"])) if draw(st.booleans()) else draw(st.permutations(["v", "i"]))
    flags = {key: draw(st.booleans()) for key in ("bom", "quoted", "preamble")}
    return separator, mark, prefixes, style, order, flags, draw(st.sampled_from(["\n", "\r\n", "\r"]))


def headings(style, prefixes, order):
    names, units = {"t": "Time"}, {"t": "s"}
    for key, base, prefix in zip("vi", "VA", prefixes, strict=True):
        units[key] = prefix + base
        names[key] = style.format(q=key.upper(), u=units[key], word=WORD[base])
        if style == "unit row":
            names[key] = WORD[base]
        if style == "{u}" and not prefix:
            names[key] = WORD[base]  # a bare V or A is a name as much as a unit
    rows = [[names[key] for key in order]]
    return [*rows, [units[key] for key in order]] if style == "unit row" else rows


def number(digits, scale, exponent, mark):
    """digits · 10^(scale − exponent): the number that means digits · 10^scale in a unit of 10^exponent."""
    return f"{digits}{mark}0e{scale - exponent}"


@given(dresses(), st.lists(st.tuples(DIGITS.filter(bool), DIGITS), min_size=8, max_size=12))
@settings(max_examples=150, deadline=None)
def test_every_dress_gives_the_same_measurement(tmp_path_factory, dress, points):
    separator, mark, prefixes, style, order, flags, end = dress
    shift = {key: PREFIX[prefix] for key, prefix in zip("vi", prefixes, strict=True)}
    rows = [
        [
            {"v": number(v, -7, shift["v"], mark), "i": number(i, -12, shift["i"], mark), "t": str(k)}[key]
            for key in order
        ]
        for k, (v, i) in enumerate(points)
    ]
    heads = headings(style, prefixes, order)
    if flags["quoted"] and separator != "  ":
        heads = [[f'"{cell}"' for cell in row] for row in heads]
    lines = (["# device 7", ""] if flags["preamble"] else []) + [separator.join(row) for row in heads + rows]
    path = Path(tmp_path_factory.mktemp("dress")) / "iv.csv"
    path.write_bytes((b"\xef\xbb\xbf" if flags["bom"] else b"") + end.join(lines).encode())
    m = read_measurement(path)
    assert m.v.tolist() == [float(f"{v}e-7") for v, _ in points]  # to the digit
    assert m.i.tolist() == [float(f"{i}e-12") for _, i in points]


@given(
    st.one_of(st.binary(max_size=200), st.text("vViIAmu_,;\t .-+0123456789eE()[]\n\"'#", max_size=200).map(str.encode))
)
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_measurement_or_one_sentence(tmp_path_factory, content):
    path = Path(tmp_path_factory.mktemp("bytes")) / "iv.csv"
    path.write_bytes(content)
    try:
        m = read_measurement(path)
    except InputError as error:
        assert "\n" not in str(error)
        return
    assert isinstance(m, Measurement)
    assert np.isfinite(m.v).all() and np.isfinite(m.i).all()


@pytest.mark.parametrize("column", [0, 1])
@given(row=st.integers(min_value=0, max_value=9), bad=st.sampled_from(["nan", "inf", "", "x", "1..2", "0.1 V", "1_0"]))
@settings(max_examples=30, deadline=None)
def test_a_cell_that_is_no_number_is_named_by_its_line(tmp_path_factory, column, row, bad):
    cells = [[f"{0.1 * (k + 1):.1f}", "1e-6"] for k in range(10)]
    cells[row][column] = bad
    path = Path(tmp_path_factory.mktemp("cell")) / "iv.csv"
    path.write_text("v_V,i_A\n" + "\n".join(map(",".join, cells)), encoding="utf-8")
    with pytest.raises(InputError, match=rf"iv\.csv:{row + 2}: .*expected (finite|2 numbers)"):
        read_measurement(path)
