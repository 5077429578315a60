"""Whether reads that nobody had in mind stay below the worst error found, and below the table at their load."""

import time
from collections.abc import Iterator

import numpy as np
from arrays import FRESH, Declared
from fresh_reads import INPUTS, MATRICES, fresh_inputs, fresh_matrix

from circuitsim import nodal
from circuitsim.behavioral import GRADES, mvm, program
from circuitsim.calibration import find_worst, load_table
from circuitsim.results import column_load

ROUNDING = 1.02  # a search ends where a step gains less
SEED = 2024
COMPARED = (2, max(GRADES))
NAMES = [f"{name}, grade {grade}" for name in FRESH for grade in COMPARED]


def measure(names: list[str]) -> Iterator[dict]:
    """Search every array with two grades, and read it with 12 kinds of matrices and 12 kinds of inputs."""
    for name, declared in FRESH.items():
        for grade in COMPARED:
            if (full_name := f"{name}, grade {grade}") in names:
                yield {"name": full_name} | read_afresh(declared, grade)


def read_afresh(declared: Declared, grade: int) -> dict:
    """Return what the search found, the largest error of the fresh reads, and the largest over the table's entry."""
    model, full_scale = declared.model(grade)
    began = time.process_time()
    worst = find_worst(model, full_scale, rng=np.random.default_rng(0))
    table, worst = load_table(model, full_scale, worst=worst, rng=np.random.default_rng(0))
    seconds, rng = time.process_time() - began, np.random.default_rng(SEED)
    largest, of_table, matrix = 0.0, 0.0, ""
    for kind in MATRICES:
        g = fresh_matrix(kind, declared, rng)
        v_in = np.concatenate([fresh_inputs(each, declared, rng) for each in INPUTS])
        exact = nodal.read(nodal.prepare(declared.spec, g, model.surface, v_range=model.v_range), v_in).out
        error = float(np.abs(mvm(program(model, g), v_in) - exact).max() / full_scale)
        share = error / table.worst_at(column_load(g, declared.spec.device.g_max))
        largest = max(largest, error)
        of_table, matrix = max((of_table, matrix), (share, kind))
    return {
        "found": worst.error,
        "family": worst.witness.case.family,
        "programs": worst.programs,
        "cpu_s": seconds,
        "largest_read": largest,
        "read_over_found": largest / worst.error,
        "read_over_table": of_table,
        "nearest_the_table": matrix,
        "kept": largest <= worst.error * ROUNDING and of_table <= 1,
    }
