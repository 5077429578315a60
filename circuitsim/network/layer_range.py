"""Ranges and gain of a layer: what its drivers and ADCs are set to."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from circuitsim.errors import InputError

RangePer = Literal["layer", "tile", "column"]
"""What gets its own ADC range."""

InputRangePer = Literal["layer", "tile"]
"""What gets its own input range; tiles that share rows share it."""


@dataclass(frozen=True)
class LayerRange:
    """Ranges and gain of a layer, learnt from calibration images.

    Attributes:
        activation_max: Activation that is driven at v_read.
        full_scale: Current of the ADC's largest code [A]; the largest one where columns have ranges of their own; None
            without ADC quantization, or for a circuit, which has a range of its own.
        gain: Digital factor on the layer's products; 1 unless it was fitted.
        input_rule, adc_rule: What set activation_max and full_scale, in one phrase.
        adc_clipped: Fraction of the calibration outputs that the chosen ADC range clips.
        input_lost: What the chosen input range cuts off the calibration inputs, rms relative to theirs.
        column_scales: For each tile the current of the largest code of each column in use [A]; None: `full_scale` of
            all.
        input_scales: For each tile the activation that is driven at v_read, relative to `activation_max`; tiles that
            share inputs have the same. None: 1 of all.
    """

    activation_max: float
    full_scale: float | None = None
    gain: float = 1.0
    input_rule: str = "given"
    adc_rule: str = "given"
    adc_clipped: float = 0.0
    input_lost: float = 0.0
    column_scales: tuple[tuple[float, ...], ...] | None = None
    input_scales: tuple[float, ...] | None = None


def column_steps(known: LayerRange, tile: int) -> np.ndarray | None:
    """Return the LSB of each column in use of a tile, relative to that of `full_scale`; None: they are equal."""
    if known.column_scales is None or known.full_scale is None:
        return None
    return np.array(known.column_scales[tile]) / known.full_scale


def check_module_range(layer: str, known: LayerRange, cols: list[int]) -> None:
    """Refuse ranges that the tiles of a module, with so many columns in use each, cannot take over."""
    if known.input_scales is not None:
        raise InputError(f"layer {layer!r}: modules drive all inputs in one range; expected no input_scales")
    given = known.column_scales
    if given is not None and [len(each) for each in given] != cols:
        raise InputError(f"layer {layer!r}: column_scales has {[len(each) for each in given]} columns: expected {cols}")
