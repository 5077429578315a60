import numpy as np
import pytest

from circuitsim.calibration import differing_codes, error_statistics


def test_predicts_what_a_quantizer_does():
    rng = np.random.default_rng(1)
    full_scale, lsb, count = 2e-4, 1e-6, 20_000
    current = rng.uniform(0, full_scale, count)
    error = rng.normal(0, 1e-3, count)  # fraction of full scale: a fifth of an LSB
    differing = np.sum(np.rint(current / lsb) != np.rint((current + error * full_scale) / lsb))
    expected, at_most = differing_codes(error_statistics(error), full_scale, lsb, count)
    assert abs(differing - expected) < at_most - expected
    assert 0.1 * count < expected < 0.2 * count


def test_errors_beyond_an_lsb_change_every_code():
    expected, at_most = differing_codes(error_statistics(np.array([0.5])), 1.0, 0.1, 10)
    assert expected == at_most == 10


def test_the_limit_is_three_standard_deviations_of_a_binomial_distribution():
    """A quarter of 400 codes differs: 100 ± 8.66."""
    error = error_statistics(np.array([0.25, -0.25]))
    expected, most = differing_codes(error, 1e-3, 1e-3, 400)
    assert expected == pytest.approx(100.0, rel=1e-12)
    assert most == pytest.approx(100.0 + 3 * 75**0.5, rel=1e-12)
