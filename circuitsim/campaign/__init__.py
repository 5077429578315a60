"""The same read at many points, at any level: drawn devices and transistors, values of a key."""

from circuitsim.campaign.draws import NormalSpread, monte_carlo, normal_spread
from circuitsim.campaign.points import Point, run_points
from circuitsim.campaign.sweeps import sweep

__all__ = ["NormalSpread", "Point", "monte_carlo", "normal_spread", "run_points", "sweep"]
