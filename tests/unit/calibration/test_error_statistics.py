import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.calibration import error_statistics
from circuitsim.errors import InputError


def test_sums_up_a_known_distribution():
    error = np.array([[3e-3, -4e-3], [0.0, 1e-3]])
    found = error_statistics(error)
    assert_allclose(found.rms, np.sqrt((9 + 16 + 0 + 1) / 4) * 1e-3, rtol=1e-14)
    assert_allclose([found.max, found.mean_abs], [4e-3, 2e-3], rtol=1e-14)
    assert abs(found.bias) < 1e-18 and found.samples == 4
    assert found.p50 <= found.p95 <= found.p99 <= found.max


@pytest.mark.parametrize(
    ("bad", "said"), [([], "0 values"), ([np.nan], "1 values, 1 of them"), ([1.0, np.inf], "2 values, 1 of them")]
)
def test_refuses_what_cannot_be_summed_up(bad, said):
    with pytest.raises(InputError, match=f"error has {said}.* expected one or more, all finite"):
        error_statistics(np.array(bad))


def test_percentiles_are_those_of_the_size_of_errors():
    """Errors spread evenly from 0 to 1: half of them are below 0.5, and so on."""
    error = np.linspace(0.0, 1.0, 1001)
    found = error_statistics(error)
    assert_allclose([found.p50, found.p95, found.p99, found.p999], [0.5, 0.95, 0.99, 0.999], rtol=1e-9)
    assert_allclose([found.mean_abs, found.bias, found.rms], [0.5, 0.5, np.sqrt(np.mean(error**2))], rtol=1e-9)
    turned = error_statistics(-error)
    assert (turned.bias, turned.p95, turned.rms) == (-found.bias, found.p95, found.rms)
