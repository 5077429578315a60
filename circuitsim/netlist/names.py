"""Check names and paths that come from outside, so that they cannot carry a command into a deck; write numbers.

Node `bl_3_5` is the bit line at row 3, column 5, counted from 0. Names are lower case, as ngspice returns them.
"""

from pathlib import Path

from circuitsim.errors import InputError
from circuitsim.spec.base import SAFE_NAME


def check_name(key: str, name: str) -> str:
    """Return `name` if it is a plain SPICE name.

    Raises:
        InputError: The name contains anything but letters, digits and `_`, such as a blank, a line break or `;`.
    """
    if not SAFE_NAME.fullmatch(name):
        raise InputError(f"{key} = {name!r}: expected a name of letters, digits and _")
    return name


def check_path(key: str, path: Path) -> Path:
    """Return the absolute `path` if it can stand between quotes in a deck.

    Raises:
        InputError: The path contains a quote, `$`, or a control character such as a line break.
    """
    path = path.absolute()
    if any(sign in "\"'`$" or not sign.isprintable() for sign in str(path)):
        raise InputError(f"{key} = {str(path)!r}: quotes, $ and line breaks cannot stand in a SPICE file; rename it")
    return path


def number(value: float) -> str:
    """Write a number with the fewest digits that read back as the same float (never as `np.float64(…)`)."""
    return repr(float(value))


def moment(time: float) -> str:
    """Write a time with twelve digits: sums of durations end in rounding errors, which nobody wants to read."""
    return repr(float(f"{time:.12g}"))
