"""Figures of merit read off transfer curves with known answers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.characterization.transistor import transistor_figures
from circuitsim.errors import InputError


def test_an_exponential_curve_gives_its_threshold():
    gate = np.linspace(0, 1.2, 61)
    lin = 1e-12 * 10 ** (gate / 0.1)
    figures = transistor_figures(gate, lin, 10 * lin, lin * 10**-1.5, v_lin=0.05, w_over_l=10)
    assert_allclose(figures.v_th, 0.6, rtol=1e-9, atol=0)  # 1e-6 A is six decades at 100 mV each
    assert_allclose(figures.body_shift, 0.15, rtol=1e-9, atol=0)
    assert_allclose(figures.i_off, 1e-11, rtol=1e-12, atol=0)
    assert_allclose(figures.r_on, 0.05, rtol=1e-9, atol=0)


def test_a_pmos_reads_like_an_nmos():
    gate = np.linspace(0, -1.2, 61)
    lin = 1e-12 * 10 ** (-gate / 0.1)
    figures = transistor_figures(gate, -lin, -lin, lin / 10, v_lin=-0.05, w_over_l=10)
    assert_allclose(figures.v_th, 0.6, rtol=1e-9, atol=0)
    assert figures.r_on > 0


def test_a_transistor_that_never_turns_on_is_refused():
    gate = np.linspace(0, 1, 11)
    with pytest.raises(InputError, match=r"does not cross 1e-07 A"):
        transistor_figures(gate, gate * 1e-12, gate, gate, v_lin=0.05, w_over_l=1)
