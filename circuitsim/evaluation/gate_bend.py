"""Tell what networks make of gates with several levels: they take the current of a cell for linear in the level."""

import warnings

from circuitsim.characterization import bend_of_levels
from circuitsim.errors import GateLevelWarning
from circuitsim.spec import ArraySpec

BEND_TOLD = 0.01  # of the current at input 1


def tell_bend(spec: ArraySpec) -> None:
    """Warn where the current of cells is far from linear in the level of their gates.

    Warns:
        GateLevelWarning: Says by how much, at which conductances, and what to do.
    """
    if spec.driver.gate_levels is None:
        return
    g, bend = bend_of_levels(spec)
    worst, best = int(bend.argmax()), int(bend.argmin())
    if bend[worst] > BEND_TOLD:
        warnings.warn(
            f"driver.gate_levels: a network takes the current of a cell for linear in its input, and it is off by up "
            f"to {bend[worst]:.1%} of the current at input 1 for g = {g[worst]:.3g} S, and by {bend[best]:.1%} for g = "
            f"{g[best]:.3g} S. Gates that are off or on are linear (driver.input_code = 'bit_serial', without "
            "gate_levels); a narrower range of conductances bends less, and so do levels from "
            "characterization.equal_current_levels, which are linear at one conductance alone",
            GateLevelWarning,
            stacklevel=3,
        )
