"""Run a network on arrays: outputs, score, and statistics of each layer."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from circuitsim.errors import ClippingWarning, InputError
from circuitsim.network.apart import check_one_each
from circuitsim.network.chunks import MEMORY, chunk_size, chunks_of, in_chunks, together
from circuitsim.network.converting import network_tables, without_circuits
from circuitsim.network.images import checked_images
from circuitsim.network.layer_range import LayerRange
from circuitsim.network.layer_statistics import LayerStatistics, clipping_sentences, layer_statistics
from circuitsim.network.layers_on_tiles import LayersOnTiles
from circuitsim.network.network import Network
from circuitsim.network.product import NoiseRead, exact_product
from circuitsim.network.programming import ProgrammedNetwork, program
from circuitsim.network.ranges import fit_ranges
from circuitsim.network.scores import Metric, Score, has_classes, score
from circuitsim.periphery import Periphery
from circuitsim.spec import ArraySpec, by_value, checked, output_unit


@by_value
@dataclass(frozen=True)
class Inference:
    """Outputs of a network for some images, and how well they agree with labels.

    Attributes:
        name: "float" for the float network, otherwise the name given by the caller.
        logits: (images, …) outputs of the network: (images, classes) from a classifier.
        score: Agreement with the labels; None without labels.
        layers: One entry per layer on arrays; empty for "float".
    """

    name: str
    logits: np.ndarray
    score: Score | None = None
    layers: tuple[LayerStatistics, ...] = ()

    @property
    def classes(self) -> np.ndarray:
        """(images,) class with the largest output, or (images, *pixels); none for one output an image."""
        if not has_classes(self.logits):
            raise InputError(f"the network's output has shape {self.logits.shape}: one number an image, no classes")
        return self.logits.argmax(axis=1)

    @property
    def accuracy(self) -> float | None:
        """Fraction of the images, or of their pixels, classified correctly; None without labels, and for numbers."""
        return None if self.score is None else self.score.accuracy


@checked
def evaluate_float(
    network: Network,
    images: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    metric: Metric | None = None,
    memory: float = MEMORY,
) -> Inference:
    """Run images (images, …) through the float network, without arrays; other arguments as in `evaluate`.

    Raises:
        InputError: Images or labels do not fit the network, an output is not finite, or one image needs more than
            `memory`.
    """
    images = checked_images(images)
    size = chunk_size(network, images, lambda _: 0.0, memory)
    return _inference(
        "float", together([network.run_float(c) for c in chunks_of(images, size)]), images, labels, metric=metric
    )


@checked
def evaluate(
    programmed: ProgrammedNetwork,
    images: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    ranges: dict[str, LayerRange],
    name: str = "array",
    metric: Metric | None = None,
    rng: np.random.Generator | None = None,
    n_jobs: int = 1,
    memory: float = MEMORY,
    compiled: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Inference:
    """Run images through the network with each layer on its tiles, except those of `mapping.digital`.

    Args:
        programmed: The network on its tiles; the product with which it was programmed sets the level of simulation.
        images: (images, …) in the network's units.
        labels: Classes or numbers, see `scores.score`; None if unknown.
        ranges: From `fit_ranges`; use the same ranges for two products to compare their codes.
        name: Name of the result, such as "ideal", "array" or "ngspice".
        metric: Function of outputs and labels that gives the score; None: the score that fits the labels.
        rng: Source of the noise of circuits around the tiles; None: without noise.
        n_jobs: Number of threads that read a layer; see `parallel.over_tiles`.
        memory: Bytes that the images of a chunk may take, estimated from what the first image needs. Of a network
            without noise every image is computed by itself: where layers are read together, no number depends on the
            chunks; elsewhere as far as the product makes none of the batch. Where noise is drawn, all chunks have
            `chunks.NOISY_IMAGES` images, so that the draws do not depend on the memory.
        compiled: Read the tiles of a layer together where all of them have a `JointForm`, with inputs of ideal DACs,
            pairs of columns and ideal ADCs, or none, without noise; the results are those of single tiles up to the
            rounding of the tiles' data type. False: tile by tile.
        progress: Called with (finished images, all images) after each chunk.

    Raises:
        InputError: Images or labels do not fit the network, a range is missing, an output is not finite, or one image
            needs more than `memory`.

    Warns:
        ClippingWarning: More than 1 % of a layer's conversions, and twice what the chosen range clips of the
            calibration outputs, are outside the range of the ADC; or the range of the driver cuts off more than 2 % of
            its inputs, rms, and twice what it cuts off those of the calibration.
    """
    images = checked_images(images)
    on_tiles = LayersOnTiles(programmed, ranges, rng, n_jobs, compiled)
    size = chunk_size(programmed.network, images, on_tiles.cost, memory, noisy=rng is not None or _is_noisy(programmed))
    logits = in_chunks(programmed.network, images, size, on_tiles.for_images, progress)
    layers = tuple(layer_statistics(programmed, layer, ranges[layer], each) for layer, each in on_tiles.counts.items())
    for layer in layers:
        for sentence in clipping_sentences(layer, ranges[layer.name], output_unit(programmed.spec)):
            warnings.warn(f"{name!r}, layer {layer.name!r}: {sentence}", ClippingWarning, stacklevel=2)
    return _inference(name, logits, images, labels, layers, metric=metric)


@checked
def evaluate_ideal(
    network: Network,
    spec: ArraySpec,
    images: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    calibration_images: np.ndarray,
    tables: Periphery | None = None,
    metric: Metric | None = None,
    dtype: str = "float64",
    device: str | None = None,
    n_jobs: int = 1,
    memory: float = MEMORY,
) -> Inference:
    """Run images on ideal arrays: exact products (v − v_ref) @ g, with the specification's tiles, DAC and ADC.

    Ideal converters of the same resolutions take the place of circuits.

    Args:
        network, spec, images, labels, metric, n_jobs, memory: As in `evaluate`.
        calibration_images: Images from which the ADC ranges are learnt.
        tables: Tables of the circuits that the array names, for their resolutions.
        dtype: Data type of the products, "float64" or "float32".
        device: Device of torch on which layers are computed; None: NumPy computes them.

    Raises:
        InputError: Images or labels do not fit the network, one image needs more than `memory`, or the array has too
            few columns.
    """
    spec = without_circuits(spec, network_tables(spec, tables))
    product = exact_product(spec, dtype=dtype, namespace="numpy" if device is None else "torch", device=device)
    programmed = program(network, spec, product, n_jobs=n_jobs)
    ranges = fit_ranges(programmed, calibration_images, n_jobs=n_jobs, memory=memory)
    how = {"metric": metric, "n_jobs": n_jobs, "memory": memory}
    return evaluate(programmed, images, labels, ranges=ranges, name="ideal", **how)


def _inference(
    name: str,
    outputs: np.ndarray,
    images: np.ndarray,
    labels: np.ndarray | None,
    layers: tuple[LayerStatistics, ...] = (),
    *,
    metric: Metric | None = None,
) -> Inference:
    check_one_each(outputs, images)
    if not np.isfinite(outputs).all():
        first = int(np.argmax(~np.isfinite(outputs).reshape(len(outputs), -1).all(axis=1)))
        advice = "; keep a layer digital before a logarithm or root, which takes no negative numbers" if layers else ""
        raise InputError(
            f"{name!r}: the network's output for image {first} is not finite; expected finite numbers, hence weights, "
            f"biases and constants that are{advice}"
        )
    if metric is not None and labels is None:
        raise InputError("metric has no effect without labels; give labels, or leave it out")
    return Inference(name, outputs, None if labels is None else score(outputs, labels, metric), layers)


def _is_noisy(programmed: ProgrammedNetwork) -> bool:
    """Tell whether reads draw noise of their own: they can be started anew."""
    return any(isinstance(read, NoiseRead) for layer in programmed.layers.values() for read in layer.reads)
