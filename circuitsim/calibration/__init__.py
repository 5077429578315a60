"""From SPICE results to a behavioral model with an error statement that can be checked."""

from circuitsim.calibration.calibrate import Calibration, calibrate
from circuitsim.calibration.certify import Verdict, certify, differing_codes, verify
from circuitsim.calibration.experiments import Experiment, random_experiments
from circuitsim.calibration.statistics import error_statistics

__all__ = [
    "Calibration",
    "Experiment",
    "Verdict",
    "calibrate",
    "certify",
    "differing_codes",
    "error_statistics",
    "random_experiments",
    "verify",
]
