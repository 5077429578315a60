"""What a neural network must offer so that arrays can compute its products; no framework is imported here."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from circuitsim.network.linear import LinearLayer

LayerProduct = Callable[[LinearLayer, np.ndarray], Any]
"""Activations (vectors, groups, inputs) of a layer → products (vectors, groups, outputs), without bias.

The products may be an array of any namespace; a network that works in NumPy takes them through `linear.as_numpy`.
"""


class Network(Protocol):
    """A neural network whose products with constant weights can be computed by arrays.

    `circuitsim.network.onnx` offers one for ONNX models. A hand-made one needs no more than these three:

        @dataclass(frozen=True)
        class Perceptron:
            layers: tuple[LinearLayer, ...]

            def run(self, images, product):
                hidden, output = self.layers
                a = np.maximum(output_tensor(hidden, product(hidden, input_vectors(hidden, images)), images.shape), 0.0)
                return output_tensor(output, product(output, input_vectors(output, a)), a.shape)

            def run_float(self, images):
                return self.run(images, float_product)
    """

    @property
    def layers(self) -> tuple[LinearLayer, ...]:
        """The products, in the order in which they are computed; their names differ."""
        ...

    def run(self, images: np.ndarray, product: LayerProduct) -> np.ndarray:
        """Return the outputs (images, …) for images (images, …), every layer's products taken from `product`.

        Biases are added digitally after `product`.

        Raises:
            InputError: The images do not have the network's shape.
        """
        ...

    def run_float(self, images: np.ndarray) -> np.ndarray:
        """Return the outputs (images, …) of the float network, without arrays.

        Raises:
            InputError: The images do not have the network's shape.
        """
        ...
