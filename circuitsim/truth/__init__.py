"""Arrays read by ngspice: the level that is taken for true."""

from circuitsim.truth.in_time import TRANSIENT_OPTIONS, half_lsb, read_in_time
from circuitsim.truth.reading import array_decks, read_array
from circuitsim.truth.solution import read_solution

__all__ = ["TRANSIENT_OPTIONS", "array_decks", "half_lsb", "read_array", "read_in_time", "read_solution"]
