import numpy as np
from numpy.testing import assert_allclose

from circuitsim.network.linear import LinearLayer, Window, input_vectors, output_size, output_tensor


def test_vectors_of_a_convolution_are_its_patches_channel_by_channel():
    window = Window(kernel=(2, 2), strides=(1, 2), dilations=(1, 1), pads=((0, 0), (1, 0)))
    layer = LinearLayer("c", "Conv", np.zeros((1, 8, 3)), np.array([1.0, 2.0, 3.0]), window)
    x = np.arange(2 * 2 * 3 * 3, dtype=float).reshape(2, 2, 3, 3)
    assert output_size(window, (3, 3)) == (2, 2)
    vectors = input_vectors(layer, x)
    assert vectors.shape == (2 * 4, 1, 8)
    np.testing.assert_array_equal(vectors[0, 0], [0, 0, 0, 3, 0, 9, 0, 12])  # left edge: one column of zeros
    np.testing.assert_array_equal(vectors[1, 0], [1, 2, 4, 5, 10, 11, 13, 14])
    y = np.arange(8 * 3, dtype=float).reshape(8, 1, 3)
    out = output_tensor(layer, y, x.shape)
    assert out.shape == (2, 3, 2, 2)
    assert_allclose(out[0, :, 0, 1], y[1, 0] + [1.0, 2.0, 3.0], rtol=0, atol=0)
    assert_allclose(out[1, :, 1, 0], y[6, 0] + [1.0, 2.0, 3.0], rtol=0, atol=0)
