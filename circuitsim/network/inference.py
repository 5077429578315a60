"""Classify images on arrays and report statistics of each layer."""

import warnings
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim.errors import ClippingWarning, InputError
from circuitsim.network.linear import LinearLayer
from circuitsim.network.network import Network
from circuitsim.network.product import ExactProduct, Product
from circuitsim.network.programming import ProgrammedNetwork, program
from circuitsim.network.ranges import fit_ranges
from circuitsim.network.reading import LayerRange, LayerReading, read_layer
from circuitsim.periphery import adc_table
from circuitsim.spec import ArraySpec

MUCH_CLIPPING = 0.01
"""Clipped fraction of a layer's conversions above which `evaluate` warns; automatic ranges clip 0.0002."""


@dataclass(frozen=True)
class LayerStatistics:
    """Statistics of one layer over all images.

    Attributes:
        name, op: Name and type of the node.
        inputs, outputs: Size of its matrices.
        groups: Number of its matrices.
        tiles: Number of arrays that hold it.
        reads: Number of tile reads: one tile, one vector, one phase.
        conversions: Number of ADC conversions.
        activation_max: Activation that is driven at v_read.
        w_max: Weight that is mapped to the whole range of conductances.
        gain: Digital factor on the products.
        full_scale: Current of the ADC's largest code [A]; None without ADC quantization.
        lsb: Current of one code [A]; None without ADC quantization.
        i_max: Largest column current before the ADC [A].
        adc_clipped: Fraction of the conversions outside the ADC's range.
        input_clipped: Fraction of the activations larger than activation_max.
    """

    name: str
    op: str
    inputs: int
    outputs: int
    groups: int
    tiles: int
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


@dataclass(frozen=True)
class Inference:
    """Classification of images by a network.

    Attributes:
        level: "float" for the float network, otherwise the name given by the caller.
        logits: (images, classes) outputs of the network.
        classes: (images,) class with the largest logit.
        accuracy: Fraction of the images classified correctly; None without labels.
        layers: One entry per layer on arrays; empty for "float".
    """

    level: str
    logits: np.ndarray
    classes: np.ndarray
    accuracy: float | None
    layers: tuple[LayerStatistics, ...] = ()


def evaluate_float(network: Network, images: np.ndarray, labels: np.ndarray | None = None) -> Inference:
    """Classify images (images, …) with the float network, without arrays.

    Raises:
        InputError: Images or labels do not fit the network.
    """
    return _inference("float", network.run_float(images), labels)


def evaluate(
    programmed: ProgrammedNetwork,
    images: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    ranges: dict[str, LayerRange],
    level: str = "array",
    n_jobs: int = 1,
) -> Inference:
    """Classify images with each layer on its tiles.

    Args:
        programmed: The network on its tiles; the product with which it was programmed sets the level of simulation.
        images: (images, …) in the network's units.
        labels: (images,) classes; None if unknown.
        ranges: From `fit_ranges`; use the same ranges for two products to compare their codes.
        level: Name for the result: "ideal", "array", "ngspice".
        n_jobs: Number of tiles of a layer read at the same time, in threads; see `parallel.over_tiles`.

    Raises:
        InputError: Images or labels do not fit the network, or a range is missing.

    Warns:
        ClippingWarning: More than 1 % of a layer's conversions are outside the range of the ADC.
    """
    missing = [name for name in programmed.layers if name not in ranges]
    if missing:
        raise InputError(f"ranges lack the layer {missing[0]!r}; expected those of fit_ranges for this network")
    readings: defaultdict[str, list[LayerReading]] = defaultdict(list)

    def product(layer: LinearLayer, activations: np.ndarray) -> Any:
        tiles, known = programmed.layers[layer.name], ranges[layer.name]
        reading = read_layer(tiles, programmed.spec, activations, known, n_jobs=n_jobs)
        readings[layer.name].append(reading)
        return reading.y

    logits = programmed.network.run(images, product)
    layers = tuple(_statistics(programmed, name, ranges[name], each) for name, each in readings.items())
    for layer in layers:
        if layer.adc_clipped > MUCH_CLIPPING:
            warnings.warn(
                f"layer {layer.name!r}: {layer.adc_clipped:.1%} of the currents lie outside the ADC's range of "
                f"{layer.full_scale:g} A",
                ClippingWarning,
                stacklevel=2,
            )
    return _inference(level, logits, labels, layers)


def evaluate_ideal(
    network: Network,
    spec: ArraySpec,
    images: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    calibration_images: np.ndarray,
) -> Inference:
    """Classify images on ideal arrays: exact products (v − v_ref) @ g, with the specification's tiles, DAC and ADC.

    Args:
        network, spec, images, labels: As in `evaluate`.
        calibration_images: Images from which the ADC ranges are learnt.

    Raises:
        InputError: Images or labels do not fit the network, or the array has too few columns.
    """
    programmed = program(network, spec, ExactProduct(spec.sense.v_ref))
    ranges = fit_ranges(programmed, calibration_images)
    return evaluate(programmed, images, labels, ranges=ranges, level="ideal")


def float_difference(
    network: Network, spec: ArraySpec, images: np.ndarray, *, product: Product | None = None
) -> np.ndarray:
    """Compare the logits on arrays without DAC and ADC with those of the float network.

    This checks mapping, tiling, phases and digital sums. With exact products, or those of an ohmic array without wires,
    the difference is rounding alone, below 1e-5.

    Args:
        network: The network.
        spec: The array; its DAC and ADC are taken as ideal.
        images: (images, …); the input ranges are learnt from them, so that no input is clipped.
        product: Programs and reads a tile of this array; None for exact products.

    Returns:
        (images,) largest |difference| of the logits over the classes.
    """
    spec = spec.replace(driver={"dac_bits": None}, adc={"bits": None})
    programmed = program(network, spec, product or ExactProduct(spec.sense.v_ref))
    ranges = fit_ranges(programmed, images)
    array = evaluate(programmed, images, ranges=ranges).logits.reshape(len(images), -1)
    logits = network.run_float(images).reshape(len(images), -1)
    return np.abs(array.astype(float) - logits.astype(float)).max(axis=1)


def _statistics(
    programmed: ProgrammedNetwork, name: str, known: LayerRange, readings: list[LayerReading]
) -> LayerStatistics:
    tiles, adc = programmed.layers[name], adc_table(programmed.spec, full_scale=known.full_scale)
    groups, inputs, outputs = tiles.layer.weights.shape
    conversions = sum(reading.conversions for reading in readings)
    encoded = sum(reading.inputs for reading in readings)
    return LayerStatistics(
        name=name,
        op=tiles.layer.op,
        inputs=inputs,
        outputs=outputs,
        groups=groups,
        tiles=len(tiles.places),
        reads=sum(reading.reads for reading in readings),
        conversions=conversions,
        activation_max=known.activation_max,
        w_max=tiles.w_max,
        gain=known.gain,
        full_scale=known.full_scale,
        lsb=None if adc is None else adc.lsb,
        i_max=max(reading.i_max for reading in readings),
        adc_clipped=sum(reading.adc_clipped for reading in readings) / max(conversions, 1),
        input_clipped=sum(reading.inputs_clipped for reading in readings) / max(encoded, 1),
    )


def _inference(
    level: str, logits: np.ndarray, labels: np.ndarray | None, layers: tuple[LayerStatistics, ...] = ()
) -> Inference:
    if logits.ndim != 2:
        raise InputError(f"the network's output has shape {logits.shape}, expected (images, classes)")
    classes = logits.argmax(axis=1)
    if labels is None:
        return Inference(level, logits, classes, None, layers)
    labels = np.asarray(labels)
    if labels.shape != classes.shape:
        raise InputError(f"labels have shape {labels.shape}, expected {classes.shape}, one for each image")
    return Inference(level, logits, classes, float(np.mean(classes == labels)), layers)
