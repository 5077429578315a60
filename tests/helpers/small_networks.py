"""A network of given layers one after the other, written by hand: no ONNX, no training."""

from dataclasses import dataclass

import numpy as np

from circuitsim.network import LinearLayer, Window, as_numpy, float_product, input_vectors, output_tensor


@dataclass(frozen=True)
class Chain:
    """Layers one after the other, each followed by a rectifier; the image becomes a vector before Gemm."""

    layers: tuple[LinearLayer, ...]

    def run(self, images, product):
        x = np.asarray(images, dtype=float)
        for layer in self.layers:
            x = x if layer.window else x.reshape(len(x), -1)
            y = as_numpy(product(layer, input_vectors(layer, x)))
            x = np.maximum(output_tensor(layer, y, x.shape), 0.0)
        return x

    def run_float(self, images):
        return self.run(images, float_product)


def convolution_and_gemm(size: int) -> Chain:
    """Two 2 × 2 kernels over images (1, size, size), then three classes."""
    rng = np.random.default_rng(0)
    window = Window((2, 2), (1, 1), (1, 1), ((0, 0), (0, 0)))
    conv = LinearLayer("conv", "Conv", rng.normal(size=(1, 4, 2)), window=window)
    return Chain((conv, LinearLayer("fc", "Gemm", rng.normal(size=(1, 2 * (size - 1) ** 2, 3)))))
