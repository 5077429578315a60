"""Formulas of device cards at a few conductances, and draws of programmed conductances."""

import numpy as np

from circuitsim.devices import drift_exponent, load_card, programming_sigma, read_statistics, statistics

AT = {"pcm_joshi": [25e-6], "pcm_hermes": [20.7e-6], "rram_wan": [20e-6], "rram_milo": [50e-6, 225e-6]}
DRAWN = ("rram_cmo", "flash_sonos_40nm")
DRAWS, DAY = 100_000, 86400.0


def cases():
    """Name of a card, and conductances [S]."""
    return {name: (name, AT.get(name)) for name in (*AT, *DRAWN)}


def compute(case):
    """What the card states, and the spread of draws."""
    name, g = case
    stats = read_statistics(load_card(name))
    middle = np.full(DRAWS, stats.g_min + 0.6 * (stats.g_max - stats.g_min))
    drawn = statistics.sample_programmed(stats, middle, rng=np.random.default_rng(1))
    found = {"sampled": drawn.std() / programming_sigma(stats, middle[:1])[0]}
    if g is not None:
        found["programming"] = programming_sigma(stats, np.array(g))
    if name == "pcm_joshi":
        found["drift_exponent"] = np.ravel(drift_exponent(stats, np.array(g)))
        found["drift_factor"] = statistics.drift_factor(stats, 0.049, DAY)
        found["read_noise"] = statistics.read_sigma(stats, np.array(g), np.ones(1), DAY)
    return found
