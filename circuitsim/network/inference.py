"""Run a network on arrays: outputs, score, and statistics of each layer."""

import warnings
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim.errors import ClippingWarning, InputError
from circuitsim.network.apart import check_one_each
from circuitsim.network.converting import layer_adc, network_tables, without_circuits
from circuitsim.network.images import checked_images
from circuitsim.network.linear import LinearLayer, float_product
from circuitsim.network.network import Network
from circuitsim.network.product import exact_product
from circuitsim.network.programming import ProgrammedNetwork, program
from circuitsim.network.ranges import fit_ranges
from circuitsim.network.reading import LayerRange, LayerReading, read_layer
from circuitsim.network.scores import Metric, Score, has_classes, score
from circuitsim.periphery import Periphery, straight_output
from circuitsim.periphery.converters import MUCH_CLIPPING
from circuitsim.spec import ArraySpec, by_value, checked, output_unit

MUCH_LOST = 0.02
"""What the driver's range cuts off a layer's inputs, rms relative to theirs, above which `evaluate` warns."""


@dataclass(frozen=True)
class LayerStatistics:
    """Statistics of one layer over all images.

    Attributes:
        name, op: Name and type of the node.
        inputs, outputs: Size of its matrices.
        groups: Number of its matrices.
        tiles: Number of arrays that hold it.
        vectors: Number of input vectors, for Conv one per image and output pixel. Each takes groups · inputs · outputs
            multiply-accumulates.
        reads: Number of tile reads: one tile, one vector, one phase.
        conversions: Number of ADC conversions.
        activation_max: Activation that is driven at v_read.
        w_max: Weight that is mapped to the whole range of conductances.
        gain: Digital factor on the products.
        full_scale: Current of the ADC's largest code [A], charge of 1c cells [C]; None without ADC quantization, or for
            a circuit, which has a range of its own.
        lsb: Current that one code stands for [A]; None without ADC quantization.
        i_max: Largest column current before the ADC [A].
        adc_clipped: Fraction of the conversions outside the ADC's range.
        input_clipped: Fraction of the activations larger than activation_max.
        input_lost: What that cuts off the activations, rms relative to theirs.
        input_max: Largest |activation|.
        input_rule, adc_rule: What set activation_max and full_scale, in one phrase.
        tied_to: Name of the layer with the same weights, on whose tiles this one was read; "": it has its own.
    """

    name: str
    op: str
    inputs: int
    outputs: int
    groups: int
    tiles: int
    vectors: int
    reads: int
    conversions: int
    activation_max: float
    w_max: float
    gain: float
    full_scale: float | None
    lsb: float | None
    i_max: float
    adc_clipped: float
    input_clipped: float
    input_lost: float
    input_max: float
    input_rule: str
    adc_rule: str
    tied_to: str = ""


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
    network: Network, images: np.ndarray, labels: np.ndarray | None = None, *, metric: Metric | None = None
) -> Inference:
    """Run images (images, …) through the float network, without arrays; labels and metric as in `evaluate`.

    Raises:
        InputError: Images or labels do not fit the network, or an output is not finite.
    """
    images = checked_images(images)
    return _inference("float", network.run_float(images), images, labels, metric=metric)


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
        n_jobs: Number of tiles of a layer read at the same time, in threads; see `parallel.over_tiles`.

    Raises:
        InputError: Images or labels do not fit the network, a range is missing, or an output is not finite.

    Warns:
        ClippingWarning: More than 1 % of a layer's conversions, and twice what the chosen range clips of the
            calibration outputs, are outside the range of the ADC; or the range of the driver cuts off more than 2 % of
            its inputs, rms, and twice what it cuts off those of the calibration.
    """
    images = checked_images(images)
    readings: defaultdict[str, list[LayerReading]] = defaultdict(list)

    def product(layer: LinearLayer, activations: np.ndarray) -> Any:
        if layer.name not in programmed.layers:  # named in mapping.digital
            return float_product(layer, activations)
        if layer.name not in ranges:
            raise InputError(
                f"ranges lack the layer {layer.name!r}; expected those of fit_ranges for this network, from images of "
                "which one or more reach the layer"
            )
        tiles, known = programmed.layers[layer.name], ranges[layer.name]
        reading = read_layer(
            tiles, programmed.spec, activations, known, tables=programmed.tables, rng=rng, n_jobs=n_jobs
        )
        readings[layer.name].append(reading)
        return reading.y

    logits = programmed.network.run(images, product)
    layers = tuple(_statistics(programmed, layer, ranges[layer], each) for layer, each in readings.items())
    for layer in layers:
        for sentence in _clipping(layer, ranges[layer.name], output_unit(programmed.spec)):
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
) -> Inference:
    """Run images on ideal arrays: exact products (v − v_ref) @ g, with the specification's tiles, DAC and ADC.

    Ideal converters of the same resolutions take the place of circuits.

    Args:
        network, spec, images, labels, metric: As in `evaluate`.
        calibration_images: Images from which the ADC ranges are learnt.
        tables: Tables of the circuits that the array names, for their resolutions.

    Raises:
        InputError: Images or labels do not fit the network, or the array has too few columns.
    """
    spec = without_circuits(spec, network_tables(spec, tables))
    programmed = program(network, spec, exact_product(spec))
    ranges = fit_ranges(programmed, calibration_images)
    return evaluate(programmed, images, labels, ranges=ranges, name="ideal", metric=metric)


def _statistics(
    programmed: ProgrammedNetwork, name: str, known: LayerRange, readings: list[LayerReading]
) -> LayerStatistics:
    tiles, around = programmed.layers[name], programmed.tables
    adc = layer_adc(programmed.spec, around, known.full_scale)
    gain = 1.0 if around.sense is None else abs(straight_output(around.sense)[0])
    groups, inputs, outputs = tiles.layer.weights.shape
    conversions = sum(reading.conversions for reading in readings)
    encoded = sum(reading.encoded for reading in readings)
    return LayerStatistics(
        name=name,
        op=tiles.layer.op,
        inputs=inputs,
        outputs=outputs,
        groups=groups,
        tiles=len(tiles.places),
        vectors=sum(reading.y.shape[0] for reading in readings),
        reads=sum(reading.reads for reading in readings),
        conversions=conversions,
        activation_max=known.activation_max,
        w_max=tiles.w_max,
        gain=known.gain,
        full_scale=known.full_scale,
        lsb=None if adc is None else adc.lsb / gain,
        i_max=max(reading.i_max for reading in readings),
        adc_clipped=sum(reading.adc_clipped for reading in readings) / max(conversions, 1),
        input_clipped=sum(reading.inputs_clipped for reading in readings) / max(encoded, 1),
        input_lost=(sum(r.lost_square for r in readings) / (sum(r.input_square for r in readings) or 1.0)) ** 0.5,
        input_max=max(reading.input_max for reading in readings),
        input_rule=known.input_rule,
        adc_rule=known.adc_rule,
        tied_to=tiles.layer.tied_to if tiles.layer.tied_to in programmed.layers else "",
    )


def _clipping(layer: LayerStatistics, known: LayerRange, unit: str) -> list[str]:
    """Say what a layer clips beyond what its ranges were chosen to clip."""
    sentences = []
    if layer.adc_clipped > max(MUCH_CLIPPING, 2 * known.adc_clipped):
        sentences.append(
            f"{layer.adc_clipped:.1%} of the outputs lie outside the ADC's {_range(layer, unit)}"
            + (f", against {known.adc_clipped:.1%} of the calibration images'" if known.adc_clipped else "")
        )
    if layer.input_lost > max(MUCH_LOST, 2 * known.input_lost):
        sentences.append(
            f"{layer.input_clipped:.2%} of the inputs, up to {layer.input_max:.4g}, exceed {layer.activation_max:.4g}, "
            f"which v_read stands for ({known.input_rule}), and lose {layer.input_lost:.2g} of their rms size: "
            "calibrate with images like those of the evaluation"
        )
    return sentences


def _range(layer: LayerStatistics, unit: str) -> str:
    return layer.adc_rule if layer.full_scale is None else f"range of {layer.full_scale:g} {unit}"


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
