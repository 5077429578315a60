"""What reading a layer tells: reads, conversions, ranges, and what they clip."""

from dataclasses import dataclass

import numpy as np

from circuitsim.network.converting import layer_adc
from circuitsim.network.layer_range import LayerRange
from circuitsim.network.layers_on_tiles import LayerCounts
from circuitsim.network.programming import ProgrammedNetwork
from circuitsim.periphery import straight_output
from circuitsim.periphery.converters import MUCH_CLIPPING
from circuitsim.units import format_quantity

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


def layer_statistics(
    programmed: ProgrammedNetwork, name: str, known: LayerRange, counts: list[LayerCounts]
) -> LayerStatistics:
    """Return the statistics of a layer from the counts of all runs."""
    tiles, around = programmed.layers[name], programmed.tables
    adc = layer_adc(programmed.spec, around, known.full_scale)
    gain = 1.0 if around.sense is None else abs(straight_output(around.sense)[0])
    groups, inputs, outputs = tiles.layer.weights.shape
    conversions = sum(each.conversions for each in counts)
    encoded = sum(each.encoded for each in counts)
    squares, lost = (
        float(np.concatenate([getattr(each, kind) for each in counts]).sum())
        for kind in ("input_squares", "lost_squares")
    )
    return LayerStatistics(
        name=name,
        op=tiles.layer.op,
        inputs=inputs,
        outputs=outputs,
        groups=groups,
        tiles=len(tiles.places),
        vectors=sum(each.vectors for each in counts),
        reads=sum(each.reads for each in counts),
        conversions=conversions,
        activation_max=known.activation_max,
        w_max=tiles.w_max,
        gain=known.gain,
        full_scale=known.full_scale,
        lsb=None if adc is None else adc.lsb / gain,
        i_max=max(each.i_max for each in counts),
        adc_clipped=sum(each.adc_clipped for each in counts) / max(conversions, 1),
        input_clipped=sum(each.inputs_clipped for each in counts) / max(encoded, 1),
        input_lost=(lost / (squares or 1.0)) ** 0.5,
        input_max=max(each.input_max for each in counts),
        input_rule=known.input_rule,
        adc_rule=known.adc_rule,
        tied_to=tiles.layer.tied_to if tiles.layer.tied_to in programmed.layers else "",
    )


def clipping_sentences(layer: LayerStatistics, known: LayerRange, unit: str) -> list[str]:
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
    return layer.adc_rule if layer.full_scale is None else f"range of {format_quantity(layer.full_scale, unit)}"
