"""Which arrays the behavioral model describes as they are specified."""

from circuitsim import nodal
from circuitsim.spec import Abilities

SIMULATES: Abilities = {"bl": nodal.SIMULATES["bl"]}
