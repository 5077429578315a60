"""A poor fit is refused with what its data show."""

from pathlib import Path

import numpy as np
import pytest

from circuitsim.devices.fit import fit_current, fit_two_states
from circuitsim.devices.measurement import Measurement
from circuitsim.errors import InputError

V = np.linspace(-1, 1, 81)
UP = np.linspace(0, 1, 51)


def law(v, g=5e-5, v0=0.3):
    return g * 0.2 * np.sinh(v / v0) / np.sinh(0.2 / v0)


def measured(v, i, gap=None):
    return Measurement(Path("iv.csv"), v, i, gap)


@pytest.mark.parametrize(
    ("v", "i", "match"),
    [
        (V, np.abs(law(V)), r"the column holds \|i\|; write signed currents"),
        (V, -np.abs(law(V)), r"the column holds \|i\|"),
        (V, -law(V), r"the current runs against the voltage at every point: its sign is reversed; multiply"),
        (-UP, law(UP), r"its sign is reversed or the column holds \|i\|; multiply"),
        (np.r_[UP, UP[::-1]], np.r_[law(UP), law(UP[::-1], 5e-4)], r"its 2 sweeps differ by a factor of 10, "),
        (np.r_[UP, UP], np.r_[law(UP), law(UP, 1e-5)], r"its 2 sweeps differ by a factor of 5, "),
        (
            V,
            np.minimum(law(V), 3e-5),
            r"the current stays at 30 µA from 0\.475 V to 1 V, .*--v-max 0\.4625$",
        ),
        (V, np.maximum(law(V), -3e-5), r"the current stays at 30 µA from -0\.475 V to -1 V, as under a compliance"),
        (
            UP,
            np.where(UP > 0.61, 1e-3, law(UP)),
            r"jumps from .* to 1 mA at 0\.6 V, where the device switches: .* 0\.59$",
        ),
        (V, law(V) + 2e-4, r"200 µA flow at 0 V, where every form is 0: subtract the offset"),
        (V[V != 0], law(V[V != 0]) + 2e-4, r"200 µA flow at 0 V"),
        (V, 1e-5 * np.sign(V) * np.sqrt(np.abs(V)), r"i/v falls from .* none describes a sub-linear current"),
        (V, law(V) * (1 + 0.4 * np.cos(40 * V)), r"above 10 %: no fault was recognized in the data; plot them"),
    ],
)
def test_the_cause_of_a_poor_fit_is_recognized(v, i, match):
    with pytest.raises(InputError, match=match):
        fit_current(measured(v, i))


def test_several_gaps_under_a_form_that_knows_none():
    gap = np.repeat([0.2, 0.8], len(V))
    i = 6e-5 * np.exp(-gap / 0.275) * np.sinh(np.tile(V, 2) / 0.43)
    data = measured(np.tile(V, 2), i, gap)
    with pytest.raises(InputError, match=r"the file holds 2 gaps and the cubic form knows none: take --form gap$"):
        fit_current(data, "cubic")
    assert fit_current(data, "gap").rms < 1e-6


def test_a_fit_near_the_limit_is_judged_by_its_residual():
    noise = np.random.default_rng(1).standard_normal(len(V))
    fit = fit_current(measured(V, law(V) * (1 + 0.07 * noise)))
    assert 0.04 < fit.rms < 0.1
    assert fit.notes == ()
    with pytest.raises(InputError, match=r"iv\.csv: the (sinh|cubic) form leaves a residual of \d\d% rms, above 10 %"):
        fit_current(measured(V, law(V) * (1 + 0.2 * noise)))


def test_a_switching_loop_is_fitted_below_its_switching_voltages():
    v = np.r_[UP, UP[-2::-1], -UP[1:], -UP[-2::-1]]
    on = np.zeros(len(v), bool)
    on[31:132] = True  # SET at 0.62 V on the way up, RESET at -0.64 V on the way down
    i = np.where(on, law(v, 4e-5, 5.0), law(v, 2e-6, 0.3))
    with pytest.raises(InputError, match=r"differ by a factor of .*; the current jumps .* at 0\.6 V, .* --v-max 0\.59"):
        fit_current(measured(v, i))
    with pytest.raises(InputError, match=r"state of low conductance: .* the current jumps"):
        fit_two_states(measured(v, i))
    both = fit_two_states(measured(v, i).part(np.abs(v) <= 0.59), "sinh")
    assert both.low.values == pytest.approx({"g": 2e-6, "v0": 0.3}, rel=1e-6)
    assert both.high.values == pytest.approx({"g": 4e-5, "v0": 5.0}, rel=1e-4)


def test_two_states_of_the_gap_form_are_the_gaps():
    with pytest.raises(InputError, match=r"form = 'gap' takes its states from the column gap_nm"):
        fit_two_states(measured(V, law(V)), "gap")


@pytest.mark.parametrize("v_max", [1.0, 5.0, 40.0])
def test_a_wide_range_of_voltages_is_fitted_without_overflow(v_max):
    v = np.linspace(-v_max, v_max, 401)
    fit = fit_current(measured(v, 1e-6 * v * (1 + 0.2 * v**2)))
    assert fit.form == "cubic"
    assert fit.values["k"] == pytest.approx(0.2, rel=1e-6)


def test_a_read_voltage_that_was_not_measured_and_a_dead_current_are_refused():
    with pytest.raises(InputError, match=r"v_read = 0\.2 V, expected a voltage that was measured: 20 V to 400 V \(are"):
        fit_current(measured(20.0 * np.arange(-20, 21), 1e-6 * np.arange(-20, 21)))
    with pytest.raises(InputError, match=r"iv\.csv: every current is 0, expected a measured current"):
        fit_current(measured(V, 0 * V))
