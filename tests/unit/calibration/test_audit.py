"""An audit finds wrong reads in proportion, and its confidence bound is the exact binomial one."""

import functools

import numpy as np
import pytest
from calibration_arrays import array_spec, surface
from scipy.stats import binom

from circuitsim import nodal
from circuitsim.behavioral import mvm, program
from circuitsim.calibration import audit, full_scale_of_box
from circuitsim.errors import InputError
from circuitsim.results import Audit, TileModel

SPEC, CELL = array_spec(), surface(0.1)
MODEL = TileModel(SPEC, CELL, 2, (0.0, 0.2))
G = np.random.default_rng(0).uniform(1e-6, 1e-4, SPEC.shape)
X = np.random.default_rng(1).uniform(0, 0.2, (200, 12))


@functools.cache
def full_scale():
    """Not a constant: it solves, and nothing may be compiled while tests are collected."""
    return full_scale_of_box(SPEC, CELL)[0]


def audited(**changed):
    given = {"fraction": 0.25, "limit": 1e-4, "rng": np.random.default_rng(2)} | changed
    return audit(MODEL, given.pop("g", G), given.pop("x", X), **given)


def test_a_good_tile_has_no_read_above_the_limit():
    found = audited(limit=1e-2)
    exact = nodal.read(nodal.prepare(SPEC, G, CELL), X).out
    largest = np.abs(mvm(program(MODEL, G), X) - exact).max() / full_scale()
    assert (found.reads, found.audited, found.above) == (200, 50, 0)
    assert 0 < found.largest <= largest and found.full_scale == full_scale()
    assert audited(limit=1e-2, fraction=1.0).largest == pytest.approx(largest, rel=1e-9)


def test_wrong_reads_are_counted():
    out = np.array(mvm(program(MODEL, G), X))
    out[:40, 3] += 0.05 * full_scale()
    out[5, 0] = np.nan
    found = audited(fraction=1.0, limit=0.01, out=out)
    assert found.above == 40 and found.largest == np.inf
    share = audited(limit=0.01, out=out)
    assert 0 < share.above < 40 and share.share_above > 0.2  # a fifth of all reads is wrong


def test_the_reads_are_chosen_by_the_generator():
    assert audited() == audited()
    assert audited().largest != audited(rng=np.random.default_rng(3)).largest


@pytest.mark.parametrize(("above", "n"), [(0, 1), (0, 300), (2, 50), (17, 60)])
def test_the_bound_is_exact(above, n):
    share = Audit(1000, n, 1e-4, above, 1e-3, 1e-4).share_above
    assert binom.cdf(above, n, share) == pytest.approx(0.05, rel=1e-6)
    if above == 0:
        assert share <= 3 / n


def test_the_bound_of_nothing_but_errors_is_all():
    assert Audit(10, 10, 1e-4, 10, 1e-3, 1e-4).share_above == 1.0


def test_where_all_reads_were_audited_the_share_is_known():
    audit = Audit(40, 40, 1e-4, 1, 1e-3, 1e-4)
    assert audit.share_above == 1 / 40
    assert audit.sentence.endswith("1 are above 0.010 %")


def test_a_share_of_everything_is_said_in_plain_percent():
    assert Audit(1000, 2, 1e-4, 2, 1.5, 1e-4).sentence.endswith("with 95 % confidence at most 100 % of the reads are")
    assert "the largest error is 150 % of" in Audit(10, 10, 1e-4, 2, 1.5, 1e-4).sentence


def test_the_sentence_states_what_was_seen_and_what_follows():
    sentence = Audit(1000, 300, 1e-4, 0, 4.2e-5, 1e-4).sentence
    assert sentence == (
        "300 of 1000 reads audited: the largest error is 0.0042 % of full scale, 0 are above 0.010 %; "
        "with 95 % confidence at most 0.99 % of the reads are"
    )


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"fraction": 0.0}, "fraction = 0: expected a share of the reads above 0, up to 1"),
        ({"fraction": "half"}, "fraction = 'half': expected a share of the reads above 0, up to 1"),
        ({"limit": -1.0}, r"limit = -1\.0: expected a finite number > 0"),
        ({"x": X[:0]}, r"x has shape \(0, 12\)"),
        ({"out": np.zeros((3, 10))}, r"out has shape \(3, 10\), expected \(batch, cols\) = \(200, 10\)"),
    ],
)
def test_what_makes_no_sense_is_refused(changed, sentence):
    with pytest.raises(InputError, match=sentence):
        audited(**changed)
