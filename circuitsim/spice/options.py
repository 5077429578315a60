"""Solver options of a deck: the defaults of truth decks, and how options become lines."""

import re
from collections.abc import Mapping

from circuitsim.errors import InputError

# ngspice's default reltol = 1e-3 leaves errors of 1e-3 in .dc sweeps, in which each point starts from the last one
# and stops early. Measured on 1T1R BSIM4 arrays of 16 x 16 and 32 x 32, wires of 0.05 to 20 ohm, against 100 times
# tighter tolerances: currents right to 1e-12 of full scale at no cost; with abstol = 1e-16 Newton's method sometimes
# stays in the rounding noise. num_threads = 1: OpenMP does not touch the solver, and several decks run side by side.
TRUTH_OPTIONS: dict[str, str] = {
    "reltol": "1e-10",
    "abstol": "1e-15",
    "vntol": "1e-12",
    "gmin": "1e-15",
    "num_threads": "1",
}

# KLU keeps its pivots from one iteration to the next, and its rounding noise is larger: with the tolerances above
# Newton's method took up to 16 times as many iterations (ngspice 44.2). With these: currents within 2e-10 of full scale
# of those of Sparse, in as many iterations. Worth it only where ordering and factoring the matrix cost something: from
# arrays of about 24 x 24 on. Small decks, such as those of a cell, keep Sparse and its tighter tolerances.
KLU_OPTIONS: dict[str, str] = {**TRUTH_OPTIONS, "abstol": "1e-13", "vntol": "1e-10", "klu": ""}

# Newton tolerances; the error of a read is set by the largest time step. Measured on 8 x 8 arrays with 1000 steps:
# charges change by 3e-7 and energies by 4e-5 when the step is halved, reltol = 1e-8 instead changes no more than that.
# abstol as ngspice has it: with 1e-15 A the rounding of Q/step on a word line of 32 gates keeps Newton from ending.
TRANSIENT_OPTIONS: dict[str, str] = {
    "reltol": "1e-6",
    "abstol": "1e-12",
    "vntol": "1e-9",
    "gmin": "1e-15",
    "num_threads": "1",
}

LARGE_DECK_LINES = 2000

# What ngspice reads; `noinit`, `itl3`, `itl5` are ignored by it and therefore refused here.
KNOWN = frozenset(
    {"noopiter", "gmin", "gshunt", "reltol", "abstol", "vntol", "trtol", "chgtol", "pivtol", "pivrel", "itl1", "itl2"}
    | {"itl4", "srcsteps", "gminsteps", "method", "maxord", "rshunt", "cshunt", "ramptime", "klu", "sparse"}
    | {"num_threads", "temp", "tnom", "interp"}
)
_VALUE = re.compile(r"[A-Za-z0-9.+-]*")


def choose_options(options: Mapping[str, str] | None, deck: str, *, klu: bool) -> dict[str, str]:
    """Options of a deck: those given, checked, or the truth options of the linear solver that suits it.

    Args:
        options: None: `KLU_OPTIONS` for a large deck where the simulator has KLU, else `TRUTH_OPTIONS`. Given ones get
            `klu` in the same case, unless they ask for `sparse`.
        deck: Its text.
        klu: The simulator honours `klu`.

    Raises:
        InputError: As in `check_options`.
    """
    klu = klu and deck.count("\n") > LARGE_DECK_LINES
    if options is None:
        return dict(KLU_OPTIONS if klu else TRUTH_OPTIONS)
    checked = check_options(options)
    return {**checked, "klu": ""} if klu and "sparse" not in checked else checked


def check_options(options: Mapping[str, str]) -> dict[str, str]:
    """Return the options with lower-case names.

    Raises:
        InputError: ngspice does not know an option, or its value is no number or word.
    """
    checked = {}
    for name, value in options.items():
        if name.lower() not in KNOWN:
            raise InputError(f"options.{name} = {value!r}: not an option of ngspice, expected one of {sorted(KNOWN)}")
        if not _VALUE.fullmatch(str(value)):
            raise InputError(f"options.{name} = {value!r}: expected a number or a word, or '' for a flag")
        checked[name.lower()] = str(value)
    return checked


def option_line(options: Mapping[str, str]) -> str:
    """Write `.options` with every option; an empty value is a flag."""
    return ".options " + " ".join(f"{name}={value}" if value else name for name, value in options.items())


def add_options(deck: str, options: Mapping[str, str]) -> str:
    """Put the options before the deck's `.end`, where they override earlier `.options` lines (measured with 39).

    Anything after `.end` is dropped; a deck without `.end` gets one.
    """
    lines = deck.splitlines()
    end = next((i for i, line in enumerate(lines) if i and line.strip().lower() == ".end"), len(lines))
    return (
        "\n".join([*lines[:end], option_line(options), ".end", ""])
        if options
        else "\n".join([*lines[:end], ".end", ""])
    )
