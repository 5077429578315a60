"""Running ngspice: decks in, checked numbers out."""

from circuitsim.spice.batch import run
from circuitsim.spice.doctor import Diagnosis, diagnose
from circuitsim.spice.draws import monte_carlo, normal_spread
from circuitsim.spice.library import find_library
from circuitsim.spice.options import TRUTH_OPTIONS
from circuitsim.spice.pool import DecksFailedError, run_many
from circuitsim.spice.predict import Prediction, predict
from circuitsim.spice.raw import Plot, read_raw
from circuitsim.spice.reading import array_decks, read_array
from circuitsim.spice.result import Attempt, RawResult
from circuitsim.spice.scan import Scan, scan_file
from circuitsim.spice.session import Session
from circuitsim.spice.simulator import Simulator, find_ngspice
from circuitsim.spice.solution import read_solution
from circuitsim.spice.sweeps import sweep
from circuitsim.spice.transient import TRANSIENT_OPTIONS, read_in_time

__all__ = [
    "TRANSIENT_OPTIONS",
    "TRUTH_OPTIONS",
    "Attempt",
    "DecksFailedError",
    "Diagnosis",
    "Plot",
    "Prediction",
    "RawResult",
    "Scan",
    "Session",
    "Simulator",
    "array_decks",
    "diagnose",
    "find_library",
    "find_ngspice",
    "monte_carlo",
    "normal_spread",
    "predict",
    "read_array",
    "read_in_time",
    "read_raw",
    "read_solution",
    "run",
    "run_many",
    "scan_file",
    "sweep",
]
