"""What of SPICE may reach ngspice: an allow-list of cards, elements, models and functions.

Whatever is not named here is not written into a deck. Sources: ngspice 39 manual, chapters 2 to 12; functions as
ngspice 39 evaluates them.
"""

import re

from circuitsim.errors import ForeignModelError, InputError, UnsafeFileError
from circuitsim.library.statements import Statement

DEFINITIONS = frozenset({".model", ".param", ".func"})
CONDITIONS = frozenset({".if", ".elseif", ".else", ".endif"})

LEFT_OUT: dict[str, str] = {
    **dict.fromkeys((".op", ".dc", ".tran", ".ac", ".noise", ".tf", ".sens", ".pz", ".disto", ".sp"), "an analysis"),
    **dict.fromkeys((".four", ".meas", ".measure", ".print", ".plot", ".probe", ".save", ".width"), "an output"),
    **dict.fromkeys((".ic", ".nodeset"), "a node voltage"),
    **dict.fromkeys((".option", ".options", ".opt"), "an option"),
    **dict.fromkeys((".temp", ".tnom"), "a temperature"),
    **dict.fromkeys((".global", ".connect"), "a connection of nodes"),
    **dict.fromkeys((".title", ".backanno", ".csparam", ".control", ".endc"), "part of a bench"),
}
"""Cards of a bench around a model, by what they are: a library's are left out and told."""

DECK_CARDS = frozenset(
    {".op", ".dc", ".tran", ".ac", ".noise", ".tf", ".sens", ".pz", ".four", ".meas", ".measure", ".print", ".plot"}
    | {".save", ".ic", ".nodeset", ".temp", ".global", ".option", ".options", ".width", ".title"}
)
"""Cards that a whole deck may contain besides definitions and elements."""

ELEMENTS = frozenset("bcdefghijklmoqrstvwxz")

MODELS = frozenset(
    {"r", "res", "c", "cap", "l", "ind", "d", "npn", "pnp", "nmos", "pmos", "njf", "pjf", "nmf", "pmf", "sw", "csw"}
    | {"vswitch", "iswitch", "ltra", "vdmos", "vdmosn", "vdmosp"}
)

READERS = frozenset(
    {"filesource", "d_source", "d_state", "table2d", "table3d", "d_process", "d_cosim", "numd", "nbjt", "numos"}
)
"""Model types that read or write a file or start a program."""

FUNCTIONS = frozenset(
    {"abs", "acos", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "ddt", "exp", "floor", "int", "ln"}
    | {"log", "log10", "max", "min", "nint", "pow", "pwr", "sgn", "sin", "sinh", "sqrt", "tan", "tanh"}
    | {"ternary_fcn", "u", "u2", "uramp", "agauss", "gauss", "aunif", "unif"}
    | {"v", "i", "pwl", "pulse", "sffm", "am", "poly", "table", "laplace", "trnoise", "trrandom", "freq"}
)
"""Functions of expressions, probes and wave forms. `limit` is missing: in ngspice it draws a random number."""

FOREIGN_FUNCTIONS = {
    **dict.fromkeys(("idt", "sdt", "idtmod"), "write the integral as the voltage of a capacitor of 1 F"),
    "if": "write (condition) ? a : b",
    "limit": "ngspice draws a random number for it; write min(max(x, low), high)",
    **dict.fromkeys(("round", "buf", "inv", "uplim", "dnlim", "hypot", "atan2", "acosh", "step"), "write it out"),
}
"""Functions of other simulators, with what to write in their place."""

SOLVER_OPTIONS = frozenset(
    {"noopiter", "gmin", "gshunt", "reltol", "abstol", "vntol", "trtol", "chgtol", "pivtol", "pivrel", "itl1", "itl2"}
    | {"itl4", "srcsteps", "gminsteps", "method", "maxord", "rshunt", "cshunt", "ramptime", "klu", "sparse"}
    | {"num_threads", "temp", "tnom", "interp"}
)
"""Options of the solver that ngspice honours. It ignores `noinit`, `itl3` and `itl5`."""

OPTIONS = SOLVER_OPTIONS | {"scale", "savecurrents", "defw", "defl", "defad", "defas", "nopage", "noacct"}
"""Options of a user's deck: what the solver, the devices and the outputs honour."""

OPTION_VALUE = re.compile(r"[A-Za-z_]\w*(=[A-Za-z0-9.+-]+)?")

_EXPRESSION = re.compile(r"\{[^{}]*\}|'[^']*'")
_CALL = re.compile(r"(?<![\w.$#])([A-Za-z_]\w*)\s*\(")
_QUOTED = re.compile(r'(\{\s*)?"([^"]*)"(?(1)\s*\})')
_EQUALS = re.compile(r"\s*=\s*")
OUTPUTS = frozenset({".print", ".plot", ".save", ".four", ".ic", ".nodeset", ".width", ".temp", ".global"})

_LISTED = re.compile(r"[\w\s.,()\[\]=+*/@#:-]*")
_PLAIN = re.compile(r"[\w\s.,:;()\[\]{}<>=!?&|^~'+*/%@#-]*")


def check_signs(statement: Statement, text: str) -> None:
    """Refuse signs that ngspice's command language interprets, and quoted strings, which models read as file names.

    Raises:
        UnsafeFileError: Names the sign and its place.
    """
    plain = _LISTED if statement.card in OUTPUTS else _PLAIN
    if plain.fullmatch(text) is None:
        sign = next(sign for sign in text if plain.fullmatch(sign) is None)
        raise UnsafeFileError(
            f"{statement.origin}: {statement.shown()} contains {sign!r}, which ngspice could take for a command; "
            "remove it (a comment begins with '$ ' or ;)"
        )


def check_element(statement: Statement) -> None:
    """Refuse an element that is not built into ngspice.

    Raises:
        ForeignModelError: Says what it is and what it would need.
    """
    letter = statement.card[:1]
    if letter in ELEMENTS:
        return
    what = {
        "n": "an instance of a Verilog-A model, which needs a compiled library (OSDI); circuitsim loads none",
        "a": "an instance of an XSPICE code model, which may read files; write it with a B, E or G element",
        "p": "a coupled line, which circuitsim does not know",
        "u": "a digital or distributed element, which circuitsim does not know",
        "y": "a lossy line, which circuitsim does not know",
    }.get(letter, f"not an element of SPICE (its first letter is {letter!r})")
    raise ForeignModelError(f"{statement.origin}: {statement.shown()} is {what}")


def check_model(statement: Statement) -> None:
    """Refuse a `.model` whose type is not built into ngspice or reads files.

    Raises:
        UnsafeFileError: The type reads or writes files.
        InputError: The statement names no type.
        ForeignModelError: The type is unknown; says that it needs a compiled Verilog-A model where it looks like one.
    """
    words = statement.text.replace("(", " ").split()
    if len(words) < 3:
        raise InputError(f"{statement.origin}: {statement.shown()}: expected .model NAME TYPE")
    kind = words[2].lower()
    if kind in MODELS:
        return
    if kind in READERS:
        raise UnsafeFileError(f"{statement.origin}: model type {words[2]!r} reads or writes files; remove it")
    raise ForeignModelError(
        f"{statement.origin}: model type {words[2]!r} is not built into ngspice; a compiled Verilog-A model (OSDI) "
        f"or a code model would bring it, and circuitsim loads none. Expected one of {', '.join(sorted(MODELS))}"
    )


def check_deck_options(statement: Statement, text: str) -> None:
    """Refuse options that are not settings of the solver: ngspice turns an unknown option into a command variable.

    Raises:
        InputError: Names the option.
    """
    for word in text.split()[1:]:
        name = word.split("=", 1)[0].lower()
        if name not in OPTIONS or OPTION_VALUE.fullmatch(word) is None:
            raise InputError(
                f"{statement.origin}: option {word!r} is not one that circuitsim knows; expected NAME or NAME=NUMBER "
                f"of {', '.join(sorted(OPTIONS))}"
            )


def check_functions(statement: Statement, text: str, own: frozenset[str]) -> None:
    """Refuse functions that ngspice does not have.

    Args:
        statement: The statement.
        text: Its text.
        own: Lower-case names of the functions that the file defines.

    Raises:
        ForeignModelError: Names the function, and what to write in its place where that is known.
    """
    for name in called(statement, text):
        if name in FUNCTIONS or name in own:
            continue
        advice = FOREIGN_FUNCTIONS.get(name)
        if advice is None:
            raise ForeignModelError(
                f"{statement.origin}: {statement.shown()} calls {name}(), which ngspice does not have and the file "
                "does not define"
            )
        raise ForeignModelError(
            f"{statement.origin}: {statement.shown()} calls {name}(), a function of other simulators that ngspice "
            f"does not have; {advice}"
        )


def called(statement: Statement, text: str) -> list[str]:
    """Return the lower-case names of the functions that the expressions of a statement call."""
    letter = statement.card[:1]
    if statement.card in (".param", ".func", ".if", ".elseif"):
        return [name.lower() for name in _CALL.findall(text)]
    if letter in "beg":  # a current or voltage as an expression without braces
        start = re.search(r"\b(i|v|cur|vol|value)\s*=", text, re.IGNORECASE)
        if start:
            return [name.lower() for name in _CALL.findall(text[start.end() :])]
    return [name.lower() for part in _EXPRESSION.findall(text) for name in _CALL.findall(part)]


def tidy(text: str) -> str:
    """Write KEY=VALUE without blanks around =, and expressions in double quotes in braces.

    Source: ngspice reads "a+b", 'a+b' and {a+b} alike; in double quotes a file name could stand as well.
    """
    if '"' in text:
        text = _QUOTED.sub(r"{\2}", text)
    return _EQUALS.sub("=", text) if "=" in text else text
