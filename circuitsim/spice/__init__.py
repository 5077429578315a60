"""Runs decks in ngspice and returns checked results."""

from circuitsim.spice.batch import run
from circuitsim.spice.cosimulate import Controller, cosimulate
from circuitsim.spice.cosimulation import Cosimulation, Snapshot
from circuitsim.spice.doctor import Diagnosis, diagnose
from circuitsim.spice.every_point import PointController, cosimulate_points
from circuitsim.spice.labelled import labelled_waveforms, save_waveforms
from circuitsim.spice.libngspice import find_library
from circuitsim.spice.options import AMPLIFIER_OPTIONS, CHAIN_OPTIONS, TRANSIENT_OPTIONS, TRUTH_OPTIONS, add_options
from circuitsim.spice.pool import DecksFailedError, Progress, check_jobs, run_many, running_decks
from circuitsim.spice.predict import Prediction, predict
from circuitsim.spice.predict_chain import ChainPrediction, predict_deck
from circuitsim.spice.raw import Plot, read_raw
from circuitsim.spice.result import Attempt, RawResult
from circuitsim.spice.session import Session
from circuitsim.spice.simulator import Simulator, find_ngspice
from circuitsim.spice.solver_speed import SolverSpeed, measure_solvers
from circuitsim.spice.time_limit import LEAST_OF_CELLS_S, time_limit

__all__ = [
    "AMPLIFIER_OPTIONS",
    "CHAIN_OPTIONS",
    "LEAST_OF_CELLS_S",
    "TRANSIENT_OPTIONS",
    "TRUTH_OPTIONS",
    "Attempt",
    "ChainPrediction",
    "Controller",
    "Cosimulation",
    "DecksFailedError",
    "Diagnosis",
    "Plot",
    "PointController",
    "Prediction",
    "Progress",
    "RawResult",
    "Session",
    "Simulator",
    "Snapshot",
    "SolverSpeed",
    "add_options",
    "check_jobs",
    "cosimulate",
    "cosimulate_points",
    "diagnose",
    "find_library",
    "find_ngspice",
    "labelled_waveforms",
    "measure_solvers",
    "predict",
    "predict_deck",
    "read_raw",
    "run",
    "run_many",
    "running_decks",
    "save_waveforms",
    "time_limit",
]
