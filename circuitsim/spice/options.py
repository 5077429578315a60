"""Solver options of a deck: the defaults of truth decks, and how options become lines."""

import re
from collections.abc import Mapping

from circuitsim.errors import InputError

# ngspice's default reltol = 1e-3 leaves errors of 1e-3 in .dc sweeps, in which each point starts from the last one
# and stops early. num_threads = 1: OpenMP does not touch the solver, and several decks run side by side.
TRUTH_OPTIONS: dict[str, str] = {
    "reltol": "1e-10",
    "abstol": "1e-15",
    "vntol": "1e-12",
    "gmin": "1e-15",
    "num_threads": "1",
}

# What ngspice reads; `noinit`, `itl3`, `itl5` are ignored by it and therefore refused here.
KNOWN = frozenset(
    {"noopiter", "gmin", "gshunt", "reltol", "abstol", "vntol", "trtol", "chgtol", "pivtol", "pivrel", "itl1", "itl2"}
    | {"itl4", "srcsteps", "gminsteps", "method", "maxord", "rshunt", "cshunt", "ramptime", "klu", "sparse"}
    | {"num_threads", "temp", "tnom", "interp"}
)
_VALUE = re.compile(r"[A-Za-z0-9.+-]*")


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
