"""Sense amplifiers with a steep curve on a tile: programmed with the model, settled, compiled, and their power."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import behavioral, chain
from circuitsim.behavioral import sense as sense_module
from circuitsim.errors import InputError
from circuitsim.results import SenseTable, TileModel

# A vector of faint inputs is read to 1e-6 of its own largest output; the errors tested here are larger.
pytestmark = pytest.mark.filterwarnings("ignore::circuitsim.errors.CellErrorWarning")
CURRENT = np.concatenate([[-1e-15], np.geomspace(1e-11, 4e-4, 600)])
CASCODE = SenseTable(
    current=CURRENT,
    drop=np.concatenate([[-1e-3], 4e-3 * np.log1p(CURRENT[1:] / 1e-6)]),
    reported=1.8 - 3e3 * CURRENT - 5e5 * CURRENT**2,
    unit="V",
    block="cascode",
)


@pytest.fixture
def circuit_spec(make_spec):
    return make_spec(rows=24, cols=20, r_in=0.0, v_ref=0.1).replace(sense={"model": "regulated_cascode_p"})


@pytest.fixture
def models(circuit_spec, make_model):
    """The model of each grade, its cells a sinh that is characterized for all column voltages."""
    ideal = circuit_spec.replace(sense={"kind": "virtual_ground"})
    surface = make_model(v0=0.25, v_range=(0.0, 0.4), spec=ideal).surface
    return {grade: TileModel(circuit_spec, surface, grade, (0.1, 0.3), CASCODE) for grade in (1, 2, 3, 4)}


@pytest.fixture
def volts(circuit_spec, inputs):
    return 0.1 + inputs(circuit_spec.array.rows, (0.0, 0.2))


@pytest.mark.parametrize(("grade", "limit"), [(1, 3e-2), (2, 1.5e-3), (3, 1.5e-3), (4, 1.5e-3)])
def test_tiles_settle_into_the_curve(models, conductances, volts, grade, limit):
    model = models[grade]
    g = conductances(model.spec) / 4
    exact = chain.read_exact(chain.model_array(model, np.maximum(g, 1e-6)), volts)
    tile = behavioral.program(model, np.maximum(g, 1e-6))
    current = behavioral.mvm(tile, volts)
    scale = exact.i_sense.max()
    assert np.abs(current - exact.i_sense).max() < limit * scale
    swing = np.ptp(exact.out)
    assert np.abs(behavioral.tile_outputs(tile, volts) - exact.out).max() < limit * swing
    if grade > 1:  # what the settling and the levels of the columns are for
        without = behavioral.mvm(replace(tile, sense=None), volts)
        assert np.abs(without - exact.i_sense).max() > 10 * limit * scale
        linear = behavioral.settle(tile, without, CASCODE)
        assert np.abs(linear - exact.i_sense).max() > 2 * np.abs(current - exact.i_sense).max()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_compiled_settling_is_the_plain_one(models, conductances, volts, dtype, monkeypatch):
    tile = behavioral.program(models[3], np.maximum(conductances(models[3].spec) / 4, 1e-6), dtype=dtype)
    v = np.concatenate([volts] * 6).astype(dtype)
    assert v.shape[0] * tile.cols > sense_module._LEAST_COMPILED
    fast = behavioral.tile_outputs(tile, v)
    monkeypatch.setattr(sense_module, "_LEAST_COMPILED", 10**9)
    plain = behavioral.tile_outputs(tile, v)
    assert fast.dtype == plain.dtype == dtype
    assert_allclose(fast, plain, rtol=0, atol=1e-4 * np.ptp(plain))


def test_power_and_rows_feel_the_amplifier(models, conductances, volts):
    model = models[3]
    g = np.maximum(conductances(model.spec) / 4, 1e-6)
    exact, tile = chain.read_exact(chain.model_array(model, g), volts), behavioral.program(model, g)
    assert_allclose(behavioral.power(tile, volts), exact.power, rtol=0, atol=1.3e-2 * exact.power.max())
    ignored = behavioral.power(replace(tile, sense=None), volts)
    assert np.abs(ignored - exact.power).max() > 2e-2 * exact.power.max()
    rows = behavioral.read_rows(behavioral.row_currents(model, g), tile, volts)
    assert_allclose(rows, exact.i_row, rtol=0, atol=3e-3 * exact.i_row.max())
    linear = (volts - 0.1) @ behavioral.row_currents(model, g).w_row
    assert np.abs(linear - exact.i_row).max() > 5 * np.abs(rows - exact.i_row).max()


def test_a_model_and_its_table_go_together(models, conductances):
    model, g = models[2], np.full(models[2].spec.shape, 1e-5)
    with pytest.raises(
        InputError, match=r"sense.model = 'regulated_cascode_p': the model has no table of this circuit"
    ):
        behavioral.program(replace(model, sense=None), g)
    ideal = model.spec.replace(sense={"kind": "virtual_ground"})
    with pytest.raises(InputError, match=r"the model has a table of 'cascode', and its specification names no circuit"):
        behavioral.program(replace(model, spec=ideal), g)
    assert replace(model, sense=replace(CASCODE, reported=2 * CASCODE.reported)).digest != model.digest


def test_the_reference_resistance_is_that_of_the_currents_used():
    straight = SenseTable(current=np.array([-1e-4, 0.0, 1e-4]), drop=np.array([-0.07, 0.0, 0.07]))
    assert sense_module.reference_resistance(straight, 1e-5) == pytest.approx(700.0)
    assert sense_module.reference_resistance(CASCODE, 1e-5) > 2 * sense_module.reference_resistance(CASCODE, 4e-4)


def fixed_point(tile, i_out, slope):
    """Solve I = i_out − (own − slope)·e − e @ coupling column by column until nothing moves, in float64."""
    own, current, extra = np.diag(tile.w_port), i_out, 0.0 * i_out
    coupling = (tile.w_port - np.diag(own)).T
    for _ in range(60):
        wanted = i_out - extra @ coupling
        current, extra = behavioral.meet_curve(CASCODE, wanted, current, np.maximum(own - slope, 0.0), tile.r_sense)
    return current


@pytest.mark.parametrize("r_out", [5.0, 2e3])
@pytest.mark.parametrize(("dtype", "cols"), [("float64", 20), ("float32", 20), ("float32", 33)])
def test_settled_currents_are_within_1e_5_of_the_fixed_point(make_spec, make_model, dtype, cols, r_out):
    """Drivers of 2 kohm couple the columns so that a pass divides the error by 3: it takes more passes."""
    ideal = make_spec(rows=24, cols=cols, r_in=0.0, r_out=r_out, v_ref=0.1)
    surface = make_model(v0=0.25, v_range=(-0.1, 0.4), spec=ideal).surface
    spec = ideal.replace(sense={"model": "regulated_cascode_p"})
    rng = np.random.default_rng(0)
    tile = behavioral.program(
        TileModel(spec, surface, 3, (0.1, 0.3), CASCODE), rng.uniform(1e-6, 2e-5, spec.shape), dtype=dtype
    )
    v = np.concatenate([rng.uniform(0.1, 0.3, (150, 24)), 0.1 + 0.2 * np.eye(24), np.full((1, 24), 0.1)])
    i_out, slope = behavioral.product._at_constant_resistance(tile, v.astype(dtype))
    assert i_out.size > sense_module._LEAST_COMPILED
    exact = fixed_point(tile, i_out.astype(float), slope.astype(float))
    for vectors in (slice(None), slice(0, 20)):  # compiled, and in any namespace
        settled = behavioral.settle(tile, i_out[vectors], CASCODE, slope=slope[vectors])
        assert settled.dtype == dtype
        assert_allclose(settled, exact[vectors], rtol=0, atol=1e-5 * exact.max())


def test_a_vector_that_is_no_number_stays_alone(models, conductances, volts):
    tile = behavioral.program(models[3], np.maximum(conductances(models[3].spec) / 4, 1e-6))
    v = np.concatenate([volts] * 6)
    expected = behavioral.tile_outputs(tile, v)
    v[7, 3] = np.nan
    found = behavioral.tile_outputs(tile, v)
    assert np.isnan(found[7]).all()
    others = np.arange(len(v)) != 7
    assert_allclose(found[others], expected[others], rtol=0, atol=2e-5 * np.ptp(expected))


def test_a_table_that_was_changed_is_laid_out_again(models, conductances):
    g = np.maximum(conductances(models[1].spec) / 4, 1e-6)
    changed = replace(CASCODE, drop=CASCODE.drop.copy(), reported=CASCODE.reported.copy())
    tile = behavioral.program(models[1], g)
    volts = np.random.default_rng(0).uniform(0.1, 0.3, (128, g.shape[0]))
    i_out = behavioral.mvm(replace(tile, sense=None), volts)
    first = behavioral.settle(tile, i_out, changed), sense_module.reported_outputs(changed, i_out)
    changed.drop[:] *= 2
    changed.reported[:] -= 0.1
    again = behavioral.settle(tile, i_out, changed), sense_module.reported_outputs(changed, i_out)
    assert i_out.size >= sense_module._LEAST_COMPILED
    assert_allclose(again[1], first[1] - 0.1, rtol=0, atol=1e-5)
    fresh = replace(CASCODE, drop=2 * CASCODE.drop)
    assert_allclose(again[0], behavioral.settle(tile, i_out, fresh), rtol=0, atol=0)
    assert np.abs(again[0] - first[0]).max() > 1e-3 * np.abs(first[0]).max()
