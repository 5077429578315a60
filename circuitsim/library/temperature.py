"""Whether a sub-circuit depends on temperature, as its text shows."""

import re

from circuitsim.library.definitions import Library
from circuitsim.library.trim import needed

_WITHOUT = "vibegfhrclkx"
"""First letters of elements whose equations have no temperature unless they say so: sources, R, C, L, calls."""

_SAYS = re.compile(r"\b(temper|temp|dtemp|tc|tc1|tc2|tce)\b")


def feels_temperature(library: Library, subckt: str) -> bool:
    """Tell whether a sub-circuit may depend on temperature; False is certain.

    It does where it, or what it calls, has an element with a model, as transistors and diodes have, or states a
    temperature or a coefficient.

    Args:
        library: The file of the sub-circuit.
        subckt: Its name.

    Raises:
        InputError: The file defines a name twice.
    """
    for definition in needed([library], [subckt.lower()]):
        if definition.card == ".model":
            return True
        for statement in definition.statements:
            text = statement.text.lower()
            if _SAYS.search(text) or (text[0] not in "." and text[0] not in _WITHOUT):
                return True
    return False
