"""Names of nodes and elements, and everything from outside that must not carry more than a name into a deck.

A designer reads `bl_3_5`: bit line at row 3, column 5, counted from 0. Lower case, because ngspice's results are.
"""

from pathlib import Path

from circuitsim.errors import InputError
from circuitsim.spec.base import SAFE_NAME


def check_name(key: str, name: str) -> str:
    """Return `name` if it is a plain SPICE name.

    Raises:
        InputError: It holds a blank, a line break, `;` or anything else that could carry a command into a deck.
    """
    if not SAFE_NAME.fullmatch(name):
        raise InputError(f"{key} = {name!r}: expected a name of letters, digits and _")
    return name


def check_path(key: str, path: Path) -> Path:
    """Return `path`, absolute, if it can stand between quotes in a deck.

    Raises:
        InputError: The path holds a quote or a control character such as a line break.
    """
    path = path.absolute()
    if any(sign in "\"'`$" or not sign.isprintable() for sign in str(path)):
        raise InputError(f"{key} = {str(path)!r}: quotes, $ and line breaks cannot stand in a SPICE file; rename it")
    return path


def number(value: float) -> str:
    """Write a number with the fewest digits that read back as the same float (never as `np.float64(…)`)."""
    return repr(float(value))
