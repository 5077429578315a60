"""Options: checked names and values, and their place before `.end`."""

import numpy as np
import pytest

from circuitsim.errors import InputError
from circuitsim.spice.options import (
    AMPLIFIER_OPTIONS,
    KLU_OPTIONS,
    TRUTH_OPTIONS,
    add_options,
    check_options,
    choose_options,
)

DECK = "* title\nr1 a 0 1k\n.options reltol=1e-3\n.op\n.end\n"


def test_options_stand_last_before_end():
    assert add_options(DECK, {"reltol": "1e-10", "klu": ""}).splitlines()[-3:] == [
        ".op",
        ".options reltol=1e-10 klu",
        ".end",
    ]


def test_a_deck_without_end_gets_one_and_nothing_after_end_survives():
    assert add_options("* title\nr1 a 0 1k", {"gmin": "1e-15"}).endswith("\n.options gmin=1e-15\n.end\n")
    assert "shell" not in add_options(DECK + "shell date\n", {"gmin": "1e-15"})


def test_end_in_the_title_is_text():
    assert add_options(".end\nr1 a 0 1k\n.op\n.END\n", {"gmin": "1"}).splitlines() == [
        ".end",
        "r1 a 0 1k",
        ".op",
        ".options gmin=1",
        ".end",
    ]


def test_no_options_leave_the_deck_alone():
    assert add_options(DECK, {}) == DECK


@pytest.mark.parametrize("options", [{"reltoll": "1e-6"}, {"noinit": ""}, {"itl5": "0"}, {"scale": "1e-6"}])
def test_options_that_ngspice_ignores_or_that_change_the_circuit_are_refused(options):
    with pytest.raises(InputError, match="not an option"):
        check_options(options)


@pytest.mark.parametrize("value", ["1e-6\n.control", "1 2", "x;y", "`date`"])
def test_values_cannot_carry_a_line(value):
    with pytest.raises(InputError, match=r"options\.reltol"):
        check_options({"reltol": value})


def test_names_become_lower_case():
    assert check_options({"RELTOL": "1e-6"}) == {"reltol": "1e-6"}


LARGE = "* title\n" + "r1 a 0 1k\n" * 2001


@pytest.mark.parametrize(
    ("deck", "klu", "expected"),
    [
        (DECK, False, TRUTH_OPTIONS),
        (DECK, True, TRUTH_OPTIONS),
        (LARGE, False, TRUTH_OPTIONS),
        (LARGE, True, KLU_OPTIONS),
    ],
)
def test_defaults_follow_the_linear_solver(deck, klu, expected):
    assert choose_options(None, deck, klu=klu) == expected
    check_options(expected)
    assert "klu" not in TRUTH_OPTIONS


def test_given_options_are_taken_as_they_are_but_for_the_solver():
    given = {"reltol": "1e-6"}
    assert choose_options(given, LARGE, klu=False) == given
    assert choose_options(given, DECK, klu=True) == given
    assert choose_options(given, LARGE, klu=True) == {"reltol": "1e-6", "klu": ""}
    assert choose_options({**given, "sparse": ""}, LARGE, klu=True) == {**given, "sparse": ""}


def test_amplifiers_ask_for_no_more_than_their_gain_leaves():
    assert choose_options(None, DECK, klu=False, amplifiers=True) == AMPLIFIER_OPTIONS
    assert choose_options(None, LARGE, klu=True, amplifiers=True) == KLU_OPTIONS
    assert {name for name, value in AMPLIFIER_OPTIONS.items() if TRUTH_OPTIONS[name] != value} == {"vntol"}
    rounding = 1e4 * np.spacing(1.0)  # [V] at the output of a gain of 1e4
    assert float(TRUTH_OPTIONS["vntol"]) < rounding < 0.1 * float(AMPLIFIER_OPTIONS["vntol"])
