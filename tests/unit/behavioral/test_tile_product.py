"""Reading a tile: the level of a column is a fixed point."""

import numpy as np

from circuitsim import behavioral
from circuitsim.behavioral import product


def test_two_repetitions_of_the_level_are_enough(monkeypatch, make_model, conductances, inputs):
    """One leaves 1.6e-5 of full scale, a quarter of the model's error; two leave 8e-7."""
    model = make_model()
    tile = behavioral.program(model, conductances(model.spec))
    v = inputs(model.spec.array.rows, model.v_range, each=50)
    i_out = behavioral.mvm(tile, v)
    monkeypatch.setattr(product, "ITERATIONS", 12)
    settled = behavioral.mvm(tile, v)
    assert np.sqrt(np.mean((i_out - settled) ** 2)) <= 2e-6 * settled.max()
    assert np.abs(i_out - settled).max() > 0
