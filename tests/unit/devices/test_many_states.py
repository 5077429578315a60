"""One law of several states: the currents come back between the states too; noise is not fitted."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.devices import StatesFit, fit_current, load_folder, read_measurement, write_folder
from circuitsim.errors import InputError

V = np.linspace(-0.5, 0.5, 41)
G = np.geomspace(1e-6, 1e-4, 7)


def current(g, v, v_read=0.2):
    """A memory whose v0 depends on its conductance, and whose two signs differ."""
    v0 = 0.3 + 0.05 * np.log10(g / 1e-5)
    return g * v * np.exp(v**2 / v0 + 0.3 * v) / np.exp(v_read**2 / (0.3 + 0.05 * np.log10(g / 1e-5)) + 0.3 * v_read)


def write(path, v=V, states=G, noise=0.0, heading="state,v_V,i_A"):
    rng = np.random.default_rng(3)
    lines = [heading]
    for k, g in enumerate(states):
        lines += [f"{k},{each:.9g},{current(g, each) * (1 + noise * rng.standard_normal()):.12g}" for each in v]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_conductances_and_currents_come_back(tmp_path):
    fit = fit_current(read_measurement(write(tmp_path / "a.csv")))
    assert isinstance(fit, StatesFit)
    assert_allclose(fit.g_states, G, rtol=1e-5, atol=0)
    assert fit.worst < 1e-4
    assert fit.notes == ()


def test_noise_is_left_as_the_residual_and_takes_no_powers(tmp_path):
    fit = fit_current(read_measurement(write(tmp_path / "a.csv", noise=0.02)))
    assert isinstance(fit, StatesFit)
    assert 0.015 < fit.rms < 0.025
    assert fit.coefficients.size <= 8
    assert_allclose(fit.g_states, G, rtol=0.02, atol=0)


def test_one_sign_is_mirrored_and_said(tmp_path):
    fit = fit_current(read_measurement(write(tmp_path / "a.csv", v=V[V >= 0])))
    assert isinstance(fit, StatesFit)
    assert fit.u_range == (0.0, 1.0)
    assert any("mirror" in note for note in fit.notes)


@pytest.mark.parametrize("heading", ["state,v_V,i_A", "State (1e26/m3),v_V,i_A", "state_nm,v_V,i_A", "gap_nm,v_V,i_A"])
def test_headings_of_states(tmp_path, heading):
    form = "states" if heading.startswith("gap") else "auto"
    assert fit_current(read_measurement(write(tmp_path / "a.csv", heading=heading)), form).form == "states"


@pytest.mark.parametrize(
    ("lines", "form", "said"),
    [
        ("v_V,i_A", "states", "needs a column state"),
        ("state,v_V,i_A", "sinh", "holds 7 states and the sinh form knows one: take --form states"),
    ],
)
def test_a_form_that_does_not_fit_the_columns(tmp_path, lines, form, said):
    path = write(tmp_path / "a.csv", heading=lines)
    if lines == "v_V,i_A":
        path.write_text("v_V,i_A\n" + "\n".join(f"{v},{current(1e-5, v)}" for v in V), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        fit_current(read_measurement(path), form)


def test_states_that_do_not_differ_are_refused(tmp_path):
    with pytest.raises(InputError, match="states have the same conductance"):
        fit_current(read_measurement(write(tmp_path / "a.csv", states=[1e-5, 1e-5])))


def test_a_read_voltage_beyond_a_state_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"v_read = 0\.7 V, but state 0 was measured up to 0\.5 V"):
        fit_current(read_measurement(write(tmp_path / "a.csv")), "states", v_read=0.7)


def test_the_folder_loads_with_the_measured_range(tmp_path):
    fit = fit_current(read_measurement(write(tmp_path / "a.csv")))
    card = write_folder(fit, tmp_path / "mine")
    assert card == load_folder(tmp_path / "mine")
    assert card.state is not None
    assert_allclose([card.state.g_min, card.state.g_max], [G[0], G[-1]], rtol=1e-5, atol=0)
