"""Weights as conductances and currents back as numbers: one file for each scheme."""

from collections.abc import Callable

import numpy as np

from circuitsim.network.mapping.differential import Differential
from circuitsim.network.mapping.offset import Offset
from circuitsim.network.mapping.scheme import Scheme
from circuitsim.spec import ArraySpec, checked

SCHEMES: dict[str, Callable[[float, float], Scheme]] = {scheme.name: scheme for scheme in (Differential, Offset)}
"""By the value of `mapping.weights`, from g_min and g_max [S]."""


@checked
def scheme_of(spec: ArraySpec) -> Scheme:
    """Return the scheme that `mapping.weights` names, for the device's range of conductances."""
    return SCHEMES[spec.mapping.weights](spec.device.g_min, spec.device.g_max)


def largest_weight(weights: np.ndarray) -> float:
    """Return the largest |weight| of a layer, which takes the whole range of conductances; 1 for a layer of zeros."""
    return float(np.max(np.abs(weights), initial=0.0)) or 1.0
