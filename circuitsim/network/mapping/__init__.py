"""Weights as conductances and currents back as numbers: one file for each scheme."""

from collections.abc import Callable

import numpy as np

from circuitsim.network.mapping.copied import Copied
from circuitsim.network.mapping.differential import Differential
from circuitsim.network.mapping.offset import Offset
from circuitsim.network.mapping.reference import Reference
from circuitsim.network.mapping.scheme import Scheme
from circuitsim.network.mapping.sliced import Sliced
from circuitsim.spec import ArraySpec, checked

SCHEMES: dict[str, Callable[[float, float], Scheme]] = {
    scheme.name: scheme for scheme in (Differential, Offset, Reference)
}
"""By the value of `mapping.weights`, from g_min and g_max [S]; `Sliced` takes the place of Differential for levels."""


@checked
def scheme_of(spec: ArraySpec) -> Scheme:
    """Return the scheme that [mapping] describes, for the device's range of conductances."""
    mapping, ends = spec.mapping, (spec.device.g_min, spec.device.g_max)
    if mapping.bits_per_cell == "analog":
        scheme = SCHEMES[mapping.weights](*ends)
    else:
        scheme = Sliced(*ends, mapping.bits_per_cell, mapping.weight_bits or mapping.bits_per_cell)
    copies = mapping.copies or 1
    return scheme if copies == 1 else Copied(*ends, scheme, copies)


def largest_weight(weights: np.ndarray) -> float:
    """Return the largest |weight| of a layer, which takes the whole range of conductances; 1 for a layer of zeros."""
    return float(np.max(np.abs(weights), initial=0.0)) or 1.0
