"""What the search promises at full size: the rows that `python tests/worst_cases` measures. Takes two hours.

`pytest -o addopts= tests/benchmark/test_worst_case.py -s` prints what was found.
"""

import time

import fresh
import networks
import numpy as np
import pytest
import starts
import stated
from arrays import FRESH

from circuitsim.calibration import find_worst, structured_worst, worst_inputs

ROWS = {"fresh": fresh, "networks": networks, "starts": starts, "stated": stated}


@pytest.mark.parametrize(("row", "name"), [(row, name) for row, part in ROWS.items() for name in part.NAMES])
def test_what_was_promised_is_kept(row, name):
    (entry,) = ROWS[row].measure([name])
    print(f"\n{row}: {entry}")
    assert entry["kept"], entry


def test_the_search_takes_seconds():
    declared = FRESH["64x64, 10 ohm"]
    model, full_scale = declared.model(2)
    find_worst(model, full_scale, rng=np.random.default_rng(0), most_programs=2)  # compiles
    began = time.process_time()
    structured_worst(model, full_scale)
    structured = time.process_time() - began
    began = time.process_time()
    find_worst(model, full_scale, rng=np.random.default_rng(0))
    whole = time.process_time() - began
    began = time.process_time()
    g = np.random.default_rng(0).uniform(1e-6, 1e-4, declared.spec.shape)
    worst_inputs(model, g, rng=np.random.default_rng(0), full_scale=full_scale)
    inputs = time.process_time() - began
    print(f"structured {structured:.1f} s, whole {whole:.1f} s, inputs of one matrix {inputs:.1f} s")
    assert structured <= 4 and whole <= 20 and inputs <= 2
