"""Speed of programming a tile beside the dense construction of the same process; one thread, an idle machine."""

import time

import numpy as np
import pytest

from circuitsim import behavioral, nodal
from circuitsim.behavioral import fields, residual
from circuitsim.bench.machine import describe_machine
from circuitsim.bench.solver import transistor_spec
from circuitsim.levels import surface_of
from circuitsim.results import TileModel

TILES_OF_RESNET18 = 5710  # of 64 x 64


@pytest.fixture(scope="module")
def model():
    """Build a model of any size from one characterized cell."""
    cell = surface_of(transistor_spec(64, 2.0))
    return lambda size, grade: TileModel(transistor_spec(size, 2.0), cell, grade, (0.0, 0.2))


def milliseconds(model, repeats=9):
    """Least processor time of programming [ms], weights as networks have them."""
    rng, times = np.random.default_rng(0), []
    for _ in range(repeats + 1):
        g = 1e-6 + 9.9e-5 * np.clip(rng.normal(0.0, 0.25, model.spec.shape), 0.0, 1.0)
        start = time.process_time()
        behavioral.program(model, g)
        times.append(1e3 * (time.process_time() - start))
    return min(times[1:])


@pytest.mark.parametrize(("size", "least"), [(64, 2.2), (128, 3.0)])
def test_grade_two_beside_the_dense_construction(monkeypatch, model, size, least):
    """Of today's dense construction: that of commit a29f170, which built matrices of the power too, took longer."""
    fast = milliseconds(model(size, 2))
    monkeypatch.setattr(fields, "swept_fields", lambda *_: None)
    monkeypatch.setattr(residual, "cell_powers", lambda *_: None)
    slow = milliseconds(model(size, 2), repeats=3)
    print(f"{size} x {size}, grade 2: {fast:.1f} ms, dense {slow:.1f} ms; {describe_machine()}")
    assert slow >= least * fast, (slow, fast)


@pytest.mark.parametrize(("grade", "seconds"), [(1, 30.0), (2, 180.0)])
def test_a_network_of_the_size_of_resnet18(model, grade, seconds):
    """Processor time of one tile times their number: two cores take half of it."""
    each = milliseconds(model(64, grade))
    print(f"grade {grade}: {each:.2f} ms a tile, {each * TILES_OF_RESNET18 / 1e3:.0f} CPU s for ResNet-18")
    assert each * TILES_OF_RESNET18 / 1e3 <= seconds, each


def test_a_tile_reads_the_same_however_it_is_programmed(monkeypatch, model):
    made = model(128, 2)
    g = 10 ** np.random.default_rng(1).uniform(-6, -4, made.spec.shape)
    v = np.random.default_rng(2).uniform(0.0, 0.2, (200, 128))
    fast = behavioral.mvm(behavioral.program(made, g), v)
    monkeypatch.setattr(fields, "swept_fields", lambda *_: None)
    monkeypatch.setattr(residual, "cell_powers", lambda *_: None)
    slow = behavioral.mvm(behavioral.program(made, g), v)
    exact = nodal.read(nodal.prepare(made.spec, g, made.surface, v_range=made.v_range), v).i_out
    assert np.abs(fast - slow).max() <= 1e-9 * slow.max()
    assert np.abs(fast - slow).max() <= 1e-3 * np.abs(fast - exact).max()
