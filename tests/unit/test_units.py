import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuitsim.errors import InputError
from circuitsim.units import SUFFIX, format_quantity, one_prefix, parse_quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1u", 1e-6),
        ("0.2f", 0.2e-15),
        ("1meg", 1e6),
        ("-3.5k", -3.5e3),
        ("1e-3", 1e-3),
        ("2e3n", 2e-6),
        (7, 7.0),
        (".5g", 5e8),
    ],
)
def test_reads_spice_suffixes(text, value):
    assert parse_quantity(text) == value


def test_refuses_capital_m_and_says_what_to_write():
    with pytest.raises(InputError, match=r"SPICE reads M as milli; write '1meg' or '1e6'"):
        parse_quantity("1M")


@pytest.mark.parametrize(
    "bad", ["1kk", "1 u m", "u", "", "1ms", "0x10", "nan", "inf", None, True, [1], float("nan"), "1e999"]
)
def test_refuses_everything_else(bad):
    with pytest.raises(InputError, match=r"expected|unknown suffix"):
        parse_quantity(bad)


@given(st.floats(1e-3, 999, allow_nan=False), st.sampled_from(sorted(SUFFIX)))
def test_a_suffix_scales_to_the_nearest_float(number, suffix):
    assert math.isclose(parse_quantity(f"{number!r}{suffix}"), number * SUFFIX[suffix], rel_tol=1e-15)


@given(st.floats(1e-14, 1e14))
def test_written_quantities_keep_four_digits(value):
    prefixes = {
        "f": 1e-15,
        "p": 1e-12,
        "n": 1e-9,
        "µ": 1e-6,
        "m": 1e-3,
        "": 1.0,
        "k": 1e3,
        "M": 1e6,
        "G": 1e9,
        "T": 1e12,
    }
    number, unit = format_quantity(value, "Hz").split(" ")
    assert math.isclose(float(number) * prefixes[unit.removesuffix("Hz")], value, rel_tol=5.1e-4)


def test_rounding_up_takes_the_next_prefix():
    assert format_quantity(9.99996e-7, "A") == "1 µA"
    assert format_quantity(0.0, "A") == "0 A"


@pytest.mark.parametrize(
    ("largest", "unit", "expected"),
    [(6.4e-12, "J", (1e-12, "pJ")), (3.0, "A", (1.0, "A")), (0.0, "s", (1.0, "s")), (2e-5, "A", (1e-6, "µA"))],
)
def test_one_prefix(largest, unit, expected):
    assert one_prefix(largest, unit) == expected
