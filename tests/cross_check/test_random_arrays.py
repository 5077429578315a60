"""Random arrays that both levels accept: every difference from ngspice above 1e-6 is told by the solution.

CI reads a tenth of them; `CIRCUITSIM_RANDOM_ARRAYS=300 pytest tests/cross_check/test_random_arrays.py` reads all.
"""

import os
import warnings

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import truth
from circuitsim.errors import CellErrorWarning, CircuitsimError, UnbalancedWarning

ARRAYS = int(os.environ.get("CIRCUITSIM_RANDOM_ARRAYS", "30"))
AGREED = 1e-6  # of the largest output of a vector
TIME_LIMIT_S = 30.0  # ngspice steps gmin for minutes on one array in some hundreds
COMPARED = 1e-13  # [A]: below it ngspice, whose abstol is 1e-15, has no six digits to compare


def draw_array(rng):
    """A specification: cells near and far from threshold, wires of many resistances, references of both signs."""
    cell, device = rng.choice(["1t1r", "1t1r", "1t1r", "1r"]), rng.choice(["rram_sinh", "rram_ohmic", "rram_sinh"])
    data = {
        "schema": 1,
        "array": {
            "rows": int(rng.integers(1, 11)),
            "cols": int(rng.integers(1, 9)),
            "cell": str(cell),
            "temperature_c": float(rng.choice([-20, 27, 85])),
        },
        "device": {"model": str(device), "g_min": 10 ** rng.uniform(-7, -5.5), "g_max": 10 ** rng.uniform(-5, -3.7)},
        "wire": {key: float(rng.choice([0, 0.1, 2, 20, 200])) for key in ("r_row", "r_col")},
        "driver": {"v_read": rng.uniform(0.05, 0.5), "r_out": float(rng.choice([0, 50, 1000]))},
        "sense": {"r_in": float(rng.choice([0, 30, 500])), "v_ref": float(rng.choice([0, 0, 0.1, 0.3, -0.1]))},
    }
    if cell == "1t1r":
        model, w = rng.choice(["nmos_130", "nmos_bsim4_default"]), float(rng.choice([0.5e-6, 1e-6, 5e-6]))
        data["access"] = {"model": str(model), "w": w, "l": 1.3e-7, "v_gate": rng.uniform(0.7, 2.0)}
    if device == "rram_sinh":
        data["device"]["params"] = {"v0": rng.uniform(0.1, 0.4)}
    return cs.parse_spec(data)


def draw_read(spec, rng):
    """Conductances, some cells open, and inputs: uniform, of both signs, faint or sparse."""
    low, high = spec.device.g_min, spec.device.g_max
    g = (
        rng.uniform(low, high, spec.shape)
        if rng.random() < 0.5
        else np.exp(rng.uniform(*np.log([low, high]), spec.shape))
    )
    if rng.random() < 0.3:
        g[rng.random(spec.shape) < 0.2] = 0.0
    size = (4, spec.array.rows)
    shares = [rng.random(size), rng.uniform(-0.3, 1, size), 0.05 * rng.random(size), 1.0 * (rng.random(size) < 0.3)]
    return g, spec.sense.v_ref + spec.driver.v_read * shares[int(rng.integers(4))]


def read_both(seed):
    """Solutions of one random array by both levels and the warnings; None if a level refuses it."""
    rng = np.random.default_rng([seed, 7])
    spec = draw_array(rng)
    g, x = draw_read(spec, rng)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            exact = cs.solve(spec, g, x, "nodal")
            found = truth.read(truth.prepare(spec, g), x, time_limit_s=TIME_LIMIT_S)
        except CircuitsimError:
            return None
    return exact, found, {warning.category for warning in told}


@pytest.fixture(scope="module")
def reads():
    return {seed: read for seed in range(ARRAYS) if (read := read_both(seed)) is not None}


def test_enough_arrays_are_accepted(reads):
    assert len(reads) > 0.7 * ARRAYS


def test_every_difference_is_told(reads):
    told = {CellErrorWarning, UnbalancedWarning}
    untold, beyond = [], []
    for seed, (exact, found, categories) in reads.items():
        largest = np.abs(found.out).max(axis=1)
        compared = largest > COMPARED
        difference = (np.abs(exact.out - found.out).max(axis=1) / np.where(compared, largest, 1.0))[compared]
        if difference.max(initial=0.0) > AGREED and not categories & told:
            untold.append((seed, difference.max()))
        if CellErrorWarning in categories and UnbalancedWarning not in categories:
            stated = exact.cell_error[compared]
            beyond += [(seed, d, s) for d, s in zip(difference, stated, strict=True) if d > max(s, AGREED)]
    assert not untold
    assert not beyond


def test_few_arrays_are_told_without_cause(reads):
    """Warnings mean something: where the levels agree to 1e-9 of the largest output, most arrays draw none."""
    quiet = [
        bool(categories)
        for exact, found, categories in reads.values()
        if np.abs(exact.out - found.out).max() < 1e-9 * np.abs(found.out).max()
    ]
    assert np.mean(quiet) < 0.2
