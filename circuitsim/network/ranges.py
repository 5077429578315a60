"""Learn input range, ADC range and digital gain of each layer from calibration images."""

import dataclasses
from collections import defaultdict

import numpy as np

from circuitsim.network.apart import check_images_apart
from circuitsim.network.images import checked_images
from circuitsim.network.inputs import encode
from circuitsim.network.linear import LinearLayer, as_numpy, float_product
from circuitsim.network.network import Network
from circuitsim.network.programming import ProgrammedNetwork
from circuitsim.network.range_rule import LARGEST, LEAST_RMS, RangeRule
from circuitsim.network.reading import LayerRange, input_offset, layer_products, read_tiles
from circuitsim.spec import ArraySpec, checked

_CLOSE = 2.0  # a bound of the graph less than this many times the largest activation costs less than one bit
_ROUNDED = 1.0 + 1e-6  # float32: onnxruntime's tanh returns up to 1 + 2.4e-7


@checked
def layer_inputs(network: Network, images: np.ndarray) -> dict[str, np.ndarray]:
    """Return the activations (vectors, groups, inputs) of each layer in the float network, by the layer's name."""
    inputs: defaultdict[str, list[np.ndarray]] = defaultdict(list)

    def product(layer: LinearLayer, activations: np.ndarray) -> np.ndarray:
        inputs[layer.name].append(activations)  # one entry for each batch that the network takes
        return float_product(layer, activations)

    network.run(checked_images(images), product)
    return {name: np.concatenate(batches) for name, batches in inputs.items()}


@checked
def fit_ranges(
    programmed: ProgrammedNetwork,
    images: np.ndarray,
    *,
    inputs: RangeRule = LARGEST,
    adc: RangeRule = LEAST_RMS,
    gain: bool = False,
    n_jobs: int = 1,
) -> dict[str, LayerRange]:
    """Learn the input range, the ADC range and, optionally, a digital gain of each layer.

    Each layer receives the activations of the float network, so that the layers are learnt independently. The range of
    activations is that of a rule, by default the largest |activation|; there a bound from the graph (1 after tanh)
    takes its place if it is less than twice as large, which costs less than a bit and clips nothing. An "auto" ADC
    range is by default that of the least rms error of rounding and clipping for the ADC's bits, see `best_range`.

    The gain is the least-squares factor from the products after the ADC to the float products. A designer would trim
    it digitally to compensate the mean loss of current in wires and transistors. It is off by default: with a fifth of
    the current lost, it hardly changes the classes; with half of it lost, it recovers most of the accuracy (tested on
    the demo network).

    Args:
        programmed: The network on its tiles.
        images: (images, …) calibration images; must not be among those on which accuracy is reported.
        inputs: Rule for the range of each layer's |activations|.
        adc: Rule for an "auto" range of the ADC; a range in the specification, or of a circuit, stays.
        gain: Fit a digital gain for each layer; otherwise it is 1.
        n_jobs: Number of tiles of a layer read at the same time, in threads; see `parallel.over_tiles`.

    Returns:
        The ranges by the layer's name.

    Raises:
        InputError: The images do not fit the network, its outputs depend on other images, or an input is negative but
            mapping.inputs = "unsigned".
    """
    check_images_apart(programmed.network, images)
    activations = layer_inputs(programmed.network, images)
    return {
        name: _fit_layer(programmed, name, activations[name], rules=(inputs, adc), gain=gain, n_jobs=n_jobs)
        for name in programmed.layers
        if name in activations  # a branch that no image takes reads nothing
    }


def _fit_layer(
    programmed: ProgrammedNetwork,
    name: str,
    activations: np.ndarray,
    *,
    rules: tuple[RangeRule, RangeRule],
    gain: bool,
    n_jobs: int,
) -> LayerRange:
    tiles, spec, around = programmed.layers[name], programmed.spec, programmed.tables
    known = _input_range(tiles.layer, activations, rules[0], spec.driver.dac_bits)
    converts = spec.adc.bits is not None and around.adc is None
    if around.adc is not None:
        known = dataclasses.replace(known, adc_rule=f"range of the circuit {around.adc.block}")
    if converts and spec.adc.full_scale != "auto":
        known = dataclasses.replace(known, full_scale=float(spec.adc.full_scale), adc_rule="adc.full_scale")
    if not gain and (known.full_scale is not None or not converts):
        return known  # nothing to learn from the tiles
    phases = encode(activations, spec, activation_max=known.activation_max, layer=tiles.layer.name, dac=around.dac)
    currents = read_tiles(tiles, spec, phases, n_jobs=n_jobs)
    if converts and known.full_scale is None:
        flat = np.concatenate([as_numpy(tile.i_out).ravel() for tile in currents]).astype(float, copy=False)
        known = _adc_range(known, flat, spec, rules[1])
    if gain:
        y, _ = layer_products(tiles, spec, currents, phases, known, tables=around)
        middle = input_offset(tiles, phases, known)  # the array reads it too
        y = as_numpy(y).astype(float, copy=False) + middle
        square = float(np.vdot(y, y))
        factor = float(np.vdot(y, float_product(tiles.layer, activations) + middle)) / square if square > 0.0 else 1.0
        known = dataclasses.replace(known, gain=factor)
    return known


def _input_range(layer: LinearLayer, activations: np.ndarray, rule: RangeRule, bits: int | None) -> LayerRange:
    size = np.abs(activations)
    largest, bound = float(size.max(initial=0.0)), layer.input_bound
    if rule != LARGEST and largest > 0.0:
        end, _ = rule.choose(size, bits)
        words = f"{end / largest:.3g} of the largest calibration input, {rule.words}"
        lost = float(np.sqrt(np.sum(np.maximum(size - end, 0.0) ** 2) / np.sum(size**2)))
        return LayerRange(activation_max=end, input_rule=words, input_lost=lost)
    if bound is not None and (largest == 0.0 or bound / _CLOSE < largest <= bound * _ROUNDED):
        return LayerRange(activation_max=bound, input_rule="bound of the network")
    if largest == 0.0:
        return LayerRange(activation_max=1.0, input_rule="1, because all calibration inputs are 0")
    return LayerRange(activation_max=largest, input_rule="largest calibration input")


def _adc_range(known: LayerRange, currents: np.ndarray, spec: ArraySpec, rule: RangeRule) -> LayerRange:
    """Add the ADC's range; a layer without currents in all calibration images takes that of one cell at g_max."""
    assert spec.adc.bits is not None  # the caller asks only where there is an ADC
    largest = float(currents.max(initial=0.0))
    if largest <= 0.0:
        alone = spec.device.g_max * spec.driver.v_read
        return dataclasses.replace(known, full_scale=alone, adc_rule="one cell at g_max, because no current flows")
    full_scale, clipped = rule.choose(currents, spec.adc.bits)
    error = f"least rms error at {spec.adc.bits} bits" if rule.kind == "least_rms" else rule.words
    words = f"{full_scale / largest:.3g} of the largest calibration output, {error}"
    return dataclasses.replace(known, full_scale=full_scale, adc_rule=words, adc_clipped=clipped)
