"""Numbers as words: shares with two decimals, counts with their noun."""


def hundredths(fraction: float) -> str:
    """Write a fraction in percent with two decimals: `hundredths(0.98)` is `"98.00 %"`, for accuracies."""
    return f"{100 * fraction:.2f} %"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `counted(2, "deck")` is `"2 decks"`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
