"""Numbers as words: fractions in percent, counts with their noun."""

import math


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


def hundredths(fraction: float) -> str:
    """Write a fraction in percent with two decimals: `hundredths(0.98)` is `"98.00 %"`, for accuracies."""
    return f"{100 * fraction:.2f} %"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `counted(2, "deck")` is `"2 decks"`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
