"""Read numbers with SPICE suffixes; write numbers with SI prefixes, and fractions in percent.

A number has at most one suffix, from one table. `"1M"` is refused, because SPICE reads M as milli and most people mean
mega.
"""

import math
import re
from numbers import Real

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

_LONGEST = 100  # characters of a number; float64 holds 17 digits
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-zµ]*)\s*")
_PREFIX = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}


def parse_quantity(value: object) -> float:
    """Read a number, or a string with a number and at most one suffix of `SUFFIX`.

    Args:
        value: A number in SI units, or a string such as `"0.2f"`, `"1meg"`, `"50"`.

    Returns:
        The value in SI units.

    Raises:
        InputError: The value is not a number, has an unknown suffix, or is not finite.
    """
    if isinstance(value, bool) or not isinstance(value, Real | str):
        raise InputError(f"got {value!r}, expected a number or a string such as '1u'")
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value)
        if match is None:
            raise InputError(f"got {value[:60]!r}, expected a number with at most one suffix of {_suffixes()}")
        number, suffix = match.groups()
        if suffix == "M":
            raise InputError(f"got {value[:60]!r}: SPICE reads M as milli; write '{number}meg' or '{number}e6'")
        if suffix and suffix not in SUFFIX:
            raise InputError(f"got {value[:60]!r}: unknown suffix {suffix[:20]!r}, expected one of {_suffixes()}")
        # float(f"{number}e-6") rounds once; float(number) * 1e-6 would round twice.
        exponent = round(math.log10(SUFFIX[suffix])) if suffix else 0
        mantissa, _, power = number.lower().partition("e")
        if len(mantissa) + len(power) > _LONGEST:
            raise InputError(f"got {value[:20]!r}..., expected a number of at most {_LONGEST} digits")
        value = float(f"{mantissa}e{int(power or 0) + exponent}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"got {number!r}, expected a finite number")
    return number + 0.0  # -0.0 and 0.0 are one value


def format_quantity(value: float, unit: str, digits: int = 4) -> str:
    """Format a value with an SI prefix: `format_quantity(2e-5, "S")` returns `"20 µS"`.

    Args:
        value: The value in SI units.
        unit: SI unit without prefix.
        digits: Significant digits.

    Raises:
        InputError: The value is not a number.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError(f"value = {value!r}: expected a number")
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}"
    exponent = min(max(3 * math.floor(math.log10(abs(value)) / 3), -15), 12)
    scaled = value / 10.0**exponent
    if abs(float(f"{scaled:.{digits}g}")) >= 1000 and exponent < 12:
        exponent += 3
        scaled /= 1000
    return f"{scaled:.{digits}g} {_PREFIX[exponent]}{unit}"


def one_prefix(largest: float, unit: str) -> tuple[float, str]:
    """Return what to divide values by, and their common unit, whose SI prefix suits the largest of them."""
    if largest == 0:
        return 1.0, unit
    written = format_quantity(largest, unit).split()[1]
    return 10.0 ** {prefix: power for power, prefix in _PREFIX.items()}[written.removesuffix(unit)], written


def percent(fraction: float) -> str:
    """Write a fraction in percent with two significant digits: `percent(5.9e-5)` is `"0.0059 %"`.

    Fractions below 1e-6 are written with an exponent, `"3.0e-06 %"`, so that all numbers of a list have one unit.
    """
    if fraction == 0 or not math.isfinite(fraction):
        return f"{fraction:g} %"
    if abs(fraction) < 1e-6:
        return f"{100 * fraction:.1e} %"
    digits = 1 - math.floor(math.log10(abs(float(f"{100 * fraction:.1e}"))))
    return f"{100 * fraction:.{max(digits, 0)}f} %"


def _suffixes() -> str:
    return " ".join(SUFFIX)


def time_unit(seconds: float) -> tuple[str, float]:
    """Return the largest unit of time of which a time [s] is a whole number, and its length [s]: "d" for 30 days."""
    for name, size in (("y", 31557600.0), ("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds > 0 and abs(seconds / size - round(seconds / size)) < 1e-9 and seconds >= size:
            return name, size
    return "s", 1.0
