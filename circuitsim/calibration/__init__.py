"""Fits a behavioral model to SPICE results and states its error in a certificate that can be checked."""

from circuitsim.calibration.audit import audit
from circuitsim.calibration.box import full_scale_of_box
from circuitsim.calibration.budget import error_budget
from circuitsim.calibration.calibrate import calibrate
from circuitsim.calibration.certify import certify, differing_codes
from circuitsim.calibration.conditions import Aged, over_temperature, over_time, source_times
from circuitsim.calibration.error_statistics import error_statistics
from circuitsim.calibration.experiments import draw_matrix, random_experiments
from circuitsim.calibration.loads import load_table
from circuitsim.calibration.outside import (
    check_certificate,
    check_use,
    judged_model,
    outside_certificate,
)
from circuitsim.calibration.repeat_witness import RepeatedWitness, repeat_witness
from circuitsim.calibration.search import find_worst, structured_worst, worst_inputs
from circuitsim.calibration.solve_experiments import solve_in_ngspice, solve_in_nodal
from circuitsim.calibration.verify import Suspect, Verdict, verify
from circuitsim.calibration.witness import witness_in_ngspice
from circuitsim.calibration.worst import Effort

__all__ = [
    "Aged",
    "Effort",
    "RepeatedWitness",
    "Suspect",
    "Verdict",
    "audit",
    "calibrate",
    "certify",
    "check_certificate",
    "check_use",
    "differing_codes",
    "draw_matrix",
    "error_budget",
    "error_statistics",
    "find_worst",
    "full_scale_of_box",
    "judged_model",
    "load_table",
    "outside_certificate",
    "over_temperature",
    "over_time",
    "random_experiments",
    "repeat_witness",
    "solve_in_ngspice",
    "solve_in_nodal",
    "source_times",
    "structured_worst",
    "verify",
    "witness_in_ngspice",
    "worst_inputs",
]
