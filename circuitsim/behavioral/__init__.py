"""The tile as matrix products: program once, read in microseconds."""

from circuitsim.behavioral.abilities import SIMULATES
from circuitsim.behavioral.energy import power
from circuitsim.behavioral.guard import check_inputs
from circuitsim.behavioral.product import mvm
from circuitsim.behavioral.programming import program
from circuitsim.behavioral.tile import Tile

__all__ = ["SIMULATES", "Tile", "check_inputs", "mvm", "power", "program"]
