"""Intervals hold as often as they say: Student's of a mean, order statistics of a quantile, Clopper and Pearson's."""

import numpy as np
import pytest
from scipy import stats

from circuitsim.campaign.intervals import mean_interval, quantile_interval, share_interval


def test_the_interval_of_a_mean_is_students():
    values = np.random.default_rng(0).normal(3.0, 2.0, (4, 7))
    found = np.array(mean_interval(values, 0.9))
    wanted = stats.ttest_1samp(values, 0.0, axis=1).confidence_interval(0.9)
    np.testing.assert_allclose(found, [values.mean(axis=1), wanted.low, wanted.high], rtol=1e-12)


def test_draws_that_are_missing_do_not_count():
    values = np.array([[1.0, np.nan, 2.0, 4.0], [5.0, np.nan, np.nan, np.nan], [np.nan] * 4])
    mean, low, high = mean_interval(values, 0.95)
    exact = stats.ttest_1samp([1.0, 2.0, 4.0], 0.0).confidence_interval(0.95)
    np.testing.assert_allclose([mean[0], low[0], high[0]], [7 / 3, exact.low, exact.high])
    assert (mean[1], low[1], high[1]) == (5.0, -np.inf, np.inf) and np.isnan(mean[2])
    assert np.isnan(quantile_interval(values, 0.5, 0.95)[0][2])


@pytest.mark.parametrize(("q", "n"), [(0.5, 30), (0.9, 60), (0.9, 10), (0.02, 200)])
def test_the_interval_of_a_quantile_holds_as_often_as_it_says(q, n):
    """Uniform draws: the quantile is q. Discrete ranks hold more often than asked for, and never less."""
    _, low, high = quantile_interval(np.random.default_rng(1).uniform(size=(1500, n)), q, 0.9)
    for missed in (low > q, high < q):
        assert missed.mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1500)
    if n >= 30:
        assert (low > q).mean() + (high < q).mean() > 0.03, "the interval is wider than it has to be"
    else:
        assert np.isinf(high).all(), "ten draws say nothing about the upper end of the 90 % quantile"


def test_the_interval_of_a_share_is_the_exact_one():
    passed, count = np.array([0, 3, 17, 20]), np.array([20, 20, 20, 20])
    share, low, high = share_interval(passed, count, 0.95)
    exact = [stats.binomtest(int(k), 20).proportion_ci(0.95, method="exact") for k in passed]
    np.testing.assert_allclose(low, [each.low for each in exact], rtol=1e-9)
    np.testing.assert_allclose(high, [each.high for each in exact], rtol=1e-9)
    np.testing.assert_allclose(share, passed / 20)
    assert [float(part) for part in share_interval(np.array(0), np.array(0), 0.9)[1:]] == [0.0, 1.0]
