"""The same read at many points: drawn devices, values of a key."""

from circuitsim.campaign.draws import monte_carlo, normal_spread
from circuitsim.campaign.sweeps import sweep

__all__ = ["monte_carlo", "normal_spread", "sweep"]
