"""The worst error found of the best grade on stated arrays, and what the search for it takes."""

import time
from collections.abc import Iterator

import numpy as np
from arrays import STATED, Declared

from circuitsim.behavioral import GRADES
from circuitsim.calibration import find_worst, structured_worst, witness_in_ngspice, worst_inputs
from circuitsim.spice import find_ngspice

NAMES = list(STATED)
SEARCH_S = 20.0  # of a 64 × 64 array
SOLVED = 64 * 64  # cells up to which ngspice solves the witness


def measure(names: list[str]) -> Iterator[dict]:
    """Search every array with its best grade, and grade 2 by structured cases for comparison."""
    for name, (declared, target) in STATED.items():
        if name in names:
            yield {"name": name, "target": target} | _searched(declared, target)


def _searched(declared: Declared, target: float) -> dict:
    model, full_scale = declared.model(max(GRADES))
    find_worst(model, full_scale, rng=np.random.default_rng(0), most_programs=2)  # compiles
    began = time.process_time()
    found = find_worst(model, full_scale, rng=np.random.default_rng(0))
    seconds = time.process_time() - began
    began = time.process_time()
    g = np.random.default_rng(0).uniform(declared.spec.device.g_min, declared.spec.device.g_max, declared.spec.shape)
    inputs = worst_inputs(model, g, rng=np.random.default_rng(0), full_scale=full_scale)
    of_inputs = time.process_time() - began
    apart = None
    if g.size <= SOLVED:
        solved = witness_in_ngspice(model, found, full_scale, simulator=find_ngspice()).witness
        apart = abs(solved.ngspice - solved.nodal) / abs(solved.nodal)
    return {
        "found": found.error,
        "family": found.witness.case.family,
        "grade_2": structured_worst(declared.model(2)[0], full_scale).error,
        "programs": found.programs,
        "vectors": found.vectors,
        "search_cpu_s": seconds,
        "inputs_of_a_uniform_matrix": inputs.error,
        "inputs_cpu_s": of_inputs,
        "ngspice_over_nodal_less_1": apart,
        "kept": found.error <= target and (g.size > SOLVED or seconds <= SEARCH_S),
    }
