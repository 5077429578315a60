"""Options: checked names and values, and their place before `.end`."""

import pytest

from circuitsim.errors import InputError
from circuitsim.spice.options import add_options, check_options

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
