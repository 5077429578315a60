"""Tiles whose gates have several levels, against the array solver."""

import importlib
from dataclasses import replace

import array_api_strict
import numpy as np
import pytest
from gated_arrays import classes_of_inputs, classes_of_levels, gated_spec, level_model, level_spec, log_uniform, solved
from numpy.testing import assert_allclose

from circuitsim import behavioral
from circuitsim.behavioral.level_read import read_levels
from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.results import load_model, save_model

LAST = 4


def errors(model, g, x, **how):
    dtype = how.get("dtype", "float64")
    exact = solved(model, g, x).out
    full = solved(model, g, np.ones((1, x.shape[1]))).out.max()
    return (behavioral.mvm(behavioral.program(model, g, **how), x.astype(dtype)) - exact) / full


# rms and largest error of the worst class of inputs, of full scale; measured × 1.3.
ALLOWED = {2: (1.25e-4, 4.1e-4), 3: (1.8e-5, 8.1e-5)}


@pytest.mark.parametrize("grade", ALLOWED)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_class_of_levels_is_within_its_grade(grade, dtype):
    spec = level_spec(48, 18, wire={"r_col": 3.0, "r_bl": 3.0})
    model, g = level_model(spec, grade), log_uniform(spec)
    rms, largest = ALLOWED[grade]
    for name, x in classes_of_levels(48, LAST).items():
        error = errors(model, g, x, dtype=dtype)
        assert np.sqrt(np.mean(error**2)) <= rms, name
        assert np.abs(error).max() <= largest, name


def test_one_product_adds_the_currents_of_the_levels():
    spec = level_spec(7, 5, wire={"r_col": 0.0, "r_bl": 0.0})
    for grade in behavioral.GATED_GRADES:
        x = np.concatenate(list(classes_of_levels(8, LAST).values()))[:, :7]
        assert np.abs(errors(level_model(spec, grade), log_uniform(spec), x)).max() < 1e-13


@pytest.mark.parametrize(("rows", "parts"), [(2, {}), (4, {}), (24, {}), (24, {"sense": {"r_in": 90.0}})])
@pytest.mark.parametrize("grade", behavioral.GATED_GRADES)
def test_array_operations_do_what_the_kernels_do(grade, rows, parts):
    wire = {"r_col": 0.0, "r_bl": 0.0} if parts else {}
    spec = level_spec(rows, 5, wire=wire, **parts)
    model, g = level_model(spec, grade), log_uniform(spec)
    x = np.random.default_rng(0).integers(0, LAST + 1, (70, rows)) / LAST
    found = np.asarray(behavioral.mvm(behavioral.program(model, g, xp=array_api_strict), array_api_strict.asarray(x)))
    assert found.shape == (70, 5)
    assert_allclose(found, behavioral.mvm(behavioral.program(model, g), x), rtol=1e-11, atol=1e-18)


def test_levels_of_two_voltages_are_gates_that_are_off_or_on():
    spec, gates = level_spec(24, 7, levels=(0.0, 1.8)), gated_spec(24, 7)
    levels = level_model(spec, strengths=(1e-6, 1.0))
    model, g = replace(levels, spec=gates), log_uniform(spec)
    x = np.concatenate(list(classes_of_inputs(24).values()))
    full = behavioral.mvm(behavioral.program(model, g), np.ones((1, 24))).max()
    found, expected = (behavioral.mvm(behavioral.program(each, g), x) for each in (levels, model))
    assert np.abs(found - expected).max() < 2e-6 * full  # leaks are parabolas here


def test_rows_at_the_lowest_level_carry_what_they_carry():
    """The lowest level may conduct; a tile of gates that are off holds such a leak to the typical drop."""
    spec = level_spec(24, 7)
    model, g = level_model(spec, 3, strengths=(0.2, 0.3, 0.5, 0.8, 1.0)), log_uniform(spec)
    g[:, 2] = 0.0
    exact = solved(model, g, np.zeros((1, 24))).out[0]
    found = behavioral.mvm(behavioral.program(model, g), np.zeros((1, 24)))[0]
    assert exact.max() > 1e-5 and found[2] == pytest.approx(0.0, abs=1e-18)
    assert_allclose(found, exact, rtol=1.4e-5, atol=1e-15)


def test_power_is_what_the_bias_delivers():
    spec = level_spec(24, 7, sense={"v_ref": 0.02})
    model, g, x = level_model(spec, 3), log_uniform(spec), classes_of_levels(24, LAST)["levels"]
    # Measured × 1.3.
    assert_allclose(behavioral.power(behavioral.program(model, g), x), solved(model, g, x).power, rtol=5.8e-5)


@pytest.mark.parametrize("kind", ["numpy", "array_api_strict"])
@pytest.mark.parametrize("grade", [1, 2])
@pytest.mark.parametrize("wrong", [0.3, -0.25, 1.25, np.nan, 1e300])
def test_what_selects_no_level_is_refused(kind, grade, wrong):
    xp = importlib.import_module(kind)
    spec = level_spec(8, 5)
    tile = behavioral.program(level_model(spec, grade), log_uniform(spec), xp=xp)
    x = np.full((3, 8), 0.5)
    x[1, 6] = wrong
    with pytest.raises(InputError, match=r"selects no level: expected k / 4 with a whole number k from 0 to 4"):
        behavioral.mvm(tile, xp.asarray(x))


def test_levels_are_met_to_rounding_of_float32():
    spec = level_spec(8, 5, levels=tuple(np.linspace(0.0, 1.8, 12)))
    model = level_model(spec, strengths=np.linspace(0.0, 1.0, 12) ** 2 + 1e-3)
    tile = behavioral.program(model, log_uniform(spec))
    x = np.random.default_rng(0).integers(0, 12, (5, 8)) / 11
    assert_allclose(behavioral.mvm(tile, x.astype(np.float32).astype(float)), behavioral.mvm(tile, x), rtol=0, atol=0)


def test_what_does_not_fit_is_refused():
    spec = level_spec(8, 5)
    model, g = level_model(spec), log_uniform(spec)
    for inputs in ("binary", "analog"):
        with pytest.raises(InputError, match=rf"inputs = '{inputs}' .* expected none with gate_levels"):
            behavioral.program(model, g, inputs=inputs)
    short = replace(model.between[1], g_range=(1e-6, 2e-6))
    with pytest.raises(OutsideRangeError):
        behavioral.program(replace(model, between=(model.between[0], short, model.between[2])), g)
    assert read_levels(behavioral.program(model, g), np.zeros((0, 8))).shape == (0, 5)


def test_a_model_keeps_its_levels_on_disk(tmp_path):
    model = level_model(level_spec(8, 5))
    save_model(tmp_path, model)
    assert load_model(tmp_path) == model and load_model(tmp_path).digest == model.digest
    swapped = replace(model, between=model.between[::-1])
    assert swapped.digest != model.digest
    (tmp_path / "model_level_2.npz").write_bytes((tmp_path / "model_level_1.npz").read_bytes())
    with pytest.raises(InputError, match=r"model_level_2\.npz: does not belong to model\.json"):
        load_model(tmp_path)
    save_model(tmp_path / "few", replace(model, between=model.between[:2]))
    with pytest.raises(InputError, match=r"(?s)between = .*expected a cell for each of driver\.gate_levels"):
        load_model(tmp_path / "few")
