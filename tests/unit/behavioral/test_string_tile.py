"""Tiles of strings, against the array solver: errors are of each current itself."""

import numpy as np
import pytest
from gated_arrays import log_uniform, solved
from numpy.testing import assert_allclose, assert_array_equal
from string_arrays import classes_of_series, series_model, series_spec

from circuitsim import behavioral, export
from circuitsim.behavioral import string_balance
from circuitsim.behavioral.string_read import _by_arrays
from circuitsim.errors import InputError, SpecError
from circuitsim.network.fitting_array import check_network_array
from circuitsim.results import load_model, save_model

# Largest error of the worst class of inputs, of the current itself; measured × 1.3.
ALLOWED = {1: 2.1e-3, 2: 9.2e-5, 3: 6.6e-5}


def errors(model, g, x, **how):
    dtype = how.get("dtype", "float64")
    return behavioral.mvm(behavioral.program(model, g, **how), x.astype(dtype)) / solved(model, g, x).out - 1


def every_input(rows):
    return np.concatenate(list(classes_of_series(rows).values()))


@pytest.mark.parametrize("grade", ALLOWED)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_class_of_inputs_is_within_its_grade(grade, dtype):
    spec = series_spec(64, 18)
    model, g = series_model(spec, grade), log_uniform(spec)
    for name, x in classes_of_series(64).items():
        assert np.abs(errors(model, g, x, dtype=dtype)).max() <= ALLOWED[grade], name
    out = solved(model, g, every_input(64)).out
    assert out.max() > 300 * out.min()  # one current could not be the measure of all


@pytest.mark.parametrize(
    "parts",
    [
        {"sense": {"v_ref": 0.04, "r_in": 300.0}, "driver": {"v_read": 0.16, "r_out": 200.0}},
        {"wire": {"r_col": 0.0}},
        {"wire": {"r_col": 60.0}},
        {"wire": {"r_col": np.linspace(0.0, 80.0, 49 * 18).reshape(49, 18).tolist()}},
        {"array": {"rows": 5}},
    ],
    ids=["ends", "no wires", "wires", "wires of their own", "few rows"],
)
def test_other_strings_are_described_as_well(parts):
    spec = series_spec(48, 18, **parts)
    x = every_input(spec.array.rows)
    assert np.abs(errors(series_model(spec, 3), log_uniform(spec), x)).max() < 5e-4


@pytest.mark.parametrize("matrix", ["binary", "low", "high", "one column low"])
def test_other_matrices_are_described_as_well(matrix):
    spec = series_spec(48, 18)
    low, high = spec.device.g_min, spec.device.g_max
    g = np.full(spec.shape, low if matrix == "low" else high)
    if matrix == "binary":
        g = np.where(np.random.default_rng(0).random(spec.shape) < 0.5, low, high)
    elif matrix == "one column low":
        g[:, 3] = low
    assert np.abs(errors(series_model(spec, 3), g, every_input(48))).max() < 4e-4


@pytest.mark.parametrize(("v_read", "allowed"), [(0.4, 5e-4), (0.6, 4e-3)])
def test_strongly_nonlinear_devices_are_followed(v_read, allowed):
    """At 0.6 V a device alone conducts twice as well as at small voltages; odd powers alone lost the solution."""
    spec = series_spec(48, 18, driver={"v_read": v_read})
    assert np.abs(errors(series_model(spec, 3), log_uniform(spec), every_input(48))).max() < allowed


def test_a_step_below_bypassed_cells_is_placed_exactly():
    """One selected cell lifts all above it: with one band the profile is right on average, wherever the cell lies."""
    spec = series_spec(32, 4)
    model, g = series_model(spec, 1), np.full(spec.shape, 1e-4)
    tile = behavioral.program(model, g)
    found, exact = behavioral.mvm(tile, np.eye(32)), solved(model, g, np.eye(32)).out
    assert np.ptp(exact[:, 0]) > 0.015 * exact.max()  # the bypasses conduct less above the step
    moved = (found / exact - 1)[:, 0]
    assert np.ptp(moved) < 2e-3 and tile.form.bands == 1


def test_currents_are_those_of_the_balance():
    """More iterations change nothing, and array operations give what compiled lanes give."""
    spec = series_spec(16, 18)
    x = every_input(16)
    tile = behavioral.program(series_model(spec, 3), log_uniform(spec))
    compiled = behavioral.mvm(tile, x)
    assert_allclose(_by_arrays(tile, x)[:, :18], compiled, rtol=1e-12, atol=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(string_balance, "ITERATIONS", 12)
        assert_allclose(compiled, _by_arrays(tile, x)[:, :18], rtol=3e-6, atol=0)
    assert_array_equal(behavioral.mvm(tile, x[3:5]), compiled[3:5])


def test_forms_and_prices():
    few, many = (
        behavioral.program(series_model(spec, 3), log_uniform(spec)) for spec in (series_spec(3), series_spec())
    )
    assert few.form == behavioral.StringForm(7, 3) and many.form == behavioral.StringForm(7, 4)
    assert many.products == 9 and many.form.phrase == "nine matrix products, 4 bands of rows"
    assert behavioral.model_form(series_model(series_spec(3), 3)) == few.form
    with pytest.raises(InputError, match=r"form: powers = 0, bands = 1: expected both 1 or more"):
        behavioral.StringForm(0, 1)


def test_power_is_that_of_the_bias():
    spec = series_spec(16, 5)
    model, g, x = series_model(spec, 3), log_uniform(spec), every_input(16)
    tile = behavioral.program(model, g)
    assert_allclose(behavioral.power(tile, x), solved(model, g, x).power, rtol=1e-3, atol=0)


def test_a_model_keeps_its_currents_in_a_file(tmp_path):
    spec = series_spec(8, 5)
    model, g = series_model(spec), log_uniform(spec)
    again = load_model(save_model(tmp_path, model))
    assert again.digest == model.digest
    x = every_input(8)
    assert_array_equal(behavioral.mvm(behavioral.program(again, g), x), behavioral.mvm(behavioral.program(model, g), x))


def test_what_strings_cannot_be_is_refused():
    spec = series_spec(8, 5)
    model, g = series_model(spec), log_uniform(spec)
    open_cell = g.copy()
    open_cell[2, 3] = 0.0
    with pytest.raises(InputError, match=r"g\[2, 3\] = 0 S: an open cell breaks its string"):
        behavioral.program(model, open_cell)
    with pytest.raises(InputError, match=r"grade = 4: expected 1 \(five matrix products\)"):
        behavioral.program(series_model(spec, 4), g)
    with pytest.raises(InputError, match=r"inputs = 'analog' with array.input_line = 'string': expected 'binary'"):
        behavioral.program(model, g, inputs="analog")
    tile = behavioral.program(model, g)
    with pytest.raises(InputError, match=r"x holds another number than 0 and 1"):
        behavioral.mvm(tile, np.full((1, 8), 0.5))
    with pytest.raises(InputError, match=r"cannot export a tile whose inputs switch gates .*'string'"):
        export.spice_macro(tile)
    sentence = r"array.input_line = 'string': (CrossSim|aihwkit|NeuroSim) adds the currents of the cells of a column"
    for write in (export.crosssim_parameters, export.aihwkit_configuration):
        with pytest.raises(SpecError, match=sentence):
            write(spec)
    with pytest.raises(SpecError, match=sentence):
        export.neurosim_noise_table(model, bits=2, rng=np.random.default_rng(0))
    with pytest.raises(SpecError, match=r"array.input_line = 'string': a network is read by"):
        check_network_array(spec)
