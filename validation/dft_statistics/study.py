"""Fourier matrices on cells with errors proportional to their conductance: errors of the weights, and of an image.

A complex matrix takes four real blocks, [[Re, -Im], [Im, Re]], and each cell of them has an error of its own.
"""

import numpy as np
from scipy.linalg import dft
from sklearn.datasets import load_sample_image

from circuitsim import network

G_MAX, DRAWS, PHOTOS = 1e-3, 250, ("flower.jpg", "china.jpg")


def cases():
    """Mapping, largest over smallest conductance, bits of a cell and of a weight; of images two such rows."""
    plain = ("balanced", 1e3, 7, 7)
    return {
        "balanced": plain,
        "offset": ("offset", 1e3, 8, 8),
        "offset / balanced": (("offset", 1e3, 8, 8), plain),
        "on/off 4 / 1000": (("balanced", 4.0, 7, 7), plain),
        "4 slices / 1": (("balanced", 1e3, 2, 8), ("balanced", 1e3, 8, 8)),
    }


def drawn(w, case, alpha, rng):
    """Real matrix of twice the size that cells with errors hold for a complex matrix whose parts are at most 1."""
    mapping, on_off, cell_bits, bits = case
    g_min, w = G_MAX / on_off, np.block([[w.real, -w.imag], [w.imag, w.real]])
    if mapping == "offset":  # 255 of 256 levels: with the lowest unused, a weight of 0 has a level
        scheme, w = network.Offset(g_min + (G_MAX - g_min) / 255, G_MAX), np.rint(127 * w) / 127
    else:
        scheme = network.Sliced(g_min, G_MAX, cell_bits, bits)
    g = scheme.conductances(w, w_max=1.0)
    g = np.maximum(g * (1 + alpha * rng.standard_normal(g.shape)), 0.0)
    return scheme.numbers(g, np.ones(len(w)), w_max=1.0, v_per_unit=1.0)


def weight_error(case, rng):
    """Mean |error| of the weights of 64 points in one draw."""
    w = dft(64)
    m = drawn(w, case, 0.25, rng)
    return np.abs(m[:64, :64] + 1j * m[64:, :64] - w).mean()


def twice(m, x):
    """Return m x m for a complex x, by the real matrix of m."""
    n = len(x)
    left = m @ np.vstack([x.real, x.imag])
    right = np.hstack([left[:n], -left[n:]]) @ m
    return right[:, :n] - 1j * right[:, n:]


def image_error(case, photo, rng):
    """Mean |error| of an image of 256 x 256 pixels that was transformed and transformed back, in one draw."""
    there, back = (drawn(w, case, 0.15, rng) for w in (dft(256), dft(256).conj()))
    restored = [twice(back, twice(there, each)).real / 256**2 for each in photo]
    return np.abs(np.clip(restored, 0, 1) - photo).mean()


def photograph(name):
    """The three colours of a square photograph, (3, 256, 256), 0 to 1."""
    pixels = load_sample_image(name) / 255
    at = ((np.arange(256) + 0.5) * min(pixels.shape[:2]) / 256).astype(int)
    return np.moveaxis(pixels[np.ix_(at, at)], 2, 0)


def compute(case):
    """Mean and standard deviation over draws; of images the ratio of two errors."""
    rng = np.random.default_rng(0)
    if isinstance(case[0], str):
        found = np.array([weight_error(case, rng) for _ in range(DRAWS)])
        return {"published": found.mean(), "theirs": found.mean(), "spread": found.std()}
    errors = [[image_error(each, photograph(name), rng) for each in case] for name in PHOTOS for _ in range(3)]
    return {"image": np.divide(*np.mean(errors, axis=0))}
