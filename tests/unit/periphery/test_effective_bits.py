"""Effective number of bits: against the formula of IEEE 1241 on a free fit, and against the package adctoolbox."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from circuitsim.errors import InputError
from circuitsim.periphery import sine_bits, sine_record
from circuitsim.results import ConverterTable

BITS = 8


def bowed(bend, noise=0.0):
    """An ADC whose thresholds bow by `bend` LSB in the middle of the range."""
    x = np.linspace(-1, 1, 2**BITS - 1)
    return ConverterTable(BITS, 0.0, 1.0, bend * (1 - x**2), noise)


@pytest.mark.parametrize(("table", "least", "most"), [(bowed(0.0), 7.95, 8.02), (bowed(2.0), 6.2, 6.8)])
def test_nonlinearity_takes_bits(table, least, most):
    assert least < sine_bits(table) < most


def test_noise_takes_the_bits_that_its_variance_adds_to_that_of_rounding():
    sigma = 1.5  # LSB; large enough that rounding is independent of it
    table = bowed(0.0, sigma / (2**BITS - 1))
    expected = BITS - 0.5 * np.log2(1 + 12 * sigma**2)
    found = sine_bits(table, samples=1 << 15, amplitude=0.9, rng=np.random.default_rng(1))
    assert found == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("bend", [0.0, 1.0, 3.0])
def test_four_parameters_fitted_by_scipy_leave_the_same_residual(bend):
    table = bowed(bend)
    phases, codes = sine_record(table)

    def residual(p):
        return p[0] * np.sin(phases * p[3] + p[1]) + p[2] - codes

    fit = least_squares(residual, [127.0, 0.0, 127.5, 1.0], x_scale=[1, 1e-2, 1, 1e-6])
    rms = np.sqrt(np.mean(fit.fun**2))
    assert sine_bits(table) == pytest.approx(np.log2(2**BITS / (np.sqrt(12) * rms)), abs=2e-3)


@pytest.mark.parametrize("bend", [0.0, 0.5, 2.0])
def test_adctoolbox_finds_the_same_bits(bend):
    judge = pytest.importorskip("adctoolbox")
    table = bowed(bend)
    _, codes = sine_record(table)
    found = judge.analyze_spectrum(codes, max_scale_range=2**BITS, win_type="boxcar", side_bin=0, create_plot=False)
    assert sine_bits(table) == pytest.approx(found["enob"], abs=0.03)


def test_a_record_that_says_nothing_is_refused():
    with pytest.raises(InputError, match="samples = 10: expected 64 or more"):
        sine_record(bowed(0.0), samples=10)
    with pytest.raises(InputError, match=r"amplitude = 1\.5: expected a fraction"):
        sine_record(bowed(0.0), amplitude=1.5)
    with pytest.raises(InputError, match="has noise"):
        sine_bits(bowed(0.0, 0.1))
