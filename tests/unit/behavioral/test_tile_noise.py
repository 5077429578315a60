"""Tiles with other conductances, and read noise: against programming again and against cells solved one by one."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import behavioral, nodal
from circuitsim.behavioral import read_noise, reprogram, with_read_noise
from circuitsim.devices import load_card
from circuitsim.devices.device_toml_statistics import RelativeNoise
from circuitsim.devices.statistics import read_statistics, sample_read
from circuitsim.devices.statistics.statistics import ExtrapolationWarning
from circuitsim.errors import InputError, OutsideRangeError


@pytest.mark.parametrize(("spread", "rms"), [(0.01, 3e-4), (0.05, 2e-3)])
@pytest.mark.parametrize("grade", [1, 2, 4])
def test_scaling_a_tile_stands_in_for_programming_it_anew(make_model, conductances, inputs, grade, spread, rms):
    model = make_model(grade)
    g = conductances(model.spec)
    inside = np.clip(g, 1.2e-6, 8e-5)
    other = inside * (1 + spread * np.random.default_rng(3).standard_normal(g.shape).clip(-3, 3))
    v = inputs(model.spec.array.rows, model.v_range)
    anew = behavioral.mvm(behavioral.program(model, other), v)
    old = behavioral.program(model, inside)
    scaled = behavioral.mvm(reprogram(old, inside, other), v)
    error = np.sqrt(np.mean((scaled - anew) ** 2)) / np.abs(anew).max()
    unchanged = np.sqrt(np.mean((behavioral.mvm(old, v) - anew) ** 2)) / np.abs(anew).max()
    assert error <= rms
    assert error < 0.4 * unchanged


def test_scaling_refuses_open_cells_and_wrong_shapes(make_model, conductances):
    model = make_model(1)
    g = conductances(model.spec)
    g[0, 0] = 0.0
    tile = behavioral.program(model, g)
    with pytest.raises(InputError, match="open cell"):
        reprogram(tile, g, g + 1e-6)
    with pytest.raises(InputError, match=r"expected \(rows, cols\)"):
        reprogram(tile, g.T, g.T)
    with pytest.raises(InputError, match=r"g has shapes \(33, 28\), \(33, 28\): expected \(rows, cols\)"):
        reprogram(tile, np.ones((33, 28)), np.ones((33, 28)))


def test_read_noise_is_that_of_the_cells(make_spec, make_model, conductances):
    """Conductances drawn for every read, each array solved exactly, against the noise added to the tile's currents."""
    spec = make_spec(8, 6, v_read=0.4, r_row=1.0, r_col=1.0, r_out=5.0, r_in=5.0)
    model = make_model(3, None, spec=spec)
    g = np.clip(conductances(spec), 2e-6, 5e-5)
    g[2, 3] = 0.0
    stats = read_statistics(load_card("rram_wan"))
    noise = RelativeNoise(form="relative", value=0.02)  # a first-order law holds within 1 % of it
    stats = dataclasses.replace(stats, table=stats.table.model_copy(update={"read_noise": noise}))
    tile = behavioral.program(model, g)
    v = np.random.default_rng(5).uniform(0, 0.4, (1, 8))
    rng, reads = np.random.default_rng(6), 300
    solved = [
        nodal.read(nodal.prepare(spec, sample_read(stats, g, g, rng=rng), model.surface, v_range=model.v_range), v)
        for _ in range(reads)
    ]
    expected = np.concatenate([solution.i_out for solution in solved]).std(axis=0)
    noise = read_noise(tile, stats, g)
    many = np.repeat(v, 20_000, axis=0)
    i_out = behavioral.mvm(tile, many)
    added = (with_read_noise(tile, noise, many, i_out, rng=rng) - i_out).std(axis=0)
    # A standard deviation from 300 reads is known to 4.1 %: 12 % is three of them, 5 % for the mean of six columns.
    assert_allclose(added, expected, rtol=0.12, atol=0)
    assert_allclose(np.mean(added / expected), 1.0, rtol=0.05, atol=0)
    assert_allclose(np.sqrt((v**2 @ noise.variance)[0]), added, rtol=0.02, atol=0)  # 20 000 draws: 0.5 %


@pytest.mark.parametrize("v_ref", [0.0, 0.1])
def test_one_product_scales_with_its_cells_and_open_ones_stay_open(make_spec, make_model, conductances, v_ref):
    model = make_model(1, v_range=(0.0, 0.4), spec=make_spec(8, 6, v_read=0.3, v_ref=v_ref))
    g = conductances(model.spec)
    g[2, 3] = 0.0
    tile, v = behavioral.program(model, g), np.random.default_rng(0).uniform(0, 0.4, (5, 8))
    scaled = reprogram(tile, g, 0.98 * g)
    # The current that reaches an open cell's column through other rows is scaled away with the cell.
    assert_allclose(behavioral.mvm(scaled, v), 0.98 * behavioral.mvm(tile, v), rtol=1e-4, atol=0)
    assert np.all(scaled.w[2, 3] == 0.0)
    assert_allclose(behavioral.mvm(scaled, np.full((1, 8), v_ref)), 0.0, atol=1e-18)
    half = g.copy()
    half[:, 1] *= 0.5
    ratio = behavioral.mvm(reprogram(tile, g, half), v) / behavioral.mvm(tile, v)
    assert_allclose(ratio, np.where(np.arange(6) == 1, 0.5, 1.0) * np.ones((5, 1)), rtol=1e-4, atol=0)


def test_noise_is_stated_as_long_as_its_source_holds(make_model):
    model = make_model(1)
    g = np.full(model.spec.shape, 1e-5)
    tile, stats = behavioral.program(model, g), read_statistics(load_card("pcm_hermes"))
    early, late = (read_noise(tile, stats, g, t=t).variance for t in (0.0, 1e6))
    assert np.all(late > early)
    with pytest.raises(OutsideRangeError, match=r"pcm_hermes: t = 1e\+07 s, its source holds from 0 to 2\.6e\+06 s"):
        read_noise(tile, stats, g, t=1e7)
    with pytest.warns(ExtrapolationWarning):
        assert np.all(read_noise(tile, stats, g, t=1e7, extrapolate=True).variance > late)


def test_rows_at_the_reference_carry_no_noise(make_spec, make_model, conductances):
    model = make_model(1, v_range=(0.0, 0.4), spec=make_spec(8, 6, v_read=0.3, v_ref=0.1))
    g = np.clip(conductances(model.spec), 2e-6, 3.9e-5)
    tile = behavioral.program(model, g)
    noise = read_noise(tile, read_statistics(load_card("rram_wan")), g)
    v = np.full((1, 8), 0.1)
    i_out = behavioral.mvm(tile, v)
    np.testing.assert_array_equal(with_read_noise(tile, noise, v, i_out, rng=np.random.default_rng(0)), i_out)
    v[0, 3] = 0.3
    assert_allclose(noise.variance, (0.01 * tile.w) ** 2, rtol=1e-12, atol=0)  # 1 % of every cell
    drawn = with_read_noise(tile, noise, v, i_out, rng=np.random.default_rng(0)) - i_out
    expected = 0.2 * 0.01 * tile.w[3] * np.random.default_rng(0).standard_normal((1, 6))
    assert_allclose(drawn, expected, rtol=1e-9, atol=1e-24)
