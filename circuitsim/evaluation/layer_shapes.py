"""The shapes of a network's layers: all that counting needs to know of them, without weights."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from circuitsim.errors import InputError
from circuitsim.network import LinearLayer, Network, as_numpy, float_product, image_records
from circuitsim.spec import checked

if TYPE_CHECKING:
    from circuitsim.network.onnx import OnnxNetwork


@dataclass(frozen=True)
class LayerShape:
    """A layer's matrices, and how many vectors an inference multiplies by them.

    Attributes:
        name, op: Name and type of the node.
        groups: Number of matrices; 1 except for grouped convolutions and stacks of matrices.
        inputs, outputs: Size of each matrix.
        vectors: Input vectors of one inference: output pixels of a convolution, tokens, steps of a recurrent layer; a
            mean where images differ.
        signed: Whether inputs may be negative. Behind a rectifier they are not, and the phase of negative inputs, whose
            rows are all at rest, is not read.
        tied_to: Name of the earlier layer with the same weights, on whose arrays this one is read; "": it has its own.
    """

    name: str
    op: str
    groups: int
    inputs: int
    outputs: int
    vectors: float
    signed: bool = True
    tied_to: str = ""

    @property
    def weights(self) -> int:
        """Number of weights that it brings; 0 where another layer brings them."""
        return 0 if self.tied_to else self.groups * self.inputs * self.outputs

    @property
    def macs(self) -> float:
        """Multiply-accumulates of one inference."""
        return self.vectors * self.groups * self.inputs * self.outputs


@checked
def network_shapes(network: Network, images: np.ndarray) -> tuple[LayerShape, ...]:
    """Return the shapes of a network's layers, from one run of the float network.

    Args:
        network: The network.
        images: (images, …) images of the size of an inference; a layer counts as signed where an input is negative.

    Raises:
        InputError: The images do not fit the network, or an image takes another number of vectors than another one.
    """
    vectors: dict[str, int] = {}
    signed: dict[str, bool] = {}

    def product(layer: LinearLayer, activations: np.ndarray) -> Any:
        vectors[layer.name] = vectors.get(layer.name, 0) + len(activations)
        negative = bool(as_numpy(activations).min(initial=0.0) < 0.0)
        signed[layer.name] = signed.get(layer.name, False) or negative
        return float_product(layer, activations)

    network.run(images, product)
    shapes = []
    for layer in network.layers:
        each, rest = divmod(vectors.get(layer.name, 0), len(images))
        if rest:
            raise InputError(
                f"layer {layer.name!r} multiplies {vectors[layer.name]} vectors for {len(images)} images: expected as "
                "many for every image; give images one of which is like the other"
            )
        groups, inputs, outputs = layer.weights.shape
        shapes.append(
            LayerShape(layer.name, layer.op, groups, inputs, outputs, each, signed.get(layer.name, True), layer.tied_to)
        )
    return tuple(shapes)


@checked
def sample_images(network: "OnnxNetwork", rng: np.random.Generator) -> np.ndarray:
    """Return images that an ONNX network takes, drawn from a normal distribution, as many as it takes at a time.

    Raises:
        InputError: An input has an axis of any length besides that of the images, or does not state its axes.
    """
    drawn = {}
    for each in network.inputs:
        if each.shape is None or any(n is None for k, n in enumerate(each.shape) if k != each.axis):
            stated = "no axes" if each.shape is None else "an axis of any length"
            raise InputError(
                f"the network's input {each.name!r} states {stated}, and counts depend on its size: give images with "
                "--data FILE"
            )
        sizes = [n or 1 for k, n in enumerate(each.shape) if k != each.axis]
        values = rng.standard_normal((each.batch or 1, *sizes)) if each.shape else np.zeros(1)
        drawn[each.name] = values if each.type.kind == "f" else np.zeros(values.shape, each.type)
    return next(iter(drawn.values())) if len(drawn) == 1 else image_records(drawn)
