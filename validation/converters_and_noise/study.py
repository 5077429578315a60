"""Rounding by ADCs against the read noise of the cells, over the number of rows."""

import numpy as np

from circuitsim.devices import load_card
from circuitsim.devices.statistics import read_statistics, sample_read

ROWS, COLS, VECTORS, V_READ = (16, 32, 64, 128, 256, 512, 1024), 40, 200, 0.2


def cases():
    """Bits, and whether the range of the ADC is all that the array can deliver, or the largest product."""
    return {
        "8 bits, whole range": (8, True),
        "10 bits, whole range": (10, True),
        "12 bits, whole range": (12, True),
        "8 bits, learnt range": (8, False),
    }


def errors(rows, bits, whole):
    """Rms of rounding and of read noise of a product of pairs of cells [A]."""
    stats, rng = read_statistics(load_card("rram_wan")), np.random.default_rng(rows)
    w, x = rng.standard_normal((rows, COLS)), V_READ * rng.random((VECTORS, rows))
    scale = stats.g_max / np.abs(w).max()
    pair = scale * np.maximum(w, 0), scale * np.maximum(-w, 0)
    exact = x @ (pair[0] - pair[1])
    noise = np.stack([_noisy(stats, pair, v, rng) for v in x]) - exact
    full_scale = rows * V_READ * stats.g_max if whole else np.abs(exact).max()
    lsb = full_scale / 2 ** (bits - 1)
    return np.sqrt(np.mean((np.round(exact / lsb) * lsb - exact) ** 2)), np.sqrt(np.mean(noise**2))


def _noisy(stats, pair, v, rng):
    """A read of a pair of columns [A]: noise anew in each cell."""
    plus, minus = (sample_read(stats, g, g, rng=rng) for g in pair)
    return v @ (plus - minus)


def compute(case):
    """Power of the rows with which rounding grows against noise, their ratio, and the rows at which both are equal."""
    ratio = np.array([np.divide(*errors(rows, *case)) for rows in ROWS])
    power, start = np.polyfit(np.log(ROWS), np.log(ratio), 1)
    found = {"power": power, "ratio": ratio[ROWS.index(64)]}
    return found | ({"rows": np.exp(-start / power)} if case[1] else {})
