"""The retry ladder climbs only where a change of options can help."""

import pytest

from circuitsim.spice.ladder import AGAIN, GMIN_FIRST, ITERATIONS, LOOSER, SPARSE, climb, rungs_after
from circuitsim.spice.options import TRUTH_OPTIONS, check_options
from circuitsim.spice.verdict import Failure


@pytest.mark.parametrize("kind", ["time", "disk", "deck", "singular"])
def test_no_retry_where_it_would_fail_again(kind):
    assert rungs_after(Failure(kind, "why"), dict(TRUTH_OPTIONS)) == ()


def test_a_killed_process_gets_one_more_chance():
    assert rungs_after(Failure("killed", "why"), dict(TRUTH_OPTIONS)) == (AGAIN,)
    assert climb(dict(TRUTH_OPTIONS), AGAIN) == TRUTH_OPTIONS


def test_convergence_climbs_from_harmless_to_looser():
    assert rungs_after(Failure("convergence", "why"), dict(TRUTH_OPTIONS)) == (ITERATIONS, GMIN_FIRST, LOOSER)


@pytest.mark.parametrize("kind", ["singular", "convergence", "values"])
def test_klu_is_given_up_first(kind):
    options = {**TRUTH_OPTIONS, "klu": ""}
    assert rungs_after(Failure(kind, "why"), options)[0] == SPARSE
    assert climb(options, SPARSE) == TRUTH_OPTIONS


@pytest.mark.parametrize("rung", [AGAIN, SPARSE, ITERATIONS, GMIN_FIRST, LOOSER])
def test_every_rung_writes_options_that_ngspice_knows(rung):
    check_options(rung.options)
