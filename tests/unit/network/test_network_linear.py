import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import InputError
from circuitsim.network.linear import LinearLayer, Window, float_product, input_vectors, output_size, output_tensor


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


def convolved(x, weights, groups, window, pads):
    """Out of the definition: every output pixel, channel by channel and sample by sample; two spatial axes."""
    batch, channels, *size = x.shape
    outputs, inputs = weights.shape[0], channels // groups
    reach = [(k - 1) * d for k, d in zip(window.kernel, window.dilations, strict=True)]
    out = [(n + sum(p) - r - 1) // s + 1 for n, p, r, s in zip(size, pads, reach, window.strides, strict=True)]
    found = np.zeros((batch, outputs, *out))
    for b, o, i, j in np.ndindex(found.shape):
        for c, di, dj in np.ndindex(inputs, *window.kernel):
            row = i * window.strides[0] + di * window.dilations[0] - pads[0][0]
            col = j * window.strides[1] + dj * window.dilations[1] - pads[1][0]
            if 0 <= row < size[0] and 0 <= col < size[1]:
                found[b, o, i, j] += weights[o, c, di, dj] * x[b, o * groups // outputs * inputs + c, row, col]
    return found


def by_matrices(x, weights, groups, window):
    outputs, inputs = weights.shape[0] // groups, np.prod(weights.shape[1:])
    matrices = weights.reshape(groups, outputs, inputs).swapaxes(1, 2)
    layer = LinearLayer("c", "Conv", matrices, window=window)
    return output_tensor(layer, float_product(layer, input_vectors(layer, x)), x.shape)


@pytest.mark.parametrize("seed", range(12))
def test_products_of_patches_are_the_convolution(seed):
    """Two groups; kernels of 1 to 3, strides and dilations of 1 to 3, zeros of 0 to 2 before and after each axis."""
    rng = np.random.default_rng(seed)
    kernel, strides, dilations = (tuple(int(n) for n in rng.integers(1, 4, 2)) for _ in range(3))
    pads = tuple((int(a), int(b)) for a, b in rng.integers(0, 3, (2, 2)))
    window = Window(kernel, strides, dilations, pads)
    x, weights = rng.normal(size=(2, 4, 9, 8)), rng.normal(size=(6, 2, *kernel))
    assert_allclose(by_matrices(x, weights, 2, window), convolved(x, weights, 2, window, pads), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("length", "kernel", "stride", "dilation", "zeros"),
    [
        (5, 3, 1, 1, 2),
        (6, 3, 2, 1, 1),
        (7, 2, 2, 1, 1),
        (5, 2, 1, 3, 3),
        (6, 1, 3, 1, 0),
        (9, 4, 3, 2, 4),
        (4, 3, 2, 2, 3),
    ],
)
@pytest.mark.parametrize("auto_pad", ["SAME_UPPER", "SAME_LOWER"])
def test_same_padding_keeps_the_size_over_the_stride(auto_pad, length, kernel, stride, dilation, zeros):
    """ONNX: as many outputs as strides begun, and of an odd number of zeros the last one at the end or at the start."""
    window = Window((kernel, 1), (stride, 1), (dilation, 1), None, auto_pad)
    assert output_size(window, (length, 3)) == (-(-length // stride), 3)
    less, more = zeros // 2, -(-zeros // 2)
    pads = ((less, more) if auto_pad == "SAME_UPPER" else (more, less), (0, 0))
    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=(2, 4, length, 3)), rng.normal(size=(6, 2, kernel, 1))
    assert_allclose(by_matrices(x, weights, 2, window), convolved(x, weights, 2, window, pads), rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", [(3, 8), (8, 4), (4, 1), ()])
def test_vectors_of_another_length_are_refused(shape):
    """Eight numbers are two vectors of four only if the last axis says so."""
    layer = LinearLayer("fc", "MatMul", np.ones((1, 4, 2)))
    if shape != (8, 4):
        with pytest.raises(
            InputError, match=r"layer 'fc' \(MatMul\) reads a tensor of shape .* weights of 1 x 4 inputs"
        ):
            input_vectors(layer, np.ones(shape))
    else:
        assert input_vectors(layer, np.ones(shape)).shape == (8, 1, 4)


@pytest.mark.parametrize("shape", [(2, 4, 5, 5), (2, 3, 5), (2, 6, 5, 5)])
def test_images_with_other_channels_are_refused(shape):
    window = Window((2, 2), (1, 1), (1, 1), ((0, 0), (0, 0)))
    layer = LinearLayer("conv", "Conv", np.ones((1, 12, 2)), window=window)
    with pytest.raises(InputError, match=r"layer 'conv' \(Conv\) reads a tensor of shape"):
        input_vectors(layer, np.ones(shape))
