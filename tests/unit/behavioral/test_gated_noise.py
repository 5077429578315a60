"""Read noise of arrays on gates, against the change that each cell makes to exact reads by itself."""

import dataclasses

import numpy as np
import pytest
from gated_arrays import gated_model, gated_spec, log_uniform
from string_arrays import series_model, series_spec

from circuitsim import behavioral, chain
from circuitsim.behavioral import GatedNoise, StringNoise, read_noise, with_read_noise
from circuitsim.behavioral.noise import noise_sigma
from circuitsim.devices import load_card
from circuitsim.devices.device_toml_statistics import RelativeNoise
from circuitsim.devices.statistics import read_statistics
from circuitsim.errors import InputError

NOISE = RelativeNoise(form="relative", value=0.02)
STATISTICS = read_statistics(load_card("rram_wan"))
STATISTICS = dataclasses.replace(STATISTICS, table=STATISTICS.table.model_copy(update={"read_noise": NOISE}))


def by_differences(model, g, x, sigma):
    """Standard deviations (batch, cols) [A]: every row changes by itself, columns do not see each other."""
    at_rest, variance = chain.read_exact(chain.model_array(model, g), x).out, 0.0
    for row in range(len(g)):
        other = g.copy()
        other[row] *= 1 - 1e-4
        change = chain.read_exact(chain.model_array(model, other), x).out - at_rest
        variance = variance + (change / (1e-4 * g[row]) * sigma[row]) ** 2
    return np.sqrt(variance)


@pytest.mark.parametrize("bend", [0.0, 0.1])
@pytest.mark.parametrize("r_line", [0.0, 8.0, 40.0])
@pytest.mark.parametrize("ends", [{}, {"col_sense": "both", "col_drive": "both"}], ids=["opposite", "both"])
def test_it_is_that_of_exact_reads(bend, r_line, ends):
    """2 % and less measured, at 40 ohm a segment."""
    spec = gated_spec(16, 6, wire={"r_row": 1.0, "r_col": r_line, "r_bl": r_line, **ends}, driver={"r_out": 20.0})
    model = gated_model(spec, grade=3, bend=bend)
    g = np.clip(log_uniform(spec), 2e-6, 9e-5)
    rng = np.random.default_rng(1)
    x = np.vstack([np.ones(16), np.arange(16) < 8, np.arange(16) >= 8, np.eye(16)[[0, 15]], rng.random((6, 16)) < 0.5])
    tile, noise = behavioral.program(model, g), read_noise(model, STATISTICS, g)
    assert isinstance(noise, GatedNoise)
    found = noise_sigma(tile, noise, x, np.asarray(behavioral.mvm(tile, x)))
    expected = by_differences(model, g, x, 0.02 * g)
    assert np.abs(found / expected - 1).max() < 0.03


def test_each_read_draws_its_own_noise_of_that_deviation():
    spec = gated_spec(16, 6)
    model, g = gated_model(spec), np.full((16, 6), 5e-5)
    tile, noise, x = behavioral.program(model, g), read_noise(model, STATISTICS, g), np.ones((4000, 16))
    quiet = np.asarray(behavioral.mvm(tile, x))
    drawn = with_read_noise(tile, noise, x, quiet, rng=np.random.default_rng(0)) - quiet
    assert np.allclose(drawn.std(axis=0), noise_sigma(tile, noise, x[:1], quiet[:1])[0], rtol=0.05)
    none = with_read_noise(
        tile, noise, 0 * x[:2], np.asarray(behavioral.mvm(tile, 0 * x[:2])), rng=np.random.default_rng(0)
    )
    assert (none == np.asarray(behavioral.mvm(tile, 0 * x[:2]))).all()


def test_noise_of_another_kind_of_tile_is_refused():
    spec = gated_spec(16, 6)
    noise = read_noise(gated_model(spec), STATISTICS, np.full((16, 6), 5e-5))
    strings = series_spec(8, 4)
    tile = behavioral.program(series_model(strings), np.full((8, 4), 5e-5))
    with pytest.raises(InputError, match=r"noise is a GatedNoise and the tile a StringTile"):
        noise_sigma(tile, noise, np.ones((1, 8)), np.ones((1, 4)))


@pytest.mark.parametrize("wires", [{"r_col": 0.0}, {"r_col": 40.0}])
def test_noise_of_strings_is_that_of_exact_reads(wires):
    """1.7 % measured with all rows bypassed, 0.8 % with one selected, 0.1 % elsewhere."""
    spec = series_spec(16, 6, wire={"r_row": 1.0, **wires}, driver={"r_out": 20.0}, sense={"r_in": 30.0})
    model = series_model(spec)
    g = np.clip(log_uniform(spec), 2e-6, 9e-5)
    rng = np.random.default_rng(1)
    x = np.vstack([np.ones(16), np.zeros(16), np.arange(16) < 8, np.eye(16)[[0, 9, 15]], rng.random((6, 16)) < 0.5])
    tile, noise = behavioral.program(model, g), read_noise(model, STATISTICS, g)
    assert isinstance(noise, StringNoise)
    found = noise_sigma(tile, noise, x, np.asarray(behavioral.mvm(tile, x)))
    expected = by_differences(model, g, x, 0.02 * g)
    assert np.abs(found / expected - 1).max() < 0.02
