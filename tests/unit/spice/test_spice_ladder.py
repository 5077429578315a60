"""The retry ladder climbs only where a change of options can help."""

import pytest

from circuitsim.spice.ladder import AGAIN, GMIN_FIRST, ITERATIONS, LOOSER, ROUNDING, SPARSE, climb, rungs_after
from circuitsim.spice.options import CHAIN_OPTIONS, TRANSIENT_OPTIONS, TRUTH_OPTIONS, check_options
from circuitsim.spice.verdict import Failure


@pytest.mark.parametrize("kind", ["time", "disk", "deck", "singular"])
def test_no_retry_where_it_would_fail_again(kind):
    assert rungs_after(Failure(kind, "why"), dict(TRUTH_OPTIONS)) == ()


def test_a_killed_process_gets_one_more_chance():
    assert rungs_after(Failure("killed", "why"), dict(TRUTH_OPTIONS)) == (AGAIN,)
    assert climb(dict(TRUTH_OPTIONS), AGAIN) == TRUTH_OPTIONS


def test_convergence_climbs_from_harmless_to_looser():
    rungs = rungs_after(Failure("convergence", "why"), dict(TRUTH_OPTIONS))
    assert [rung.change for rung in rungs] == [rung.change for rung in (ROUNDING, ITERATIONS, GMIN_FIRST, LOOSER)]
    tried = [dict(TRUTH_OPTIONS)]
    for rung in rungs:
        tried.append(climb(tried[-1], rung))
    assert [options["vntol"] for options in tried] == ["1e-12", "1e-9", "1e-12", "1e-12", "1e-9"]


@pytest.mark.parametrize("options", [{}, TRANSIENT_OPTIONS, CHAIN_OPTIONS, {"vntol": "1n"}])
def test_a_rung_tightens_nothing(options):
    """ngspice's own vntol, that of reads in time, and that of a user are 1e-9 V or more."""
    assert ROUNDING not in rungs_after(Failure("convergence", "why"), dict(options))


@pytest.mark.parametrize("kind", ["singular", "convergence", "values"])
def test_klu_is_given_up_first(kind):
    options = {**TRUTH_OPTIONS, "klu": ""}
    assert rungs_after(Failure(kind, "why"), options)[0] == SPARSE
    assert climb(options, SPARSE) == TRUTH_OPTIONS


@pytest.mark.parametrize("rung", [AGAIN, SPARSE, ROUNDING, ITERATIONS, GMIN_FIRST, LOOSER])
def test_every_rung_writes_options_that_ngspice_knows(rung):
    check_options(rung.options)
