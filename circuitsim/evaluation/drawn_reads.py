"""Power of the reads of a network of which only shapes are known: weights and inputs are drawn.

Weights come from a normal distribution whose standard deviation is a quarter of the largest weight, inputs from a
uniform one up to full scale, on both sides of 0 where a layer's inputs are signed. Arrays of one size share a draw.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from circuitsim.calibration.experiments import SPREAD
from circuitsim.evaluation.counted_product import CountedProduct, CountedReads, reads_by_place
from circuitsim.evaluation.counting import places_of
from circuitsim.evaluation.layer_shapes import LayerShape
from circuitsim.evaluation.products import BehavioralProduct, NgspiceProduct, NodalProduct
from circuitsim.network import (
    LayerRange,
    LinearLayer,
    ProgrammedLayer,
    TilePlace,
    network_tables,
    tile_conductances,
)
from circuitsim.network.programming import analog_layers
from circuitsim.network.reading import read_layer
from circuitsim.periphery import Periphery
from circuitsim.spec import ArraySpec, checked

VECTORS = 16
"""Input vectors of each draw."""
_PULSED_VECTORS, _PULSED_BITS = 4, 4
"""Of pulse widths: a vector of 4 bits has 15 intervals and costs as much as 15 vectors of amplitudes. The mean width
is that of finer ones."""
DRAWN = (
    "weights are drawn (normal, a quarter of the largest weight), and inputs (uniform up to full scale); each array "
    f"size is read by {VECTORS} vectors, or {_PULSED_VECTORS} of pulses of {2**_PULSED_BITS} widths"
)


@checked
def drawn_layer(shape: LayerShape, rng: np.random.Generator) -> LinearLayer:
    """Return a layer of this shape with drawn weights, whose largest is 1: for energy and speed, not for accuracy.

    A convolution becomes a product of vectors with its matrices.
    """
    size = (shape.groups, shape.inputs, shape.outputs)
    weights = np.clip(SPREAD * rng.standard_normal(size), -1.0, 1.0)
    weights[0, 0, 0] = 1.0
    return LinearLayer(shape.name, "MatMul", weights, tied_to=shape.tied_to)


@checked
def drawn_power(
    layers: Sequence[LayerShape],
    spec: ArraySpec,
    product: BehavioralProduct | NodalProduct | NgspiceProduct,
    *,
    tables: Periphery | None,
    rng: np.random.Generator,
) -> dict[str, tuple[float, float | None]]:
    """Return the mean power of a read of each layer's arrays [W]: of array and amplifiers (None: ideal, or unknown).

    Of pulse widths it is the mean over `driver.t_read`, which holds the pulses.

    Args:
        layers: Its layers.
        spec: The array.
        product: Reads the arrays.
        tables: Tables of the circuits around them.
        rng: Draws weights and inputs.
    """
    known: dict[tuple[object, ...], CountedReads] = {}
    found = {}
    for layer in analog_layers(layers, spec.mapping.digital or ()):
        power, sense, arrays = 0.0, 0.0, places_of(layer, spec)
        for place in arrays:
            key = (place.groups, place.inputs[1] - place.inputs[0], place.cols, layer.signed)
            if key not in known:
                known[key] = _drawn(place, layer.signed, spec, product, tables, rng)
            one = known[key]
            power += one.power / one.reads
            sense = None if one.sense_power is None or sense is None else sense + one.sense_power / one.reads
        found[layer.name] = (power / len(arrays), None if sense is None else sense / len(arrays))
    return found


def _drawn(
    place: TilePlace,
    signed: bool,
    spec: ArraySpec,
    product: BehavioralProduct | NodalProduct | NgspiceProduct,
    tables: Periphery | None,
    rng: np.random.Generator,
) -> CountedReads:
    """Read one array that holds drawn weights; sums over its reads."""
    inputs, outputs = place.inputs[1] - place.inputs[0], place.outputs[1] - place.outputs[0]
    groups, vectors = place.groups, VECTORS
    if spec.driver.input_code == "pulse_width":
        vectors = _PULSED_VECTORS
        spec = spec.replace(driver={"dac_bits": min(spec.driver.dac_bits or _PULSED_BITS, _PULSED_BITS)})
    layer = drawn_layer(LayerShape(place.layer, "MatMul", groups, inputs, outputs, vectors=vectors), rng)
    alone = replace(place, index=0, group=0, inputs=(0, inputs), outputs=(0, outputs))
    calls: list[CountedReads] = []
    read = CountedProduct(product, calls)(alone, tile_conductances(layer, alone, spec, w_max=1.0))
    programmed = ProgrammedLayer(layer, 1.0, (alone,), (read,))
    activations = rng.uniform(-1.0 if signed else 0.0, 1.0, (vectors, groups, inputs))
    around = network_tables(spec, tables)
    # Codes are of no interest here, and any range of the ADC serves.
    read_layer(
        programmed, spec, activations, LayerRange(1.0, 1.0 if spec.adc.full_scale == "auto" else None), tables=around
    )
    return reads_by_place(calls)[alone]
