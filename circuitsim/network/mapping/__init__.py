"""Weights as conductances and currents back as numbers: one file for each scheme."""

from circuitsim.network.mapping.differential import Differential
from circuitsim.network.mapping.offset import Offset
from circuitsim.network.mapping.scheme import Scheme, largest_weight, scheme_of

__all__ = ["Differential", "Offset", "Scheme", "largest_weight", "scheme_of"]
