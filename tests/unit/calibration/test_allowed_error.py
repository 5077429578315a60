"""A tile is judged by the largest error that was found for matrices of its column load."""

import dataclasses
import warnings

import pytest
from small_certificate import TABLE, small_certificate, worst_found

from circuitsim.calibration.allowed_error import check_worst
from circuitsim.errors import InputError, OutsideRangeError, WorstCaseWarning

CERTIFICATE = small_certificate(worst=worst_found(), by_load=TABLE)  # the largest error drawn is 1e-4


def silent(load, **given):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_worst(CERTIFICATE, load, **({"max_error": None, "strict": False} | given))


def test_a_load_whose_errors_are_allowed_passes_in_silence():
    silent(0.1, max_error=1e-4, strict=True)
    silent(0.5, max_error=4e-4, strict=True)
    silent(0.3, strict=True)  # without max_error nothing is refused, and 4e-4 is below five times 1e-4


@pytest.mark.parametrize(
    ("load", "max_error", "words"),
    [
        (0.6, 1e-3, "errors of up to 0.20 % of full scale were found for matrices with a column load up to 1, above "),
        (0.6, 1e-3, "expected a matrix whose largest column mean is at most 0.5 of g_max"),
        (0.11, 3e-4, "column load up to 0.5, above max_error = 0.0003: expected a matrix .* at most 0.1 of g_max"),
        (0.05, 5e-5, "no load has errors that small, up to 0.1 they reach 0.010 %; calibrate with max_worst = 5e-05"),
    ],
)
def test_a_load_above_it_is_refused_with_the_load_that_would_do(load, max_error, words):
    with pytest.raises(OutsideRangeError, match=words) as refused:
        check_worst(CERTIFICATE, load, max_error=max_error, strict=True)
    assert str(refused.value).endswith("(strict)") and "\n" not in str(refused.value)
    with pytest.warns(WorstCaseWarning, match=words):
        check_worst(CERTIFICATE, load, max_error=max_error, strict=False)


def test_a_worst_case_far_above_typical_errors_is_told():
    with pytest.warns(WorstCaseWarning, match=r"while 0\.010 % is the largest of 2 drawn"):
        check_worst(CERTIFICATE, 0.9, max_error=None, strict=False)
    silent(0.9, max_error=2e-3)  # who states what he allows needs no advice


def test_what_cannot_be_judged_is_refused():
    without = dataclasses.replace(CERTIFICATE, by_load=None)
    check_worst(without, 0.9, max_error=None, strict=True)
    with pytest.raises(InputError, match=r"max_error = 0\.001: the certificate states no worst error by column load"):
        check_worst(without, 0.9, max_error=1e-3, strict=False)
    with pytest.raises(InputError, match="max_error = 0: expected a fraction of full scale > 0"):
        check_worst(CERTIFICATE, 0.9, max_error=0.0, strict=False)


def test_the_error_of_a_tile_comes_from_the_table_and_without_it_from_the_worst_case():
    at = CERTIFICATE.tile_error(0.2)
    assert (at.full_scale, at.typical_rms, at.load, at.worst) == (1e-4, CERTIFICATE.typical.rms, 0.2, 4e-4)
    assert dataclasses.replace(CERTIFICATE, by_load=None).tile_error(0.2).worst == 2e-3
    assert dataclasses.replace(CERTIFICATE, by_load=None, worst=None).tile_error(0.2).worst is None
