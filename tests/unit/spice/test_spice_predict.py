"""Predicted costs: through the measured sizes, growing beyond them, refused when they cannot be met."""

import dataclasses
import itertools
from pathlib import Path

import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import InputError
from circuitsim.spice.predict import KLU, SPARSE, check_size, duration, predict
from circuitsim.spice.simulator import Simulator

OLD = Simulator(Path("ngspice"), 39, "ngspice-39", False)
NEW = dataclasses.replace(OLD, version=44, version_text="ngspice-44", klu=True)


@pytest.mark.parametrize(("simulator", "cost"), [(OLD, SPARSE), (NEW, KLU)], ids=["sparse", "klu"])
def test_goes_through_the_measured_sizes(simulator, cost):
    for size, seconds in cost.first.items():
        assert_allclose(predict((size, size), simulator=simulator).seconds, seconds, rtol=1e-12, atol=0)
    for size, memory in cost.memory.items():
        assert_allclose(predict((size, size), simulator=simulator).memory, memory, rtol=1e-12, atol=0)
    for size, seconds in cost.further.items():
        one, eleven = (predict((size, size), vectors=n, simulator=simulator).seconds for n in (1, 11))
        assert_allclose(eleven - one, 10 * seconds, rtol=1e-9, atol=0)


@pytest.mark.parametrize("simulator", [OLD, NEW], ids=["sparse", "klu"])
def test_grows_with_every_row(simulator):
    predictions = [predict((rows, 64), vectors=5, simulator=simulator) for rows in (1, 2, 5, 30, 64, 100, 300, 1000)]
    for smaller, larger in itertools.pairwise(predictions):
        assert smaller.seconds < larger.seconds
        assert smaller.memory < larger.memory


def test_says_what_another_solver_would_do():
    sentence = predict((128, 128), simulator=OLD).sentence
    assert sentence.startswith("128 x 128 with 1 input vector on ngspice-39 (Sparse 1.3) takes about 2 minutes")
    assert sentence.endswith("ngspice 42 or later with KLU about 1.7 s")
    assert "or later" not in predict((128, 128), simulator=NEW).sentence


def test_refuses_what_will_not_end():
    prediction = predict((512, 512), vectors=20, simulator=OLD)
    with pytest.raises(InputError, match=r"512 x 512 with 20 input vectors.*time limit of 30 minutes.*'nodal'"):
        check_size(prediction, time_limit_s=1800)
    with pytest.raises(InputError, match=r"more than the 0\.1 GB of this machine"):
        check_size(predict((256, 256), simulator=NEW), time_limit_s=1800, memory=1e8)
    check_size(predict((64, 64), vectors=100, simulator=OLD), time_limit_s=1800, memory=1e9)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.034, "0.03 s"), (3.0, "3 s"), (90.0, "90 s"), (130.0, "2 minutes"), (7300.0, "2 hours")]
)
def test_durations_for_people(seconds, words):
    assert duration(seconds) == words
