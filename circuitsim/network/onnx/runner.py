"""Run an ONNX network: a given function computes the products of its layers, onnxruntime the rest."""

from dataclasses import dataclass

import numpy as np
import onnxruntime

from circuitsim.errors import InputError
from circuitsim.network.linear import LinearLayer, as_numpy, input_vectors, output_tensor
from circuitsim.network.network import LayerProduct
from circuitsim.network.onnx.complaints import node_in
from circuitsim.network.onnx.digital import DigitalProduct
from circuitsim.spec import real_numbers


@dataclass(frozen=True)
class HostStep:
    """A sequence of nodes that onnxruntime computes.

    Attributes:
        session: onnxruntime session of these nodes.
        sources, targets: Names of the tensors read and written.
    """

    session: onnxruntime.InferenceSession
    sources: tuple[str, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True)
class ArrayStep:
    """A node whose products arrays compute.

    Attributes:
        layer: Its weights, bias and window.
        source, target: Names of the tensors read and written.
    """

    layer: LinearLayer
    source: str
    target: str


@dataclass(frozen=True)
class OnnxNetwork:
    """An ONNX model cut at its products with constant weights; follows `circuitsim.network.Network`.

    Attributes:
        layers: The layers with constant weights, in the order of computation.
        steps: Layers and sequences of other nodes, in order.
        source, target: Names of the network's input and output tensors.
        input_shape: Shape of the input; None for an axis of any length, such as the batch.
        input_type: Type of its elements.
        session: onnxruntime session of the whole model: the float network.
        on_host: Number of nodes of each type that onnxruntime computes, after constant folding.
        digital: Those among them that multiply and add, and why they are not on arrays.
        described: Descriptions of the model's nodes, for messages.
        digest: SHA-256 of the model file.
    """

    layers: tuple[LinearLayer, ...]
    steps: tuple[ArrayStep | HostStep, ...]
    source: str
    target: str
    input_shape: tuple[int | None, ...]
    input_type: np.dtype
    session: onnxruntime.InferenceSession
    on_host: dict[str, int]
    digital: tuple[DigitalProduct, ...]
    described: dict[str, str]
    digest: str

    @property
    def batch(self) -> int | None:
        """Number of images that the model takes at a time; None for any."""
        return self.input_shape[0]

    @property
    def host_products(self) -> tuple[str, ...]:
        """Names of the nodes on the host that multiply and add."""
        return tuple(product.name for product in self.digital)

    def run(self, images: np.ndarray, product: LayerProduct) -> np.ndarray:
        """Compute the network's outputs; `product` computes the products of its layers.

        Args:
            images: (images, …) in the network's units.
            product: Computes the products of one layer; biases are added digitally afterwards.

        Returns:
            (images, …) the network's output, in the data type of the model.

        Raises:
            InputError: The images do not have the network's shape.
        """
        parts = [_run_batch(self, batch, product) for batch in _batches(self, images)]
        return np.concatenate([np.atleast_1d(part) for part in parts], axis=0)

    def run_float(self, images: np.ndarray) -> np.ndarray:
        """Compute the float network's outputs (images, …) with onnxruntime alone.

        Raises:
            InputError: The images do not have the network's shape.
        """
        target = self.target
        parts = [
            _on_host(self, self.session, (target,), {self.source: batch})[target] for batch in _batches(self, images)
        ]
        return np.concatenate([np.atleast_1d(part) for part in parts], axis=0)


def _batches(network: OnnxNetwork, images: np.ndarray) -> list[np.ndarray]:
    """Return images of the network's data type, in batches of the size that the network requires, or in one."""
    images = _checked(network, images)
    size = network.input_shape[0] or max(len(images), 1)
    return [images[k : k + size] for k in range(0, len(images), size)]


def _checked(network: OnnxNetwork, images: np.ndarray) -> np.ndarray:
    """Return images of the network's data type; refuse those of another shape, or whose values the type cannot hold."""
    images = real_numbers("images", images, keep_type=True)
    shape, batch = network.input_shape, network.batch
    same = images.ndim == len(shape) and all(
        want in (None, got) for want, got in zip(shape[1:], images.shape[1:], strict=True)
    )
    if not same or len(images) == 0 or len(images) % (batch or 1):
        wanted = ", ".join("any" if length is None else str(length) for length in shape)
        whole = f", or a whole number of batches of {batch}" if same and batch else ""
        raise InputError(
            f"images have shape {images.shape}, expected ({wanted}) as the network's input {network.source!r}{whole}"
        )
    if not np.isfinite(images).all():
        raise InputError("images hold values that are not finite; expected finite numbers")
    with np.errstate(all="ignore"):
        cast = images.astype(network.input_type)
    lost = ~np.isfinite(cast) if cast.dtype.kind == "f" else cast != images
    if lost.any():
        raise InputError(
            f"images hold {images[lost][0]!s}, which the network's input {network.source!r} of type "
            f"{network.input_type.name} cannot hold; expected values of that type"
        )
    return cast


def _on_host(
    network: OnnxNetwork,
    session: onnxruntime.InferenceSession,
    targets: tuple[str, ...],
    tensors: dict[str, np.ndarray],
) -> dict[str, np.ndarray]:
    try:
        outputs = session.run(list(targets), tensors)
    except Exception as error:  # onnxruntime's classes derive from Exception itself, one per cause
        node = node_in(str(error), network.described) or "a node of the network"
        shapes = ", ".join(f"{name!r} {value.shape}" for name, value in tensors.items())
        raise InputError(
            f"{node} cannot be computed: the shapes or values of what it reads do not fit it, given {shapes}; "
            "expected images of the size that the network was made for"
        ) from None
    return {name: np.asarray(value) for name, value in zip(targets, outputs, strict=True)}


def _run_batch(network: OnnxNetwork, images: np.ndarray, product: LayerProduct) -> np.ndarray:
    tensors: dict[str, np.ndarray] = {network.source: images}
    for step in network.steps:
        if isinstance(step, HostStep):
            read = {name: tensors[name] for name in step.sources}
            tensors |= _on_host(network, step.session, step.targets, read)
        else:
            tensors[step.target] = _on_arrays(step, tensors[step.source], product)
    return tensors[network.target]


def _on_arrays(step: ArrayStep, tensor: np.ndarray, product: LayerProduct) -> np.ndarray:
    """Return the output of a layer in the data type of its input; whole numbers are rounded."""
    layer = step.layer
    if not np.isfinite(tensor).all():
        raise InputError(f"the input {step.source!r} of layer {layer.name!r} holds values that are not finite")
    products = as_numpy(product(layer, input_vectors(layer, tensor)))
    outputs = output_tensor(layer, products, tensor.shape)
    if tensor.dtype.kind in "iu":
        outputs, limits = np.rint(outputs), np.iinfo(tensor.dtype)
        if outputs.size and (outputs.min() < limits.min or outputs.max() > limits.max):
            raise InputError(
                f"layer {layer.name!r} gives {outputs.flat[np.abs(outputs).argmax()]:g}, beyond the range of its type "
                f"{tensor.dtype.name}; expected smaller weights or inputs"
            )
    return outputs.astype(tensor.dtype)
