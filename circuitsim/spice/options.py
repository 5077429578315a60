"""Solver options: their defaults, their validation, and the line that states them in a deck."""

import re
from collections.abc import Mapping

from circuitsim.errors import InputError
from circuitsim.library import SOLVER_OPTIONS
from circuitsim.spec import checked

# ngspice's default reltol = 1e-3 leaves errors of 1e-3 in .dc sweeps, because each point starts from the previous one
# and stops early. With the tolerances below the currents are right to 1e-12 of full scale at no extra cost (measured on
# 1T1R BSIM4 arrays of 16 x 16 and 32 x 32 with wires of 0.05 to 20 ohm, against 100 times tighter tolerances). With
# abstol = 1e-16 Newton's method sometimes stalls in the rounding noise. num_threads = 1: OpenMP does not affect the
# solver, and several decks run in parallel.
TRUTH_OPTIONS: dict[str, str] = {
    "reltol": "1e-10",
    "abstol": "1e-15",
    "vntol": "1e-12",
    "gmin": "1e-15",
    "num_threads": "1",
}

# An amplifier with a gain of 1e4 carries the rounding of its input, 1e-16 of a volt and what the solution of the matrix
# adds to it, to its inner nodes. With vntol = 1e-12 Newton's method stalled there on 8 x 8 cells with op-amps: 20 s of
# gmin steps, source steps and transients, then failure. With 1e-10 the same deck takes 0.3 s, but decks of regulated
# cascodes, whose columns hold by another such gain, still stalled for 5 to 12 s, one in two. With 1e-9 they take 0.1 s
# and give the same outputs, because Newton's last step is far smaller than the one that it is judged by.
AMPLIFIER_OPTIONS: dict[str, str] = {**TRUTH_OPTIONS, "vntol": "1e-9"}

# KLU keeps its pivots from one iteration to the next, so its rounding noise is larger: with the tolerances above
# Newton's method took up to 16 times as many iterations (ngspice 44.2). With the tolerances below, the currents agree
# with those of Sparse within 2e-10 of full scale, in as many iterations. KLU pays only where ordering and factoring the
# matrix take time: for arrays of about 24 x 24 and more. Small decks, such as those of a cell, keep Sparse and its
# tighter tolerances.
KLU_OPTIONS: dict[str, str] = {**TRUTH_OPTIONS, "abstol": "1e-13", "vntol": "1e-10", "klu": ""}

# ngspice shortens a step until its error is below trtol * reltol of the charge on each capacitor, or of chgtol where
# the charge is smaller. Its default chgtol of 1e-14 C is more than an array holds (a wire of 1 fF at 0.1 V: 1e-16 C):
# no step was ever shortened. Measured against 20000 steps on 4 x 3 charge cells, 12 x 12 ohmic and 8 x 8 BSIM4 cells:
# settling times within 2e-4 and energies within 1e-5, in 300 to 700 steps; with the default chgtol, reltol = 1e-6 and
# 1000 equal steps they were within 3e-2 and 3e-3. Newton's own error (reltol) has to be small against that of a step,
# and a step must not ask for less than the rounding of a transistor's charge ("timestep too small" below trtol * reltol
# * chgtol = 1e-24 C). abstol is ngspice's default: with 1e-15 A the rounding of Q/step on a word line of 32 gates keeps
# Newton from converging.
TRANSIENT_OPTIONS: dict[str, str] = {
    "reltol": "1e-8",
    "trtol": "0.25",
    "chgtol": "3e-15",
    "abstol": "1e-12",
    "vntol": "1e-9",
    "gmin": "1e-15",
    "num_threads": "1",
}

# A whole chain in time. Measured on 8 x 8 cells with amplifiers and SARs: codes equal those with reltol = 1e-4, and
# voltages before the ADC are within 1e-3 LSB of 8 bits, in 0.6 of the time.
CHAIN_OPTIONS: dict[str, str] = {
    "reltol": "1e-3",
    "abstol": "1e-12",
    "vntol": "1e-6",
    "gmin": "1e-15",
    "chgtol": "1e-17",
    "num_threads": "1",
}

LARGE_DECK_LINES = 2000

_VALUE = re.compile(r"[A-Za-z0-9.+-]*")


def choose_options(
    options: Mapping[str, str] | None, deck: str, *, klu: bool, amplifiers: bool = False
) -> dict[str, str]:
    """Check the options of a deck, or choose the truth options of the linear solver that suits it.

    Args:
        options: Solver options; None: `KLU_OPTIONS` for a large deck if the simulator supports KLU, else
            `AMPLIFIER_OPTIONS` or `TRUTH_OPTIONS`. `klu` is added to other options of such a large deck, unless they
            contain `sparse`.
        deck: Text of the deck.
        klu: True if the simulator honours `klu`.
        amplifiers: Whether sense amplifiers in the deck are circuits.

    Raises:
        InputError: As in `check_options`.
    """
    klu = klu and deck.count("\n") > LARGE_DECK_LINES
    if options is None:
        return dict(KLU_OPTIONS if klu else AMPLIFIER_OPTIONS if amplifiers else TRUTH_OPTIONS)
    checked = check_options(options)
    return {**checked, "klu": ""} if klu and "sparse" not in checked else checked


def check_options(options: Mapping[str, str]) -> dict[str, str]:
    """Return the options with lower-case names.

    Raises:
        InputError: ngspice does not know an option, or its value is neither a number nor a word.
    """
    checked = {}
    for name, value in options.items():
        if name.lower() not in SOLVER_OPTIONS:
            raise InputError(
                f"options.{name} = {value!r}: not an option of ngspice, expected one of {sorted(SOLVER_OPTIONS)}"
            )
        if not _VALUE.fullmatch(str(value)):
            raise InputError(f"options.{name} = {value!r}: expected a number or a word, or '' for a flag")
        checked[name.lower()] = str(value)
    return checked


def option_line(options: Mapping[str, str]) -> str:
    """Write the `.options` line; an option with an empty value is a flag."""
    return ".options " + " ".join(f"{name}={value}" if value else name for name, value in options.items())


@checked
def add_options(deck: str, options: Mapping[str, str]) -> str:
    """Insert options before the deck's `.end`, where they override earlier `.options` lines (measured with ngspice 39).

    Text after `.end` is dropped. A deck without `.end` gets one.
    """
    lines = deck.splitlines()
    end = next((i for i, line in enumerate(lines) if i and line.strip().lower() == ".end"), len(lines))
    return (
        "\n".join([*lines[:end], option_line(options), ".end", ""])
        if options
        else "\n".join([*lines[:end], ".end", ""])
    )
