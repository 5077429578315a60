"""Networks on tiles with read noise: every read draws its own, on bit lines and on gates, again by the same seed."""

import dataclasses
import pickle

import numpy as np
from gated_arrays import gated_model, gated_spec

from circuitsim import behavioral
from circuitsim.behavioral.noise import noise_sigma
from circuitsim.devices import load_card
from circuitsim.devices.device_toml_statistics import RelativeNoise
from circuitsim.devices.statistics import read_statistics
from circuitsim.evaluation import BehavioralProduct, DrawnProduct
from circuitsim.network import TilePlace

NOISE = RelativeNoise(form="relative", value=0.02)
STATISTICS = read_statistics(load_card("rram_wan"))
STATISTICS = dataclasses.replace(STATISTICS, table=STATISTICS.table.model_copy(update={"read_noise": NOISE}))
SPEC = gated_spec(16, 6)
MODEL, G = gated_model(SPEC), np.full((16, 6), 5e-5)
PLACES = [TilePlace("fc", index, 0, (0, 16), (0, 3), 6) for index in range(2)]


def test_every_read_has_its_own_noise_and_a_seed_repeats_it():
    product = DrawnProduct(BehavioralProduct(MODEL), STATISTICS, frozenset({"read_noise"}), seed=3)
    x = np.tile((np.arange(16) % 3 > 0).astype(float), (3000, 1))
    first, again = product(PLACES[0], G), pickle.loads(pickle.dumps(product))(PLACES[0], G)
    one, two, same, other = first(x), first(x), again(x), product(PLACES[1], G)(x)
    np.testing.assert_array_equal(one, same)
    assert (one != two).all() and (one != other).all()
    tile = behavioral.program(MODEL, G)
    quiet = np.asarray(behavioral.mvm(tile, x[:1]))
    sigma = noise_sigma(tile, behavioral.read_noise(MODEL, STATISTICS, G), x[:1], quiet)
    np.testing.assert_allclose((one - quiet).std(axis=0), sigma[0], rtol=0.06)
    np.testing.assert_allclose(BehavioralProduct(MODEL)(PLACES[0], G)(x[:1]), quiet, rtol=1e-12)


def test_a_stream_has_a_noise_of_its_own_whatever_was_read_before():
    product = DrawnProduct(BehavioralProduct(MODEL), STATISTICS, frozenset({"read_noise"}), seed=3)
    x, read = np.ones((4, 16)), product(PLACES[0], G)
    one, two = read.anew(1)(x), read.anew(2)(x)
    read(x)
    np.testing.assert_array_equal(read.anew(1)(x), one)
    assert (one != two).all()
