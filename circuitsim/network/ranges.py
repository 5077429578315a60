"""Learn input range, ADC range and digital gain of each layer from calibration images."""

import dataclasses
from collections import defaultdict
from collections.abc import Set

import numpy as np

from circuitsim.errors import InputError
from circuitsim.network.apart import check_images_apart
from circuitsim.network.chunks import MEMORY, check_memory, layer_sizes
from circuitsim.network.column_ranges import with_column_ranges
from circuitsim.network.images import checked_images
from circuitsim.network.input_ranges import in_equal_ranges, learn_input_range, with_input_scales
from circuitsim.network.inputs import encode
from circuitsim.network.layer_range import InputRangePer, LayerRange, RangePer
from circuitsim.network.linear import LinearLayer, as_numpy, float_product
from circuitsim.network.network import Network, batch_size
from circuitsim.network.placed_arrays import beside_tiles
from circuitsim.network.programming import ProgrammedLayer, ProgrammedNetwork
from circuitsim.network.range_rule import LARGEST, LEAST_RMS, RangeRule
from circuitsim.network.reading import input_offset, layer_products, read_tiles
from circuitsim.spec import ArraySpec, checked
from circuitsim.units import format_quantity

_VECTORS = 1 << 14  # that are read at a time
_COPIES = 4  # of activations and currents that are held at a time


@checked
def layer_inputs(network: Network, images: np.ndarray, *, names: Set[str] | None = None) -> dict[str, np.ndarray]:
    """Return the activations (vectors, groups, inputs) of each layer in the float network, by the layer's name.

    Args:
        network: The network.
        images: (images, …) in its units.
        names: Layers that are wanted; None: all.
    """
    inputs: defaultdict[str, list[np.ndarray]] = defaultdict(list)

    def product(layer: LinearLayer, activations: np.ndarray) -> np.ndarray:
        if names is None or layer.name in names:
            inputs[layer.name].append(activations)  # one entry for each batch that the network takes
        return float_product(layer, activations)

    network.run(checked_images(images), product)
    return {name: np.concatenate(batches) for name, batches in inputs.items()}


def _held(programmed: ProgrammedNetwork, images: np.ndarray, memory: float) -> list[set[str]]:
    """Return the layers in sets whose activations and currents of all images fit into the memory together.

    Raises:
        InputError: Those of one layer do not.
    """
    check_memory(memory)
    names, held = list(programmed.layers), {}
    unit = batch_size(programmed.network, images) or 1
    for size in layer_sizes(programmed.network, images[:unit]):
        if (tiles := programmed.layers.get(size.layer.name)) is not None:
            groups, inputs, _ = size.layer.weights.shape
            numbers = _COPIES * size.vectors * (groups * inputs + sum(place.cols for place in tiles.places))
            held[size.layer.name] = held.get(size.layer.name, 0.0) + 8.0 * numbers * len(images) / unit
    sets: list[set[str]] = [set()]
    for name in names:
        if (needed := held.get(name, 0.0)) > memory:
            raise InputError(
                f"memory = {format_quantity(memory, 'B')}: layer {name!r} needs {format_quantity(needed, 'B')} for "
                f"{len(images)} calibration images; expected as much or more, or fewer images"
            )
        if sum(held.get(each, 0.0) for each in sets[-1]) + needed > memory:
            sets.append(set())
        sets[-1].add(name)
    return sets


@checked
def fit_ranges(
    programmed: ProgrammedNetwork,
    images: np.ndarray,
    *,
    inputs: RangeRule = LARGEST,
    inputs_per: InputRangePer = "layer",
    adc: RangeRule = LEAST_RMS,
    adc_per: RangePer = "layer",
    gain: bool = False,
    n_jobs: int = 1,
    memory: float = MEMORY,
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
        inputs_per: What has an input range of its own: each layer, or each part of it whose rows lie on tiles of their
            own. The digital sum over tiles then weighs their products. Such layers are read tile by tile.
        adc: Rule for an "auto" range of the ADC; a range in the specification, or of a circuit, stays.
        adc_per: What has an "auto" ADC range of its own: each layer, each tile, or each column of each tile. A tile or
            column that carries no current takes the range of its layer.
        gain: Fit a digital gain for each layer; otherwise it is 1. It is always fitted for offset inputs: what their
            middle gives is taken off as exact cells would give it.
        n_jobs: Number of tiles of a layer read at the same time, in threads; see `parallel.over_tiles`.
        memory: Bytes that the activations and currents of all images may take, estimated from the first image. The
            float network runs again for every set of layers that fits; the ranges do not depend on it.

    Returns:
        The ranges by the layer's name.

    Raises:
        InputError: The images do not fit the network, none of them reaches a layer that a module runs, those of one
            layer do not fit into the memory, the network's outputs depend on other images, an input is negative but
            mapping.inputs = "unsigned", `inputs_per` does not suit offset inputs, or `adc_per` has no effect because
            the range of the ADCs is not learnt.
    """
    check_images_apart(programmed.network, images)
    _check_learnt(programmed, inputs_per, adc_per)
    found: dict[str, LayerRange] = {}
    for names in _held(programmed, images, memory):
        activations = layer_inputs(programmed.network, images, names=names)
        for name in [name for name in activations if name in programmed.layers]:
            of_layer = activations.pop(name)
            how = {"rules": (inputs, adc), "per": (inputs_per, adc_per), "gain": gain, "n_jobs": n_jobs}
            found[name] = _fit_layer(programmed, name, of_layer, **how)
    return {name: found[name] for name in programmed.layers if name in found}  # no image takes some branches


def _check_learnt(programmed: ProgrammedNetwork, inputs_per: InputRangePer, adc_per: RangePer) -> None:
    adc, around = programmed.spec.adc, programmed.tables
    if inputs_per != "layer" and programmed.spec.mapping.inputs == "offset":
        raise InputError(
            f"inputs_per = {inputs_per!r} with mapping.inputs = 'offset': all inputs share the middle of one range; "
            "expected 'layer', or other inputs"
        )
    if adc_per == "layer" or (adc.bits is not None and adc.full_scale == "auto" and around.adc is None):
        return
    why = (
        f"the circuit {around.adc.block} has a range of its own"
        if around.adc is not None
        else "adc.bits is missing, so that nothing is converted"
        if adc.bits is None
        else f"adc.full_scale = {adc.full_scale:g} states it"
    )
    raise InputError(f"adc_per = {adc_per!r} has no effect: {why}; expected 'layer'")


def _fit_layer(
    programmed: ProgrammedNetwork,
    name: str,
    activations: np.ndarray,
    *,
    rules: tuple[RangeRule, RangeRule],
    per: tuple[InputRangePer, RangePer],
    gain: bool,
    n_jobs: int,
) -> LayerRange:
    tiles, spec, around = programmed.layers[name], programmed.spec, programmed.tables
    if not len(activations):
        raise InputError(f"layer {name!r} reads no vector of the images: expected images that reach every layer")
    known = learn_input_range(tiles.layer, activations, rules[0], spec.driver.dac_bits)
    if per[0] == "tile":
        known = with_input_scales(known, tiles, activations, rules[0], spec.driver.dac_bits)
    converts = spec.adc.bits is not None and around.adc is None
    if around.adc is not None:
        known = dataclasses.replace(known, adc_rule=f"range of the circuit {around.adc.block}")
    if converts and spec.adc.full_scale != "auto":
        known = dataclasses.replace(known, full_scale=float(spec.adc.full_scale), adc_rule="adc.full_scale")
    gain = gain or spec.mapping.inputs == "offset"  # the middle is taken off as exact cells would give it
    if not gain and (known.full_scale is not None or not converts):
        return known  # nothing to learn from the tiles
    reads = []  # of some vectors each: what encoding needs beside them stays small
    for begin in range(0, len(activations), _VECTORS):
        some = beside_tiles(tiles.reads, in_equal_ranges(tiles, known, activations[begin : begin + _VECTORS]))
        phases = encode(some, spec, activation_max=known.activation_max, layer=tiles.layer.name, dac=around.dac)
        reads.append((read_tiles(tiles, spec, phases, n_jobs=n_jobs), phases if gain else None))
    if converts and known.full_scale is None:
        parts = zip(*(currents for currents, _ in reads), strict=True)
        tiled = [np.concatenate([as_numpy(tile.i_out) for tile in part]) for part in parts]
        flat = np.concatenate([currents.ravel() for currents in tiled])
        known = _adc_range(known, flat, spec, rules[1])
        if per[1] != "layer" and spec.adc.bits is not None:
            known = with_column_ranges(known, tiled, spec.adc.bits, rules[1], per[1])
    return _with_gain(known, programmed, tiles, activations, reads) if gain else known


def _with_gain(
    known: LayerRange, programmed: ProgrammedNetwork, tiles: ProgrammedLayer, activations: np.ndarray, reads: list
) -> LayerRange:
    """Add the least-squares factor from products of (currents, phases) of some vectors each to the float products."""
    spec, around = programmed.spec, programmed.tables
    parts = [layer_products(tiles, spec, currents, phases, known, tables=around)[0] for currents, phases in reads]
    middle = input_offset(tiles, reads[0][1], known)  # the array reads it too
    y = np.concatenate([as_numpy(part) for part in parts]).astype(float, copy=False) + middle
    square = float(np.vdot(y, y))
    factor = float(np.vdot(y, float_product(tiles.layer, activations) + middle)) / square if square > 0.0 else 1.0
    return dataclasses.replace(known, gain=factor)


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
