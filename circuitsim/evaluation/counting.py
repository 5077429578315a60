"""Count what an inference needs, by rules that a hand can follow.

* **Arrays**: the tiles into which the network's own tiling cuts the matrices. A cell is in use if it holds (part of) a
  weight, or belongs to a column that all outputs of its array share.
* **Reads**: each array of a layer is read once for each vector, phase and bit. Inputs that may be negative take two
  phases (`mapping.inputs = "two_phase"`), others one; bit-serial codes take as many reads as bits. Where images are
  run, a read whose rows would all be at rest is left out, as the array leaves it out.
* **Cycles**: all arrays of a layer are read at the same time, so that its reads follow one another by vector, phase
  and bit alone; where images are run, as many as the array with the most reads takes.
* **Conversions**: every column in use, in every read, if there is an ADC.
* **Additions**: each code is added to, or subtracted from, the sum of its output, which starts at 0. A reference column
  is subtracted from the code of every output. For "offset" weights the input codes of a read are summed, one addition
  for each row in use, and the sum is subtracted from the code of every output. Scaling, biases, the constant that
  offset inputs leave, and what the host computes are not counted.
* **Bytes**: a vector is fetched once, whatever the number of phases and of arrays side by side, and overlapping windows
  of a convolution are fetched anew; an output is written once. Both have the width of an input code.
"""

from collections.abc import Sequence
from math import log2

from circuitsim.errors import InputError
from circuitsim.evaluation.layer_shapes import LayerShape
from circuitsim.network import Scheme, TilePlace, layer_places, scheme_of
from circuitsim.network.programming import analog_layers
from circuitsim.periphery import Periphery, has_adc
from circuitsim.results import LayerCount, NetworkCount
from circuitsim.spec import ArraySpec, checked


@checked
def count_shapes(layers: Sequence[LayerShape], spec: ArraySpec, *, tables: Periphery | None = None) -> NetworkCount:
    """Count what an inference of a network needs, from the shapes of its layers alone: every vector and phase is read.

    Args:
        layers: Its layers, from `workload` or `network_shapes`.
        spec: The array; its size, `mapping`, resolutions and coding of inputs matter.
        tables: Tables of its circuits, for the resolutions of those that are converters; None: as the specification
            states them.

    Raises:
        InputError: `mapping.digital` names no layer, or all of them, or the array has too few columns for an output.
    """
    analog = analog_layers(layers, spec.mapping.digital or ())
    bits, remarks = input_code_bits(spec, tables), count_remarks(spec, tables)
    counts = []
    for layer in analog:
        reads = phases_of(spec, tables, signed=layer.signed) * layer.vectors
        arrays = tuple((place, reads) for place in places_of(layer, spec))
        counts.append(count_reads(layer, spec, arrays, cycles=reads, converts=has_adc(spec, tables), bits=bits))
    digital = tuple(spec.mapping.digital or ())
    return NetworkCount(
        tuple(counts), None, digital, remarks, sum(layer.macs for layer in layers if layer.name in digital)
    )


def places_of(layer: LayerShape, spec: ArraySpec) -> tuple[TilePlace, ...]:
    """Return the arrays of a layer, by the tiling with which networks are programmed."""
    return layer_places(layer.name, (layer.groups, layer.inputs, layer.outputs), spec)


def count_reads(
    layer: LayerShape,
    spec: ArraySpec,
    arrays: Sequence[tuple[TilePlace, float]],
    *,
    cycles: float,
    converts: bool,
    bits: float | None,
) -> LayerCount:
    """Count a layer from the number of reads of each of its arrays in one inference."""
    scheme = scheme_of(spec)
    own = () if layer.tied_to else arrays
    coded = None if bits is None else layer.vectors * layer.groups * bits / 8
    return LayerCount(
        name=layer.name,
        op=layer.op,
        groups=layer.groups,
        inputs=layer.inputs,
        outputs=layer.outputs,
        arrays=len(own),
        cells=sum(place.cells for place, _ in own),
        all_cells=len(own) * spec.array.rows * spec.array.cols,
        columns=sum(place.cols for place, _ in own),
        vectors=layer.vectors,
        cycles=cycles,
        reads=sum(reads for _, reads in arrays),
        rows_driven=sum(reads * place.rows for place, reads in arrays),
        conversions=sum(reads * place.cols for place, reads in arrays) if converts else 0,
        additions=sum(reads * _additions(place, scheme) for place, reads in arrays),
        bytes_read=None if coded is None else coded * layer.inputs,
        bytes_written=None if coded is None else coded * layer.outputs,
        macs=layer.macs,
    )


def phases_of(spec: ArraySpec, tables: Periphery | None, *, signed: bool) -> int:
    """Return how many reads follow one another for a vector: phases of the sign times bits."""
    signs = 2 if signed and spec.mapping.inputs == "two_phase" else 1
    if spec.driver.input_code != "bit_serial":
        return signs
    bits = input_code_bits(spec, tables)
    if bits is None:
        raise InputError("driver.dac_bits is missing: driver.input_code = 'bit_serial' needs the number of bits")
    return signs * round(bits)


def input_code_bits(spec: ArraySpec, tables: Periphery | None) -> float | None:
    """Return the width of an input code [bits]; None where the DAC is ideal."""
    if tables is not None and tables.dac is not None:
        return tables.dac.bits
    if spec.driver.gate_levels is not None:
        return log2(len(spec.driver.gate_levels))
    return spec.driver.dac_bits


def _additions(place: TilePlace, scheme: Scheme) -> int:
    """Return the additions and subtractions that a read of an array takes."""
    if scheme.paired:
        return place.cols
    codes = place.cols - scheme.shared_columns
    return codes + codes // scheme.columns_per_output + (0 if scheme.shared_columns else place.rows)


def count_remarks(spec: ArraySpec, tables: Periphery | None) -> tuple[str, ...]:
    """Say what of the counts is unknown or absent, and why."""
    remarks = []
    if input_code_bits(spec, tables) is None:
        remarks.append("bytes are unknown: driver.dac_bits is absent, so that input codes have no width")
    if not has_adc(spec, tables):
        remarks.append("no conversions: adc.bits is absent and [adc] names no circuit")
    return tuple(remarks)
