"""Fits a behavioral model to SPICE results and states its error in a certificate that can be checked."""

from circuitsim.calibration.budget import error_budget
from circuitsim.calibration.calibrate import calibrate
from circuitsim.calibration.certify import certify, differing_codes
from circuitsim.calibration.conditions import Aged, over_temperature, over_time, source_times
from circuitsim.calibration.error_statistics import error_statistics, full_scale_of
from circuitsim.calibration.experiments import draw_matrix, random_experiments
from circuitsim.calibration.outside import (
    check_certificate,
    check_use,
    outside_certificate,
)
from circuitsim.calibration.solve_experiments import solve_in_ngspice, solve_in_nodal
from circuitsim.calibration.verify import Suspect, Verdict, verify

__all__ = [
    "Aged",
    "Suspect",
    "Verdict",
    "calibrate",
    "certify",
    "check_certificate",
    "check_use",
    "differing_codes",
    "draw_matrix",
    "error_budget",
    "error_statistics",
    "full_scale_of",
    "outside_certificate",
    "over_temperature",
    "over_time",
    "random_experiments",
    "solve_in_ngspice",
    "solve_in_nodal",
    "source_times",
    "verify",
]
