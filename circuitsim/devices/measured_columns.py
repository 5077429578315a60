"""The heading of a measured table: which column is the voltage, which the current, and in which unit each stands."""

import re
from dataclasses import dataclass

QUANTITY = {"v": "voltage", "i": "current", "gap": "gap", "state": "state"}
UNITS = {"v": "V, mV, uV, kV", "i": "A, mA, uA, nA, pA, fA", "gap": "m, um, nm, pm"}

_PREFIX = {"": 0, "f": -15, "p": -12, "n": -9, "u": -6, "µ": -6, "μ": -6, "m": -3, "k": 3}
_PREFIX |= {"femto": -15, "pico": -12, "nano": -9, "micro": -6, "milli": -3, "kilo": 3}
_BASE = {"v": "v", "volt": "v", "volts": "v", "a": "i", "amp": "i", "amps": "i", "ampere": "i", "amperes": "i"}
_BASE |= {"m": "gap", "meter": "gap", "metre": "gap"}
_DEFAULT = {"v": 0, "i": 0, "gap": -9}  # without a unit: V, A, nm

_PLACE = r"(?:te|be|in|out|d|ds|app|cell|set|reset|read|src|m|meas)?"  # electrode or step, as in Vte, Iset
_WORDS = {
    "v": re.compile(rf"[a-d]?v\d*|v{_PLACE}\d*|volts?|voltage\d*|bias"),
    "i": re.compile(rf"[a-d]?i\d*|i{_PLACE}\d*|amps?|current\d*"),
    "gap": re.compile(r"gap"),
}
_STATE = re.compile(r"state(?![^\W_])", re.IGNORECASE)  # its unit may be any, for it only tells states apart
_BRACKETS = re.compile(r"(.*?)\s*(?:\(([^()\[\]]+)\)|\[([^()\[\]]+)\])")
_SLASH = re.compile(r"(.*\S)\s*/\s*(\S+)")
_TAIL = re.compile(r"(.*?)[\s_,]+([^\W\d_]+)")
_LIKE_A_UNIT = re.compile(r"[^\W\d_]{1,2}[VA]")


@dataclass(frozen=True)
class MeasuredColumn:
    """A column whose heading was understood.

    Attributes:
        name: The heading as written.
        place: Position in the row, from 0.
        quantity: "v", "i", "gap" or "state".
        unit: The unit as written, "" where there is none.
        exponent: Power of ten of the unit (mV: -3); None where the unit is none of the quantity.
    """

    name: str
    place: int
    quantity: str
    unit: str
    exponent: int | None

    @property
    def shift(self) -> int:
        """Power of ten that turns the written number into V, A or nm."""
        assert self.exponent is not None
        return self.exponent + (9 if self.quantity == "gap" else 0)


def read_unit(text: str) -> tuple[str, int] | None:
    """Quantity and power of ten of a unit, in brackets or bare: `"[mV]"` is `("v", -3)`; None where it is no unit.

    A prefix is read as it is written (m is milli, M is refused), the unit in either case.
    """
    bare = text.strip().strip("()[]").strip()
    for prefix, exponent in _PREFIX.items():
        if bare.startswith(prefix) and (quantity := _BASE.get(bare[len(prefix) :].lower())):
            return quantity, exponent
    return None


def read_column(heading: str, place: int, quantity: str | None = None) -> MeasuredColumn | None:
    """Understand the heading of one column; None where it names no voltage, current, gap or state.

    `v`, `V1`, `v_mV`, `Voltage (V)`, `V [mV]`, `I / uA`, `Smu1.V[1][1]`, `v_set_V`, `mV`. Without a unit, the column
    stands in V, A or nm. `state`, with any unit or none, tells states apart by numbers.

    Args:
        heading: The heading as written.
        place: Position of the column, from 0.
        quantity: What the column holds where the user has said so.
    """
    text = re.sub(r"(?:\[\d+\])+$", "", heading.strip())
    if quantity is None and _STATE.match(text):
        return MeasuredColumn(heading, place, "state", "state", 0)
    alone = read_unit(text)
    if alone and alone[0] != "gap" and text not in ("v", "V", "a") and quantity in (None, alone[0]):
        return MeasuredColumn(heading, place, alone[0], text, alone[1])
    name, unit, certain = _split(text)
    known = read_unit(unit) if unit else None
    said = quantity or _quantity(name if certain or known else text)
    if said is None and known and known[0] != "gap":
        said = _quantity(text) or known[0]
    if said is None:
        return None
    if known and known[0] == said:
        return MeasuredColumn(heading, place, said, unit, known[1])
    part_of_name = not certain and not (known and len(unit) > 1) and not _LIKE_A_UNIT.fullmatch(unit)  # v_set, v_te
    if not unit or part_of_name:
        return MeasuredColumn(heading, place, said, "", _DEFAULT[said])
    return MeasuredColumn(heading, place, said, unit, None)


def _split(text: str) -> tuple[str, str, bool]:
    """Name, unit, and whether the unit stands where nothing else can: in brackets or behind a stroke."""
    if found := _BRACKETS.fullmatch(text):
        return found[1], (found[2] or found[3]).strip(), True
    if found := _SLASH.fullmatch(text):
        return found[1], found[2], True
    if found := _TAIL.fullmatch(text):
        return found[1], found[2], False
    return text, "", False


def _quantity(name: str) -> str | None:
    """The one quantity that a name speaks of."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)  # DrainI is Drain I
    words = re.findall(r"[a-z]+\d*", spaced.lower())
    found = {key for key, pattern in _WORDS.items() if any(pattern.fullmatch(word) for word in words)}
    return found.pop() if len(found) == 1 else None
