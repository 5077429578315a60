"""Repeat a read at many points and at any level: Monte Carlo samples, or values of a specification key."""

from circuitsim.campaign.draws import NormalSpread, monte_carlo, normal_spread
from circuitsim.campaign.points import Point, run_points
from circuitsim.campaign.sweeps import sweep

__all__ = ["NormalSpread", "Point", "monte_carlo", "normal_spread", "run_points", "sweep"]
