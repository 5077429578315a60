"""What repeated writing, waiting and reading do to a conductance: NumPy generator in, arrays out.

Deterministic parts (a standard deviation, a mean drift) are functions of their own, so that they can be checked to the
digit; the sampling functions take `rng`.
"""

from circuitsim.devices.statistics.aging import drift_exponent, drift_factor, drift_mean, drift_sigma, sample_aged
from circuitsim.devices.statistics.causes import CAUSES, draw_conductances, stated_causes
from circuitsim.devices.statistics.faults import endurance_limit, sample_stuck, temperature_factor
from circuitsim.devices.statistics.programming import programming_sigma, sample_programmed
from circuitsim.devices.statistics.read_noise import read_sigma, sample_read
from circuitsim.devices.statistics.statistics import Statistics, read_statistics

__all__ = [
    "CAUSES",
    "Statistics",
    "draw_conductances",
    "drift_exponent",
    "drift_factor",
    "drift_mean",
    "drift_sigma",
    "endurance_limit",
    "programming_sigma",
    "read_sigma",
    "read_statistics",
    "sample_aged",
    "sample_programmed",
    "sample_read",
    "sample_stuck",
    "stated_causes",
    "temperature_factor",
]
