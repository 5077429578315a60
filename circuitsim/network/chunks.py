"""Run images in chunks whose working set keeps below a limit."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from circuitsim.errors import InputError
from circuitsim.network.apart import check_one_each
from circuitsim.network.linear import LinearLayer, float_product
from circuitsim.network.network import LayerProduct, Network, batch_size
from circuitsim.units import format_quantity

MEMORY = 1e9
"""Bytes that the images of a chunk may take, unless a caller says otherwise."""
MOST_IMAGES = 256
"""Images of a chunk: more of them save no time."""
NOISY_IMAGES = 8
"""Images of every chunk where noise is drawn: its numbers follow the chunks, which must not follow the memory."""
_HOST = 3  # copies of what flows between layers that the host makes: its results, and room of onnxruntime


@dataclass(frozen=True)
class LayerSizes:
    """What a layer reads and makes of some images.

    Attributes:
        layer: The layer.
        shape: Shape of the tensor that it reads.
        vectors: Number of vectors.
    """

    layer: LinearLayer
    shape: tuple[int, ...]
    vectors: int

    @property
    def outputs(self) -> int:
        """Numbers that it makes."""
        groups, _, outputs = self.layer.weights.shape
        return self.vectors * groups * outputs


LayerCost = Callable[[LayerSizes], float]
"""Bytes that a layer takes while it computes."""


@dataclass(frozen=True)
class _Probe:
    """The float network's products, and a record of what each layer reads."""

    found: list[LayerSizes] = field(default_factory=list)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def of_tensor(self, layer: LinearLayer, x: np.ndarray) -> None:
        self.shapes[layer.name] = x.shape

    def __call__(self, layer: LinearLayer, activations: np.ndarray) -> np.ndarray:
        shape = self.shapes.get(layer.name, activations.shape)
        self.found.append(LayerSizes(layer, shape, len(activations)))
        return float_product(layer, activations)


def chunk_size(network: Network, images: np.ndarray, cost: LayerCost, memory: float, *, noisy: bool = False) -> int:
    """Return the number of images of a chunk.

    It is found from what the first images need: those that the network takes at a time, or the first one.

    Args:
        network: The network.
        images: The images.
        cost: Bytes of a layer, besides what flows between layers.
        memory: Bytes that a chunk may take.
        noisy: Noise is drawn, and all chunks have `NOISY_IMAGES`.

    Raises:
        InputError: One image needs more; names the layer that needs most.
    """
    check_memory(memory)
    try:
        unit = batch_size(network, images) or 1
        if len(images) < unit or len(images) % unit:
            return max(len(images), 1)  # the network says what it takes
        sizes = layer_sizes(network, images[:unit])
    except InputError:
        return max(len(images), 1)  # said of all images when they are run
    most = max(sizes, key=cost, default=None)
    between = 4 * _HOST * (sum(_numbers(each) for each in sizes) + images[:unit].size)
    needed = between + (0.0 if most is None else cost(most))
    wanted = -(-NOISY_IMAGES // unit) if noisy else max(MOST_IMAGES // unit, 1)
    count = int(min(wanted, memory // needed)) if needed > 0 else wanted
    if count < (wanted if noisy else 1):
        name = "the network" if most is None else f"layer {most.layer.name!r}"
        each = unit * wanted if noisy else unit
        said = f"{each} images, which share the numbers of their noise" if noisy else f"{each} images at a time"
        raise InputError(
            f"memory = {format_quantity(memory, 'B')}: {name} needs {format_quantity(needed * each / unit, 'B')} for "
            f"{'one image' if each == 1 else said}; expected as much or more"
        )
    return unit * count


def in_chunks(
    network: Network,
    images: np.ndarray,
    size: int,
    product_of: Callable[[int], LayerProduct],
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Return the outputs (images, …) of a network that takes `size` images after the other.

    Args:
        network: The network.
        images: The images.
        size: Number of images of a chunk.
        product_of: Returns the product for a number of images.
        progress: Called with (finished images, all images) after each chunk.
    """
    parts, finished = [], 0
    for chunk in chunks_of(images, size):
        outputs = network.run(chunk, product_of(len(chunk)))
        check_one_each(outputs, chunk)
        parts.append(outputs.copy())  # a layer may write its next output there
        finished += len(chunk)
        if progress is not None:
            progress(finished, len(images))
    return together(parts)


def chunks_of(images: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Yield images, `size` at a time; all at once where there are none."""
    for begin in range(0, max(len(images), 1), size):
        yield images[begin : begin + size]


def together(parts: list[np.ndarray]) -> np.ndarray:
    """Return the outputs of all chunks.

    Raises:
        InputError: They have different shapes.
    """
    shapes: list[Any] = list(dict.fromkeys(part.shape[1:] for part in parts))
    if len(shapes) > 1:
        raise InputError(
            f"the network's output has shape {shapes[0]} for one image and {shapes[1]} for another; expected one shape"
        )
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def check_memory(memory: float) -> None:
    """Refuse a limit that is no number of bytes."""
    if not memory > 0.0:
        raise InputError(f"memory = {memory:g} B: expected a number above 0, such as 1e9")


def layer_sizes(network: Network, images: np.ndarray) -> list[LayerSizes]:
    """Return what the layers read and make of images, each as often as the network meets it."""
    probe = _Probe()
    network.run(images, probe)
    return probe.found


def _numbers(size: LayerSizes) -> int:
    return int(np.prod(size.shape)) + size.outputs
