"""Running a network with its products computed by a given function, everything else by onnxruntime."""

from collections.abc import Callable

import numpy as np
import onnxruntime

from circuitsim.errors import InputError
from circuitsim.network.linear import LinearLayer, input_vectors, output_tensor
from circuitsim.network.onnx.graph import HostStep, Network

LayerProduct = Callable[[LinearLayer, np.ndarray], np.ndarray]
"""Input vectors (vectors, groups, inputs) of a layer → products (vectors, groups, outputs), without bias."""


def float_product(layer: LinearLayer, x: np.ndarray) -> np.ndarray:
    """Multiply vectors (vectors, groups, inputs) by the layer's weights in float64: (vectors, groups, outputs)."""
    return np.einsum("vgi,gio->vgo", x, layer.weights, optimize=True)


def run(network: Network, images: np.ndarray, product: LayerProduct) -> np.ndarray:
    """Compute the network's outputs with its layers' products taken from `product`.

    Args:
        network: The network.
        images: (images, …) in the network's own units.
        product: Computes one layer; biases are added digitally after it.

    Returns:
        (images, …) the network's output.

    Raises:
        InputError: The images do not have the network's shape.
    """
    images = check_images(network, images)
    batch = network.input_shape[0] or max(len(images), 1)
    return np.concatenate(
        [_run_batch(network, images[k : k + batch], product) for k in range(0, len(images), batch)], axis=0
    )


def run_float(network: Network, images: np.ndarray) -> np.ndarray:
    """Compute the float network's outputs (images, …) with onnxruntime alone.

    Raises:
        InputError: The images do not have the network's shape.
    """
    images = check_images(network, images)
    batch = network.input_shape[0] or max(len(images), 1)
    parts = [
        _on_host(network.session, (network.target,), {network.source: images[k : k + batch]})[network.target]
        for k in range(0, len(images), batch)
    ]
    return np.concatenate(parts, axis=0)


def check_images(network: Network, images: np.ndarray) -> np.ndarray:
    """Return images in the network's own type.

    Raises:
        InputError: Shape or values do not fit: names both.
    """
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
    session: onnxruntime.InferenceSession, targets: tuple[str, ...], values: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    try:
        found = session.run(list(targets), values)
    except Exception as error:  # onnxruntime's classes derive from Exception itself, one per cause
        raise InputError(f"onnxruntime cannot run the network: {str(error).strip().splitlines()[0]}") from None
    return {name: np.asarray(value) for name, value in zip(targets, found, strict=True)}


def _run_batch(network: Network, images: np.ndarray, product: LayerProduct) -> np.ndarray:
    values: dict[str, np.ndarray] = {network.source: images}
    for step in network.steps:
        if isinstance(step, HostStep):
            values |= _on_host(step.session, step.targets, {name: values[name] for name in step.sources})
        else:
            x = values[step.source]
            y = output_tensor(step, product(step, input_vectors(step, x)), x.shape)
            values[step.target] = y.astype(x.dtype)
    return values[network.target]
