"""Counts and power of a network that was run on images."""

from collections.abc import Sequence

from circuitsim.evaluation.counted_product import CountedReads, reads_by_place
from circuitsim.evaluation.counting import count_reads, count_remarks, input_code_bits
from circuitsim.evaluation.layer_shapes import LayerShape
from circuitsim.network import Inference, ProgrammedNetwork
from circuitsim.periphery import has_adc
from circuitsim.results import NetworkCount
from circuitsim.spec import checked


@checked
def count_network(
    programmed: ProgrammedNetwork, inference: Inference, calls: Sequence[CountedReads], images: int
) -> tuple[NetworkCount, dict[str, tuple[float, float | None]]]:
    """Return the counts of one inference, and the mean power of a read of each layer's arrays.

    Args:
        programmed: The network, programmed with a `CountedProduct`.
        inference: What `evaluate` made of the images.
        calls: The calls that the product counted meanwhile, and no others.
        images: Number of images.

    Returns:
        Counts, means over the images; powers [W] of array and amplifiers, as `network_cost` takes them.
    """
    spec, tables = programmed.spec, programmed.tables
    sums, shares = reads_by_place(calls), _shares(programmed, inference)
    converts, bits = has_adc(spec, tables), input_code_bits(spec, tables)
    counts, power = [], {}
    for layer in inference.layers:
        places = programmed.layers[layer.name].places
        shape = _shape(layer.name, programmed, layer.vectors / images)
        known = {place: sums[place] for place in places if place in sums}
        each = {place: shares[layer.name] * call.reads / images for place, call in known.items()}
        arrays = tuple((place, each.get(place, 0.0)) for place in places)
        cycles = max((reads for _, reads in arrays), default=0.0)
        counts.append(count_reads(shape, spec, arrays, cycles=cycles, converts=converts, bits=bits))
        power[layer.name] = _mean_power(list(known.values()))
    shown = tuple(spec.mapping.digital or ())
    return NetworkCount(tuple(counts), images, shown, count_remarks(spec, tables)), power


def _shares(programmed: ProgrammedNetwork, inference: Inference) -> dict[str, float]:
    """Return the share of the reads of its arrays that each layer makes: 1 unless layers share their weights."""
    together: dict[str, int] = {}
    for layer in inference.layers:
        owner = layer.tied_to or layer.name
        together[owner] = together.get(owner, 0) + layer.reads
    return {layer.name: layer.reads / max(together[layer.tied_to or layer.name], 1) for layer in inference.layers}


def _shape(name: str, programmed: ProgrammedNetwork, vectors: float) -> LayerShape:
    layer = programmed.layers[name].layer
    tied = layer.tied_to if layer.tied_to in programmed.layers else ""
    return LayerShape(name, layer.op, *layer.weights.shape, vectors=vectors, tied_to=tied)


def _mean_power(calls: list[CountedReads]) -> tuple[float, float | None]:
    reads = max(sum(call.reads for call in calls), 1)
    sense = [call.sense_power for call in calls]
    amplifiers = None if None in sense or not sense else sum(each for each in sense if each is not None) / reads
    return sum(call.power for call in calls) / reads, amplifiers
