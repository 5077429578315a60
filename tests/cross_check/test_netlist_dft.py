"""DFT-256 on a differential crossbar, tiled 64 x 64: the tiles around the peak solved exactly, a corner by ngspice too.

Source: CrossSim tutorial, ISCA 2024, co-design notebook, section 1.5; exact peak from the stated set-up.
"""

import numpy as np
from netlist_cases import currents, passive
from numpy.testing import assert_allclose

import circuitsim as cs

G_MIN, G_MAX, TILE = 1e-6, 1e-3, 64


def test_tiled_dft_peak():
    weights = np.fft.fftshift(np.fft.fft(np.eye(256)).real, axes=0).T  # axis 0 is the input
    x = np.zeros(256)
    x[122:135] = 1.0
    spec = passive(TILE, TILE, 0.05, 0.05)
    columns = slice(128, 128 + TILE)  # holds the peak (130) and the dip at the centre (128)
    out = []
    for rows in (slice(64, 128), slice(128, 192)):  # the other row tiles have no input
        w = weights[rows, columns]
        for side in (np.maximum(w, 0), np.maximum(-w, 0)):
            g = G_MIN + side * (G_MAX - G_MIN)
            out.append(cs.solve(spec, g, x[None, rows]).out[0])
    y = (out[0] - out[1] + out[2] - out[3]) / (G_MAX - G_MIN)
    small = passive(16, 16, 0.05, 0.05)
    corner, driven = g[:16, :16], x[None, 128:144]  # on the peak's side; ngspice takes 15 s for the whole tile
    assert_allclose(cs.solve(small, corner, driven).out, currents(small, corner, driven), rtol=1e-8, atol=0)

    assert np.argmax(np.abs(y)) == 130 - 128
    assert_allclose(np.abs(y[2]), 12.3671, rtol=0, atol=1e-3)  # the published value is stated to 1e-3
