"""Tiles with other conductances, and read noise: against programming again and against cells solved one by one."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import behavioral, chain
from circuitsim.behavioral import read_noise, reprogram, with_read_noise
from circuitsim.behavioral.noise import noise_sigma
from circuitsim.devices import load_card
from circuitsim.devices.device_toml_statistics import RelativeNoise
from circuitsim.devices.statistics import read_statistics, sample_read
from circuitsim.devices.statistics.statistics import ExtrapolationWarning
from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.results import SenseTable, TileModel


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
    wrong = g.copy()
    wrong[2, 3] = np.nan
    with pytest.raises(InputError, match=r"g_new\[2, 3\] = nan S: expected a finite conductance, 0 or above"):
        reprogram(tile, g, wrong)
    with pytest.raises(InputError, match=r"g has shapes \(33, 28\), \(33, 28\): expected \(rows, cols\)"):
        reprogram(tile, np.ones((33, 28)), np.ones((33, 28)))


NOISE = RelativeNoise(form="relative", value=0.02)  # a first-order law holds within 1 % of it
STATISTICS = read_statistics(load_card("rram_wan"))
STATISTICS = dataclasses.replace(STATISTICS, table=STATISTICS.table.model_copy(update={"read_noise": NOISE}))


SIZE = (12, 10)


def with_conductances(model, g, v):
    """Currents into the amplifiers (batch, cols) [A] of the exact array."""
    exact = chain.read_exact(chain.model_array(model, g, g_range=model.surface.g_range), v)
    return exact.out if exact.i_sense is None else exact.i_sense


def by_differences(model, g, v):
    """Standard deviations (batch, cols) [A] of exact reads, from the change that each cell makes by itself."""
    at_rest, change = with_conductances(model, g, v), []
    for cell in np.argwhere(g > 0):
        other = g.copy()
        other[tuple(cell)] *= 1 + NOISE.value / 4
        change.append(4 * (with_conductances(model, other, v) - at_rest))
    return np.sqrt(np.sum(np.square(change), axis=0))


def some_reads(rng, rows, v_read):
    far = np.where(np.arange(rows) < rows // 2, v_read, 0.0)
    uniform, faint = rng.uniform(0, v_read, (3, rows)), rng.uniform(0, v_read / 10, (1, rows))
    return np.concatenate([uniform, [far, v_read - far, np.full(rows, v_read)], faint])


@pytest.mark.parametrize(
    ("v0", "wire", "within", "old"),
    [(None, 1.0, 0.005, 0.02), (None, 120.0, 0.02, 0.3), (0.25, 120.0, 0.08, 0.4)],
    ids=["ohmic, 1 ohm", "ohmic, 120 ohm", "sinh, 120 ohm"],
)
def test_read_noise_is_that_of_the_cells(make_spec, make_model, v0, wire, within, old):
    """120 ohm a segment take half of the current."""
    spec = make_spec(*SIZE, v_read=0.4, r_row=wire, r_col=wire)
    model, rng = make_model(3, v0, spec=spec), np.random.default_rng(5)
    g = rng.uniform(4e-6, 8e-5, spec.shape)
    g[2, 3] = 0.0
    v = some_reads(rng, SIZE[0], 0.4)
    expected, tile = by_differences(model, g, v), behavioral.program(model, g)
    sigma = noise_sigma(tile, read_noise(model, STATISTICS, g), v, behavioral.mvm(tile, v))
    assert_allclose(np.mean(sigma / expected, axis=1), 1.0, rtol=0, atol=within)
    assert_allclose(sigma / expected, 1.0, rtol=0, atol=1.5 * within)
    by_own_input = np.sqrt((v * v) @ (NOISE.value * tile.w) ** 2)  # each cell at the voltage of its own row alone
    assert np.abs(np.mean(by_own_input / expected, axis=1) - 1.0).max() > old


def test_read_noise_is_that_of_drawn_conductances(make_spec, make_model):
    """300 reads know a standard deviation to 4.1 %, its mean over 10 columns and 7 inputs to about 1 %."""
    model = make_model(3, None, spec=make_spec(*SIZE, v_read=0.4, r_row=120.0, r_col=120.0))
    rng = np.random.default_rng(6)
    g, v = rng.uniform(4e-6, 8e-5, SIZE), some_reads(rng, SIZE[0], 0.4)
    reads = [with_conductances(model, sample_read(STATISTICS, g, g, rng=rng), v) for _ in range(300)]
    tile, noise = behavioral.program(model, g), read_noise(model, STATISTICS, g)
    ratio = noise_sigma(tile, noise, v, behavioral.mvm(tile, v)) / np.std(reads, axis=0)
    assert_allclose(np.mean(ratio), 1.0, rtol=0, atol=0.03)
    assert_allclose(ratio, 1.0, rtol=0, atol=0.15)


def test_a_cascode_takes_less_of_the_noise(make_spec, make_model):
    ideal = make_spec(*SIZE, v_read=0.2, v_ref=0.1, r_in=0.0)
    surface = make_model(1, None, v_range=(-0.1, 0.4), spec=ideal).surface
    current = np.concatenate([[-1e-15], np.geomspace(1e-11, 4e-4, 600)])
    drop = np.concatenate([[-1e-3], 8e-3 * np.log1p(current[1:] / 1e-6)])
    sense = SenseTable(current=current, drop=drop, reported=1.8 - 3e3 * current, unit="V", block="cascode")
    model = TileModel(ideal.replace(sense={"model": "regulated_cascode_p"}), surface, 3, (0.1, 0.3), sense)
    rng = np.random.default_rng(0)
    g, v = rng.uniform(4e-6, 4e-5, SIZE), 0.1 + some_reads(rng, SIZE[0], 0.2)
    tile, noise = behavioral.program(model, g), read_noise(model, STATISTICS, g)
    sigma = noise_sigma(tile, noise, v, behavioral.mvm(tile, v))
    assert_allclose(sigma, by_differences(model, g, v), rtol=0.02, atol=0)
    behind_r_sense = noise_sigma(dataclasses.replace(tile, sense=None), noise, v, behavioral.mvm(tile, v))
    assert np.abs(behind_r_sense / sigma - 1).max() > 0.1


def test_noise_is_drawn_with_its_standard_deviation(make_model, conductances):
    model = make_model(3)
    g = np.clip(conductances(model.spec), 2e-6, 8e-5)
    tile, noise = behavioral.program(model, g), read_noise(model, STATISTICS, g)
    v = np.repeat(np.random.default_rng(5).uniform(0, 0.4, (1, model.spec.array.rows)), 20_000, axis=0)
    i_out = behavioral.mvm(tile, v)
    added = with_read_noise(tile, noise, v, i_out, rng=np.random.default_rng(6)) - i_out
    sigma = noise_sigma(tile, noise, v[:1], i_out[:1])[0]
    assert_allclose(added.std(axis=0), sigma, rtol=0.02, atol=0)  # 20 000 draws: 0.5 %


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
    stats = read_statistics(load_card("pcm_hermes"))
    tile, v = behavioral.program(model, g), np.full((1, model.spec.array.rows), 0.2)
    i_out = behavioral.mvm(tile, v)
    early, late = (noise_sigma(tile, read_noise(model, stats, g, t=t), v, i_out) for t in (0.0, 1e6))
    assert np.all(late > early)
    with pytest.raises(OutsideRangeError, match=r"pcm_hermes: t = 1e\+07 s, its source holds from 0 to 2\.6e\+06 s"):
        read_noise(model, stats, g, t=1e7)
    with pytest.warns(ExtrapolationWarning):
        later = read_noise(model, stats, g, t=1e7, extrapolate=True)
    assert np.all(noise_sigma(tile, later, v, i_out) > late)


def test_rows_at_the_reference_carry_no_noise(make_spec, make_model, conductances):
    """With wires of next to nothing a cell at v_ref is without noise, and the others have 1 % of their own current."""
    spec = make_spec(8, 6, v_read=0.3, v_ref=0.1, r_row=1e-4, r_col=1e-4, r_out=0.0, r_in=0.0)
    model = make_model(1, None, v_range=(0.0, 0.4), spec=spec)
    g = np.clip(conductances(spec), 2e-6, 3.9e-5)
    tile = behavioral.program(model, g)
    noise = read_noise(model, read_statistics(load_card("rram_wan")), g)
    v = np.full((1, 8), 0.1)
    i_out = behavioral.mvm(tile, v)
    np.testing.assert_array_equal(with_read_noise(tile, noise, v, i_out, rng=np.random.default_rng(0)), i_out)
    v[0, 3] = 0.3
    drawn = with_read_noise(tile, noise, v, i_out, rng=np.random.default_rng(0)) - i_out
    expected = 0.01 * behavioral.mvm(tile, v) * np.random.default_rng(0).standard_normal((1, 6))
    assert_allclose(drawn, expected, rtol=1e-2, atol=0)  # of the transistor


def test_read_noise_names_what_does_not_fit(make_model, conductances):
    model = make_model(1)
    g = conductances(model.spec)
    with pytest.raises(InputError, match="model is of type Tile: expected TileModel"):
        read_noise(behavioral.program(model, g), STATISTICS, g)
    with pytest.raises(InputError, match=r"g_programmed has shape .*expected"):
        read_noise(model, STATISTICS, g, g_programmed=g[:-1])
