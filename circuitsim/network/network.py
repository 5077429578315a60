"""The interface of a neural network whose products arrays can compute; it imports no framework."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from circuitsim.network.linear import LinearLayer

LayerProduct = Callable[[LinearLayer, np.ndarray], Any]
"""Function of a layer and its activations (vectors, groups, inputs) that returns products (vectors, groups, outputs).

The products do not include the bias. They may be an array of any namespace; a network in NumPy converts them by
`linear.as_numpy`.

A product may have a method `of_tensor(layer, x)`, which a network calls first: it returns the output of the layer for
its input tensor, bias included, or None where vectors are to be multiplied.
"""


class Network(Protocol):
    """A neural network whose products with constant weights can be computed by arrays.

    `circuitsim.network.onnx` implements it for ONNX models. A class written by hand needs only these three members:

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
        """The layers with constant weights, in the order of computation; their names are unique."""
        ...

    def run(self, images: np.ndarray, product: LayerProduct) -> np.ndarray:
        """Return the outputs (images, …) for images (images, …); `product` computes the products of each layer.

        The network adds biases digitally after `product`.

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
