"""Small 1R arrays whose cell is a short polynomial, so that calibration is tested without a simulator."""

from dataclasses import replace

import numpy as np

from circuitsim.calibration import random_experiments
from circuitsim.results import CellSurface, Experiment, Provenance, Solution
from circuitsim.spec import ArraySpec, parse_spec

G_RANGE = (1e-6, 1e-4)


def surface(bend: float) -> CellSurface:
    """A cell i = g · U · k(|U|), k rising from 1 − bend at 0 to 1 + bend at 0.25 V; ohmic for bend = 0."""
    k = np.array([[[1.0], [bend], [0.0]]])
    origin = Provenance(level="ngspice", spec_digest="", ngspice="39")
    return CellSurface(k, k, G_RANGE, 1e-4, 0.25, (-0.25, 0.25), 1e-12, 2e-5, origin)


def array_spec(rows=12, cols=10, **parts) -> ArraySpec:
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1r"},
            "device": {"model": "rram_sinh", "g_min": G_RANGE[0], "g_max": G_RANGE[1]},
            "wire": {"r_row": 4.0, "r_col": 9.0},
            "driver": {"v_read": 0.2, "r_out": 60.0},
            "sense": {"r_in": 40.0},
        }
    )
    return spec.replace(**parts) if parts else spec


def draw(spec: ArraySpec, seed: int, matrices=("log_uniform", "uniform")) -> tuple[Experiment, ...]:
    vectors = {"uniform": 5, "sparse": 3, "faint": 2, "all_on": 1}
    return random_experiments(spec, np.random.default_rng(seed), matrices=matrices, vectors=vectors)


def as_ngspice(solutions: list[Solution]) -> list[Solution]:
    """The array solver's answers, passed off as the truth of a simulator."""
    return [replace(s, provenance=replace(s.provenance, level="ngspice")) for s in solutions]
