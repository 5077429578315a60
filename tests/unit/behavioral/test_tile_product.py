"""Reading a tile: the level of a column is a fixed point."""

import numpy as np

from circuitsim import behavioral
from circuitsim.behavioral import product


def test_two_repetitions_of_the_level_are_enough(monkeypatch, make_model, conductances, inputs):
    """One leaves 5e-6 of full scale; two leave 2e-7."""
    model = make_model(2)
    tile = behavioral.program(model, conductances(model.spec), inputs="binary")
    v = inputs(model.spec.array.rows, model.v_range, each=50, kinds=("binary", "all_on"))
    i_out = behavioral.mvm(tile, v)
    monkeypatch.setattr(product, "ITERATIONS", 12)
    settled = behavioral.mvm(tile, v)
    assert np.sqrt(np.mean((i_out - settled) ** 2)) <= 1e-6 * settled.max()
    assert np.abs(i_out - settled).max() > 0
