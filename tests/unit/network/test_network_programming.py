import numpy as np
from numpy.testing import assert_allclose

from circuitsim.network import ExactProduct, program
from circuitsim.network.onnx import cut
from circuitsim.network.programming import tile_conductances


def test_tiles_hold_the_weights_of_their_place(spec, mlp):
    layer = program(cut(mlp), spec, ExactProduct()).layers["n0"]
    restored = np.full(layer.layer.weights.shape, np.nan)
    for place in layer.places:
        g = tile_conductances(layer.layer, place, spec, w_max=layer.w_max)
        assert g.shape == spec.shape
        np.testing.assert_array_equal(g[: 10 - place.rows], 1e-6)
        np.testing.assert_array_equal(g[:, place.cols :], 1e-6)
        used = g[place.row_part, place.col_part]
        pairs = (used[:, 0::2] - used[:, 1::2]) * layer.w_max / 99e-6
        restored[place.group, slice(*place.inputs), slice(*place.outputs)] = pairs
    assert_allclose(restored, layer.layer.weights, rtol=1e-10, atol=0)
