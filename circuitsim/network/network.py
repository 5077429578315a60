"""The interface of a neural network whose products arrays can compute; it imports no framework.

What networks and their products need not have is a protocol of its own here, which `isinstance` tells.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from circuitsim.network.finishes import Finish
from circuitsim.network.linear import LinearLayer

LayerProduct = Callable[[LinearLayer, np.ndarray], Any]
"""Function of a layer and its activations (vectors, groups, inputs) that returns products (vectors, groups, outputs).

The products do not include the bias. They may be an array of any namespace; a network in NumPy converts them by
`linear.as_numpy`.

A product may also be a `WholeLayerProduct`.
"""


@runtime_checkable
class WholeLayerProduct(Protocol):
    """A product that may compute a layer from its whole input tensor; a network asks it first."""

    def __call__(self, layer: LinearLayer, activations: np.ndarray, /) -> Any:
        """Return products (vectors, groups, outputs), as every `LayerProduct`."""
        ...

    def of_tensor(self, layer: LinearLayer, x: np.ndarray, /) -> np.ndarray | None:
        """Return the output tensor of a layer, bias included; None where vectors are to be multiplied.

        It may hold numbers that are not finite; such a tensor has no output here.
        """
        ...


@runtime_checkable
class FinishingProduct(Protocol):
    """A product that may also compute what follows a layer alone; a network asks it before `of_tensor`."""

    def finished(self, layer: LinearLayer, x: np.ndarray, finish: Finish, /) -> np.ndarray | None:
        """Return the output tensor of a layer with its bias, finished; None where the layer is computed alone."""
        ...


class Network(Protocol):
    """A neural network whose products with constant weights can be computed by arrays.

    `circuitsim.network.onnx` implements it for ONNX models. A class written by hand needs only the three members below;
    those of `BatchedNetwork`, `CutNetwork`, `MonotoneNetwork` and `CorrectedNetwork` are optional. Such as:

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


@runtime_checkable
class BatchedNetwork(Protocol):
    """A network that limits the number of images in a call."""

    def at_once(self, images: np.ndarray, /) -> int | None:
        """Return the number of images (images, …) that it takes at a time; None for any.

        Raises:
            InputError: The images do not have the network's shape.
        """
        ...


@runtime_checkable
class CutNetwork(Protocol):
    """A network cut out of a larger one, whose names are no mistake where `mapping.digital` holds them."""

    @property
    def elsewhere(self) -> Collection[str]:
        """Names that only other outputs than that of this network need."""
        ...


@runtime_checkable
class MonotoneNetwork(Protocol):
    """A network that states which nodes between its layers may fall where what they read rises."""

    @property
    def not_rising(self) -> tuple[str, ...] | None:
        """Descriptions of these nodes, see `network.output_bounds`; None: unknown."""
        ...


@runtime_checkable
class CorrectedNetwork(Protocol):
    """A network that computes digital products beside its layers, such as adapters."""

    @property
    def beside(self) -> Mapping[str, int]:
        """Digital multiply-accumulates for each vector of a layer, by the layer's name; others have none."""
        ...


def batch_size(network: Network, images: np.ndarray) -> int | None:
    """Return the number of images (images, …) that a network takes at a time; None for any.

    Raises:
        InputError: The images do not have the network's shape.
    """
    return network.at_once(images) if isinstance(network, BatchedNetwork) else None
