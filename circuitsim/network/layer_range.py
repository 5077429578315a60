"""Ranges and gain of a layer: what its drivers and ADCs are set to."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

RangePer = Literal["layer", "tile", "column"]
"""What has an ADC range of its own."""


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
    """

    activation_max: float
    full_scale: float | None = None
    gain: float = 1.0
    input_rule: str = "given"
    adc_rule: str = "given"
    adc_clipped: float = 0.0
    input_lost: float = 0.0
    column_scales: tuple[tuple[float, ...], ...] | None = None


def column_steps(known: LayerRange, tile: int) -> np.ndarray | None:
    """Return the LSB of each column in use of a tile, relative to that of `full_scale`; None: they are equal."""
    if known.column_scales is None or known.full_scale is None:
        return None
    return np.array(known.column_scales[tile]) / known.full_scale
