"""Ranges of inputs: of a layer, or of each part of it whose rows lie on tiles of their own."""

from dataclasses import replace
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.errors import InputError
from circuitsim.network.layer_range import LayerRange
from circuitsim.network.linear import LinearLayer
from circuitsim.network.programming import ProgrammedLayer
from circuitsim.network.range_rule import LARGEST, RangeRule

_CLOSE = 2.0  # a bound of the graph less than this many times the largest activation costs less than one bit
_ROUNDED = 1.0 + 1e-6  # float32: onnxruntime's tanh returns up to 1 + 2.4e-7


def learn_input_range(layer: LinearLayer, activations: np.ndarray, rule: RangeRule, bits: int | None) -> LayerRange:
    """Return the range of a layer's inputs (vectors, groups, inputs); `bits` are those of the DAC."""
    size = np.abs(activations)
    largest, bound = float(size.max(initial=0.0)), layer.input_bound
    if rule != LARGEST and largest > 0.0:
        end, _ = rule.choose(size, bits)
        words = f"{end / largest:.3g} of the largest calibration input, {rule.words}"
        return LayerRange(activation_max=end, input_rule=words, input_lost=_lost(size, end))
    if bound is not None and (largest == 0.0 or bound / _CLOSE < largest <= bound * _ROUNDED):
        return LayerRange(activation_max=bound, input_rule="bound of the network")
    if largest == 0.0:
        return LayerRange(activation_max=1.0, input_rule="1, because all calibration inputs are 0")
    return LayerRange(activation_max=largest, input_rule="largest calibration input")


def with_input_scales(
    known: LayerRange, programmed: ProgrammedLayer, activations: np.ndarray, rule: RangeRule, bits: int | None
) -> LayerRange:
    """Give the inputs of each part of a layer on rows of its own a range of their own; where all are 0, the layer's."""
    ends: dict[tuple, float] = {}
    parts = [(place.group_part.start, place.group_part.stop, *place.inputs) for place in programmed.places]
    for place, part in zip(programmed.places, parts, strict=True):
        some = activations[:, place.group_part, slice(*place.inputs)]
        if part not in ends:
            found = learn_input_range(programmed.layer, some, rule, bits).activation_max
            ends[part] = found if some.any() else known.activation_max
    if len(ends) == 1:
        return known
    widest = max(ends.values())
    scales = tuple(ends[part] / widest for part in parts)
    new = replace(known, activation_max=widest, input_scales=scales, input_rule=f"for each tile: {known.input_rule}")
    lost = _lost(np.abs(activations), widest * relative_ranges(programmed, new))
    return replace(new, input_lost=lost)


def relative_ranges(programmed: ProgrammedLayer, known: LayerRange) -> Any:
    """Return the range of each input (groups, inputs), relative to activation_max; 1.0 if they are equal.

    Raises:
        InputError: There is not one range for each tile.
    """
    if known.input_scales is None:
        return 1.0
    if len(known.input_scales) != len(programmed.places):
        raise InputError(
            f"layer {programmed.layer.name!r}: input_scales has {len(known.input_scales)} tiles, expected "
            f"{len(programmed.places)}"
        )
    relative = np.ones(programmed.layer.weights.shape[:2])
    for place, scale in zip(programmed.places, known.input_scales, strict=True):
        relative[place.group_part, slice(*place.inputs)] = scale
    return relative


def in_equal_ranges(programmed: ProgrammedLayer, known: LayerRange, activations: Any) -> Any:
    """Return activations (vectors, groups, inputs) as inputs of equal ranges, `activation_max`."""
    if known.input_scales is None:
        return activations
    xp, device = array_api_compat.array_namespace(activations), array_api_compat.device(activations)
    return activations / xp.asarray(relative_ranges(programmed, known), dtype=activations.dtype, device=device)


def input_scale(known: LayerRange, tile: int) -> float:
    """Return the range of a tile's inputs, relative to activation_max."""
    return 1.0 if known.input_scales is None else known.input_scales[tile]


def _lost(size: np.ndarray, ends: Any) -> float:
    """Return what ranges cut off magnitudes, rms relative to theirs."""
    square = np.sum(size**2)
    return float(np.sqrt(np.sum(np.maximum(size - ends, 0.0) ** 2) / square)) if square > 0.0 else 0.0
