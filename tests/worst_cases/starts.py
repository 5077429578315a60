"""Whether ten random starts, a minute of processor time each at 64 × 64, find more than the search does."""

import time
from collections.abc import Iterator
from itertools import cycle

import numpy as np
from arrays import array

from circuitsim.behavioral import GRADES
from circuitsim.calibration import find_worst, witness_in_ngspice
from circuitsim.calibration.ascent import climb_from_random
from circuitsim.calibration.comparison import LimitReached, Search
from circuitsim.calibration.families import structured_inputs
from circuitsim.calibration.random_starts import STARTS
from circuitsim.results import TileModel, WorstFound
from circuitsim.spice import find_ngspice

STARTED = 10
EACH_S = {32: 15.0, 64: 60.0}  # processor time of a start by the size: as many matrices for both
LEAST = 0.95  # of the best start
NAMES = [f"{n}x{n}, grade {grade}" for n in EACH_S for grade in GRADES]


def measure(names: list[str]) -> Iterator[dict]:
    """Search arrays of 10 ohm with every grade, and start ten times from random matrices."""
    for n in EACH_S:
        for grade in GRADES:
            if (name := f"{n}x{n}, grade {grade}") in names:
                yield {"name": name} | _held_against_starts(n, grade)


def _held_against_starts(n: int, grade: int) -> dict:
    model, full_scale = array(n, n, 10).model(grade)
    began = time.process_time()
    found = find_worst(model, full_scale, rng=np.random.default_rng(0))
    seconds = time.process_time() - began
    starts = [from_random(model, full_scale, seed, EACH_S[n]) for seed in range(STARTED)]
    best = max(starts, key=lambda worst: worst.error)
    solved = witness_in_ngspice(model, found, full_scale, simulator=find_ngspice()).witness
    apart = abs(solved.ngspice - solved.nodal) / abs(solved.nodal)
    return {
        "found": found.error,
        "family": found.witness.case.family,
        "search_cpu_s": seconds,
        "starts": [worst.error for worst in starts],
        "best_of_starts": best.error,
        "best_start": best.witness.case.family,
        "found_over_best": found.error / best.error,
        "ngspice_over_nodal_less_1": apart,
        "kept": found.error >= LEAST * best.error and apart <= 1e-6,
    }


def from_random(model: TileModel, full_scale: float, seed: int, seconds: float) -> WorstFound:
    """Climb from random matrices, from the next one where no change helps any more, as long as the time lasts."""
    search, rng = Search(model, full_scale, time_limit=seconds), np.random.default_rng(seed)
    inputs = structured_inputs(search.box)
    try:
        for kind in cycle(np.roll(STARTS, -seed).tolist()):
            climb_from_random(search, inputs, kind, rng, programs=10**6)
    except LimitReached:
        pass
    return search.worst_found(stopped=True)
