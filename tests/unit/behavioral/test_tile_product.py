"""Reading a tile: the level of a column is a fixed point."""

import numpy as np
import pytest

from circuitsim import behavioral
from circuitsim.behavioral import product
from circuitsim.errors import InputError


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


@pytest.mark.parametrize("call", [behavioral.mvm, behavioral.power])
@pytest.mark.parametrize(
    ("v", "sentence"),
    [
        ([[0.1] * 32], "v_in is of type list: expected an array of the tile's namespace"),
        (np.ma.masked_array(np.zeros((1, 32)), mask=True), "v_in is of type MaskedArray"),
        (np.zeros((1, 32), dtype=complex), "v_in has values of type complex128: expected real numbers"),
        (np.zeros(32), r"v_in has shape \(32,\): expected \(batch, rows\) = \(batch, 32\)"),
        (np.zeros((1, 31)), r"v_in has shape \(1, 31\)"),
        (np.zeros((1, 1, 32)), r"v_in has shape \(1, 1, 32\)"),
    ],
)
def test_inputs_that_are_no_batch_of_numbers_are_refused(make_model, conductances, call, v, sentence):
    model = make_model(1)
    with pytest.raises(InputError, match=sentence):
        call(behavioral.program(model, conductances(model.spec)), v)


def test_a_tile_is_what_program_returns(make_model):
    with pytest.raises(InputError, match=r"tile .*what circuitsim\.program returns"):
        behavioral.mvm(make_model(1), np.zeros((1, 32)))


@pytest.mark.parametrize("batch", [1, 255, 256, 257, 600])
def test_vectors_do_not_feel_one_another(make_model, conductances, batch):
    model = make_model()
    tile = behavioral.program(model, conductances(model.spec))
    v = np.random.default_rng(0).uniform(0, 0.4, (batch, 32))
    whole = behavioral.mvm(tile, v)
    assert whole.shape == (batch, 28)
    for n in {0, batch // 2, batch - 1}:
        np.testing.assert_allclose(whole[n], behavioral.mvm(tile, v[n : n + 1])[0], rtol=1e-9, atol=1e-16)  # A
