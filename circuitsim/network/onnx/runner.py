"""An ONNX network: a given function computes the products of its layers, onnxruntime the rest."""

from dataclasses import dataclass

import numpy as np
import onnxruntime

from circuitsim.network.linear import LinearLayer
from circuitsim.network.network import LayerProduct
from circuitsim.network.onnx.batches import batches_of, images_at_once, one_each
from circuitsim.network.onnx.digital import DigitalProduct
from circuitsim.network.onnx.execute import compute, means_of, on_host
from circuitsim.network.onnx.interface import OnnxInput
from circuitsim.network.onnx.steps import Routine


@dataclass(frozen=True)
class OnnxNetwork:
    """An ONNX model cut at its products with constant weights; follows `circuitsim.network.Network`.

    Attributes:
        layers: The layers with constant weights, in the order of computation.
        routine: The steps that compute the output from the inputs.
        inputs: The inputs on which the output depends.
        output: Name of the output.
        outputs: Names of all outputs of the model.
        output_axis: Axis of the output along which images lie.
        session: onnxruntime session of the whole model: the float network.
        on_host: Number of nodes of each type that onnxruntime computes, after constant folding.
        digital: Those among them that multiply and add, and why they are not on arrays.
        described: Descriptions of the model's nodes, for messages.
        digest: SHA-256 of the model file.
        elsewhere: Names of the nodes and tensors that only other outputs of the file need.
        not_rising: Descriptions of the nodes on the host that may fall where what they read rises, see
            `network.output_bounds`.
    """

    layers: tuple[LinearLayer, ...]
    routine: Routine
    inputs: tuple[OnnxInput, ...]
    output: str
    outputs: tuple[str, ...]
    output_axis: int
    session: onnxruntime.InferenceSession
    on_host: dict[str, int]
    digital: tuple[DigitalProduct, ...]
    described: dict[str, str]
    digest: str
    elsewhere: frozenset[str] = frozenset()
    not_rising: tuple[str, ...] = ()

    @property
    def host_products(self) -> tuple[str, ...]:
        """Names of the nodes on the host that multiply and add."""
        return tuple(product.name for product in self.digital)

    def at_once(self, images: np.ndarray) -> int | None:
        """Return the number of images that the model takes at a time; None for any.

        Raises:
            InputError: The images are not those of the network's inputs.
        """
        return images_at_once(self.inputs, images)

    def run(self, images: np.ndarray, product: LayerProduct) -> np.ndarray:
        """Compute the network's outputs; `product` computes the products of its layers.

        Args:
            images: (images, …) in the network's units, or records of several inputs, see `network.image_records`. An
                image has the axes of an input without that of the batch, or all of them.
            product: Computes the products of one layer; biases are added digitally afterwards.

        Returns:
            (images, …) the network's output, in the data type of the model.

        Raises:
            InputError: The images do not have the network's shape.
        """
        means = means_of(product, self.described)
        parts = [compute(self.routine, tensors, means)[0] for tensors in batches_of(self.inputs, images)]
        return one_each(self.inputs, images, parts, self.output_axis)

    def run_float(self, images: np.ndarray) -> np.ndarray:
        """Compute the float network's outputs (images, …) with onnxruntime alone.

        Raises:
            InputError: The images do not have the network's shape.
        """
        parts = [
            on_host(self.session, (self.output,), tensors, self.described)[self.output]
            for tensors in batches_of(self.inputs, images)
        ]
        return one_each(self.inputs, images, parts, self.output_axis)
