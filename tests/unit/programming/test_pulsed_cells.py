"""Cells under equal pulses, against closed forms: trains that meet, symmetry points, bounds, wear, energy."""

import numpy as np
import pytest

from circuitsim.errors import InputError
from circuitsim.programming import apply_pulses, coincidences, draw_cells
from circuitsim.results import PulseResponse

ENDS = np.array([1e-6, 1e-4])
SPAN = 99e-6


def linear(step=1e-8, **given):
    return PulseResponse(ENDS, np.full(2, step), np.full(2, -step), **given)


def soft(step=2e-6, **given):
    return PulseResponse(ENDS, np.array([step, 0.0]), np.array([0.0, -step / 2]), **given)


def test_trains_that_meet_have_the_mean_and_the_variance_of_the_formula():
    """n·p pulses a cell with p = p_row·p_col and a variance of n·p·(1 − p); write noise adds n·p·σ² steps²."""
    rng, slots, draws, sigma, step = np.random.default_rng(0), 12, 2000, 0.4, 1e-8
    rows, cols = np.array([0.9, 0.3, -0.5]), np.array([0.6, -0.8])
    p = np.abs(np.outer(rows, cols))
    cells = draw_cells(linear(step, write_noise=sigma), np.full((3, 2), 5e-5), rng=rng)
    moved = np.empty((draws, 3, 2))
    for k in range(draws):
        counts = coincidences(rows, cols, slots, rng=rng)
        moved[k] = (apply_pulses(cells, counts, rng=rng).g - cells.g) / step
    mean, variance = slots * np.outer(rows, cols), slots * (p * (1 - p) + p * sigma**2)
    assert np.all(np.abs(moved.mean(axis=0) - mean) < 4.5 * np.sqrt(variance / draws))
    assert moved.var(axis=0) == pytest.approx(variance, rel=0.15)


def test_zero_mean_pulses_bring_soft_bounds_to_their_symmetry_point():
    """Random ups and downs move the mean by half of up + down each: a decay, of known rate, to 2/3 of the range."""
    rng = np.random.default_rng(1)
    cells = draw_cells(soft(write_noise=0.3), np.full(4000, 5e-6), rng=rng)
    shares = []
    for _ in range(150):
        shares.append((cells.g.mean() - ENDS[0]) / SPAN)
        cells = apply_pulses(cells, rng.choice([-1, 1], size=4000), rng=rng)
    rate = (2e-6 + 1e-6) / (2 * SPAN)
    expected = 2 / 3 + (4e-6 / SPAN - 2 / 3) * (1 - rate) ** np.arange(150)
    assert np.abs(np.array(shares) - expected).max() < 5e-3
    assert cells.symmetry == pytest.approx(cells.response.symmetry_point)


def test_cells_of_their_own_have_symmetry_points_of_their_own():
    """Where ups and downs of one pair cancel; a cell that only rises has its upper bound."""
    response = soft(step_spread=0.2, bound_spread=0.02)
    cells = draw_cells(response, np.full((20, 30), 5e-5), rng=np.random.default_rng(2), g_range=(1e-6, 1e-4))
    assert cells.up_factor.std() == pytest.approx(0.2, rel=0.15)
    assert np.all((cells.low >= 1e-6) & (cells.high <= 1e-4)) and cells.low.std() > 1e-7
    share = (cells.symmetry - cells.low) / (cells.high - cells.low)
    assert share == pytest.approx(1 / (1 + cells.down_factor / (2 * cells.up_factor)))
    rising = draw_cells(PulseResponse(ENDS, np.full(2, 2e-8), np.full(2, -1e-8)), np.array([5e-5]), rng=rng_of(0))
    assert rising.symmetry == pytest.approx(1e-4)


def rng_of(seed):
    return np.random.default_rng(seed)


def test_bounds_clip_and_are_counted():
    cells = draw_cells(linear(1e-6), np.array([9.85e-5, 5e-5]), rng=rng_of(0))
    after = apply_pulses(cells, np.array([4, 4]), rng=rng_of(0))
    assert after.g == pytest.approx([1e-4, 5.4e-5])
    assert after.clipped == 3 and after.pulses.tolist() == [4, 4]


def test_a_worn_cell_stays_and_energy_goes_on():
    """Ten pulses move the cell; all twelve cost: down pulses at 5e-5 S where the table says 1 pJ to 2 pJ over g."""
    energy = {"energy_up": np.array([1e-12, 2e-12]), "energy_down": np.array([1e-12, 2e-12])}
    cells = draw_cells(linear(1e-9, endurance=10.0, **energy), np.array([5.05e-5]), rng=rng_of(0))
    after = apply_pulses(cells, np.array([-12]), rng=rng_of(0))
    assert after.g == pytest.approx(5.05e-5 - 10e-9)
    assert after.worn.tolist() == [True] and after.pulses.tolist() == [12]
    assert after.energy == pytest.approx(12 * 1.5e-12, rel=1e-3)
    assert apply_pulses(draw_cells(linear(), ENDS, rng=rng_of(0)), np.array([1, 1]), rng=rng_of(0)).energy is None


def test_steps_follow_the_table_between_its_points():
    g, up = np.array([1e-6, 2e-5, 7e-5, 1e-4]), np.array([3e-6, 2.5e-6, 5e-7, 1e-7])
    response, start = PulseResponse(g, up, -up), np.linspace(1e-6, 9.5e-5, 50)
    moved = apply_pulses(draw_cells(response, start, rng=rng_of(0)), np.ones(50, dtype=int), rng=rng_of(0)).g
    assert moved == pytest.approx(start + np.interp(start, g, up))


def test_what_is_no_pulse_is_refused():
    cells = draw_cells(linear(), ENDS, rng=rng_of(0))
    with pytest.raises(InputError, match=r"counts are float64 of shape \(2,\): expected whole numbers"):
        apply_pulses(cells, np.ones(2), rng=rng_of(0))
    with pytest.raises(InputError, match="rows holds a probability beyond -1 to 1"):
        coincidences(np.array([1.2]), np.array([0.5]), 3, rng=rng_of(0))
    with pytest.raises(InputError, match="g holds a number that is not finite"):
        draw_cells(linear(), np.array([np.nan]), rng=rng_of(0))
