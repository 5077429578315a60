"""Run an ONNX network: a given function computes the products of its layers, onnxruntime the rest."""

from dataclasses import dataclass

import numpy as np
import onnxruntime

from circuitsim.errors import InputError
from circuitsim.network.linear import LinearLayer, as_numpy, input_vectors, output_tensor
from circuitsim.network.network import LayerProduct
from circuitsim.network.onnx.causes import cause


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
        host_products: Names of the Gemm, MatMul and Conv nodes among them, whose operands are not constant.
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
    host_products: tuple[str, ...]
    digest: str

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
        return np.concatenate(parts, axis=0)

    def run_float(self, images: np.ndarray) -> np.ndarray:
        """Compute the float network's outputs (images, …) with onnxruntime alone.

        Raises:
            InputError: The images do not have the network's shape.
        """
        target = self.target
        parts = [_on_host(self.session, (target,), {self.source: batch})[target] for batch in _batches(self, images)]
        return np.concatenate(parts, axis=0)


def _batches(network: OnnxNetwork, images: np.ndarray) -> list[np.ndarray]:
    """Return images of the network's data type, in batches of the size that the network requires, or in one."""
    images = _checked(network, images)
    size = network.input_shape[0] or max(len(images), 1)
    return [images[k : k + size] for k in range(0, len(images), size)]


def _checked(network: OnnxNetwork, images: np.ndarray) -> np.ndarray:
    images = np.asarray(images)
    shape = network.input_shape
    same = images.ndim == len(shape) and all(
        want in (None, got) for want, got in zip(shape[1:], images.shape[1:], strict=True)
    )
    if not same or len(images) == 0 or len(images) % (shape[0] or 1):
        wanted = ", ".join("any" if length is None else str(length) for length in shape)
        raise InputError(
            f"images have shape {images.shape}, expected ({wanted}) as the network's input {network.source!r}"
        )
    if not np.isfinite(images).all():
        raise InputError("images hold values that are not finite; expected finite numbers")
    return images.astype(network.input_type)


def _on_host(
    session: onnxruntime.InferenceSession, targets: tuple[str, ...], tensors: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    try:
        outputs = session.run(list(targets), tensors)
    except Exception as error:  # onnxruntime's classes derive from Exception itself, one per cause
        raise InputError(f"onnxruntime cannot run the network: {cause(error)}") from None
    return {name: np.asarray(value) for name, value in zip(targets, outputs, strict=True)}


def _run_batch(network: OnnxNetwork, images: np.ndarray, product: LayerProduct) -> np.ndarray:
    tensors: dict[str, np.ndarray] = {network.source: images}
    for step in network.steps:
        if isinstance(step, HostStep):
            tensors |= _on_host(step.session, step.targets, {name: tensors[name] for name in step.sources})
        else:
            tensor = tensors[step.source]
            products = as_numpy(product(step.layer, input_vectors(step.layer, tensor)))
            tensors[step.target] = output_tensor(step.layer, products, tensor.shape).astype(tensor.dtype)
    return tensors[network.target]
