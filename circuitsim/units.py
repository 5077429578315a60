"""Numbers with SPICE suffixes in, numbers with SI prefixes out.

One suffix, from one table, and nothing else: `"1M"` is refused because SPICE reads M as milli while a
person means mega.
"""

import math
import re

from circuitsim.errors import InputError

SUFFIX = {
    "f": 1e-15,
    "p": 1e-12,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "k": 1e3,
    "meg": 1e6,
    "g": 1e9,
    "t": 1e12,
}

_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-zµ]*)\s*")
_PREFIX = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}


def parse_quantity(value: object) -> float:
    """Read a number, or a string of a number and one suffix of `SUFFIX`.

    Args:
        value: A number in SI units, or a string such as `"0.2f"`, `"1meg"`, `"50"`.

    Returns:
        The value in SI units.

    Raises:
        InputError: The text is no number, has an unknown suffix, or is not finite.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise InputError(f"got {value!r}, expected a number or a string such as '1u'")
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value)
        if match is None:
            raise InputError(f"got {value!r}, expected a number with at most one suffix of {_suffixes()}")
        number, suffix = match.groups()
        if suffix == "M":
            raise InputError(f"got {value!r}: SPICE reads M as milli; write '{number}meg' or '{number}e6'")
        if suffix and suffix not in SUFFIX:
            raise InputError(f"got {value!r}: unknown suffix {suffix!r}, expected one of {_suffixes()}")
        # float(f"{number}e-6") rounds once; float(number) * 1e-6 would round twice.
        exponent = round(math.log10(SUFFIX[suffix])) if suffix else 0
        mantissa, _, own = number.lower().partition("e")
        value = float(f"{mantissa}e{int(own or 0) + exponent}")
    if not math.isfinite(value):
        raise InputError(f"got {value!r}, expected a finite number")
    return float(value)


def format_quantity(value: float, unit: str, digits: int = 4) -> str:
    """Write a value for people, with an SI prefix: `format_quantity(2e-5, "S")` is `"20 µS"`."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}"
    exponent = min(max(3 * math.floor(math.log10(abs(value)) / 3), -15), 12)
    scaled = value / 10.0**exponent
    if abs(float(f"{scaled:.{digits}g}")) >= 1000 and exponent < 12:
        exponent += 3
        scaled /= 1000
    return f"{scaled:.{digits}g} {_PREFIX[exponent]}{unit}"


def _suffixes() -> str:
    return " ".join(SUFFIX)
