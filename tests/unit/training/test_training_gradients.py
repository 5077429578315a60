"""Derivatives of a tile: against finite differences, straight through converters, zero where they clip."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is optional: the extra [torch]")

from torch import nn  # noqa: E402
from training_tiles import small_model  # noqa: E402

from circuitsim import behavioral, chain  # noqa: E402
from circuitsim.errors import InputError  # noqa: E402
from circuitsim.network import LayerRange  # noqa: E402
from circuitsim.training import (  # noqa: E402
    TrainingDraws,
    TrainingTiles,
    clip_weights,
    convert_module,
    current_penalty,
    learn_ranges,
    training_step,
)

RANGE = LayerRange(1.0, 6e-5)
RNG = np.random.default_rng(0)
WEIGHTS, X = RNG.normal(size=(4, 10)), RNG.uniform(-1.0, 1.0, (6, 10))


def gradients(model, gradient, *, weights):
    """Derivatives of a weighted sum of currents by conductances and inputs, with the sum as a function of both."""
    tile, rng = TrainingTiles(model, gradient, 1, torch.float64)(None), np.random.default_rng(0)
    g = torch.tensor(rng.uniform(2e-6, 9e-5, model.spec.shape), requires_grad=True)
    v = torch.tensor(rng.uniform(*model.v_range, (len(weights), model.spec.array.rows)), requires_grad=True)
    (tile.read(g, v, training=True) * torch.as_tensor(weights)).sum().backward()

    def total(at_g, at_v):
        return float((behavioral.mvm(behavioral.program(model, at_g), at_v) * weights).sum())

    return g.detach().numpy(), v.detach().numpy(), g.grad.numpy(), v.grad.numpy(), total


def difference(total, arrays, which, at, step):
    """Central difference of `total(*arrays)` by one number of an array."""
    values = []
    for sign in (1.0, -1.0):
        moved = [array.copy() for array in arrays]
        moved[which][at] += sign * step
        values.append(total(*moved))
    return (values[0] - values[1]) / (2 * step)


def worst(g, v, by_g, by_v, total, which):
    """Largest error of five derivatives, relative to the largest derivative."""
    rng, by = np.random.default_rng(1), (by_g, by_v)[which]
    errors = []
    for _ in range(5):
        at = tuple(int(rng.integers(n)) for n in by.shape)
        step = 1e-4 * g[at] if which == 0 else 1e-5
        errors.append(abs(difference(total, (g, v), which, at, step) - by[at]))
    return max(errors) / np.abs(by).max()


@pytest.mark.parametrize("v_ref", [0.0, 0.1])
def test_one_product_is_differentiated_exactly(make_model, make_spec, v_ref):
    spec = make_spec(8, 6, v_ref=v_ref)
    model = make_model(1, v0=0.25 if v_ref == 0.0 else None, v_range=(v_ref, v_ref + 0.2), spec=spec)
    if v_ref:
        model = model.__class__(spec, make_model(1, v0=None, v_range=(0.0, 0.4)).surface, 1, (v_ref, v_ref + 0.2))
    given = gradients(model, "exact", weights=RNG.normal(size=(3, 6)))
    assert worst(*given, which=0) < 1e-5
    assert worst(*given, which=1) < 1e-5


@pytest.mark.parametrize("grade", [2, 3])
def test_tiles_of_several_products_are_differentiated(make_model, make_spec, grade):
    """Inputs by the tile's polynomial; conductances by the exact array, from which the tile is off by its own error."""
    model = make_model(grade, v_range=(0.0, 0.2), spec=make_spec(8, 6, v_read=0.2))
    given = gradients(model, "exact", weights=RNG.normal(size=(3, 6)))
    assert worst(*given, which=1) < 1e-5
    assert worst(*given, which=0) < {2: 2e-4, 3: 5e-5}[grade]


def test_conductances_of_several_products_are_differentiated_as_the_exact_array(make_model, make_spec):
    """What finite differences of the tile of grade 2 miss of it is the error of the tile, not of the derivative."""
    model, weights = make_model(2, v_range=(0.0, 0.2), spec=make_spec(8, 6, v_read=0.2)), RNG.normal(size=(3, 6))
    *given, _ = gradients(model, "exact", weights=weights)

    def total(at_g, at_v):
        return float((chain.read_exact(chain.model_array(model, at_g), at_v).out * weights).sum())

    assert worst(*given, total, which=0) < 1e-6


def test_frozen_factors_are_those_of_a_scaled_tile(make_model, make_spec):
    model = make_model(2, v_range=(0.0, 0.2), spec=make_spec(8, 6, v_read=0.2))
    weights = RNG.normal(size=(3, 6))
    g, v, by_g, by_v, _ = gradients(model, "frozen", weights=weights)
    tile = behavioral.program(model, g)

    def scaled(at_g, at_v):
        return float((behavioral.mvm(behavioral.reprogram(tile, g, at_g), at_v) * weights).sum())

    assert worst(g, v, by_g, by_v, scaled, which=0) < 1e-5
    exact = gradients(model, "exact", weights=weights)[2]
    assert 1e-3 < np.abs(by_g - exact).max() / np.abs(exact).max() < 0.2  # what it leaves out


def test_the_gradient_is_named_and_told():
    with pytest.raises(InputError, match="gradient = 'secant': expected 'frozen' or 'exact'"):
        TrainingTiles(small_model(), "secant")
    converted = on_tiles(gradient="exact", every=3)
    assert "gradient = exact (adjoint of the array), every = 3" in repr(converted)


def on_tiles(model=None, weights=WEIGHTS, known=RANGE, **given):
    """One Linear in float64 on tiles, in training."""
    module = nn.Linear(weights.shape[1], weights.shape[0], bias=False, dtype=torch.float64)
    module.weight.data = torch.as_tensor(weights.copy())
    model = model or small_model()
    return convert_module(nn.Sequential(module), model, None, ranges={"0": known}, uncertified=True, **given).train()


def both_gradients(converted, x, weights=None):
    x = torch.tensor(x, requires_grad=True)
    converted(x).square().sum().backward()
    return x.grad.numpy(), converted[0].weight.grad.numpy()


@pytest.mark.parametrize("inputs", ["two_phase", "unsigned"])
def test_compiled_edges_and_composed_ones_agree(inputs, monkeypatch):
    model = small_model(mapping={"inputs": inputs})
    x = np.abs(X) if inputs == "unsigned" else X.copy()
    x[0, :3] = 1.5  # beyond the range of the inputs
    known = LayerRange(1.0, 3e-5)  # the ADC clips
    compiled = both_gradients(on_tiles(model, known=known), x)
    monkeypatch.setattr("circuitsim.network.torch.matrix_tiles.edge_is_plain", lambda *_: False)
    composed = both_gradients(on_tiles(model, known=known), x)
    for one, other in zip(compiled, composed, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-9 * np.abs(other).max())
    assert (compiled[0][0, :3] == 0.0).all() and (compiled[0][1] != 0.0).any()


def test_weights_are_differentiated_through_mapping_and_tiles():
    """Without converters a layer is smooth: finite differences of the layer tell its derivatives."""
    for changes in ({}, {"mapping": {"weights": "offset"}}, {"mapping": {"inputs": "differential"}}):
        model = small_model(driver={"dac_bits": None}, adc={"bits": None}, **changes)
        converted = on_tiles(model, known=LayerRange(1.0), gradient="exact")
        _, by_weight = both_gradients(converted, X)
        largest = np.unravel_index(np.abs(WEIGHTS).argmax(), WEIGHTS.shape)

        def total(weights, model=model):
            with torch.no_grad():
                return float(on_tiles(model, weights, LayerRange(1.0)).eval()(torch.as_tensor(X)).square().sum())

        for at in ((0, 0), (3, 9), (2, 4)):
            assert at != largest  # which also sets the scale, and is held
            found = difference(total, [WEIGHTS], 0, at, 1e-5)
            assert abs(found - by_weight[at]) < 1e-5 * np.abs(by_weight).max(), (changes, at)


def test_tiles_are_programmed_again_only_so_often():
    converted = on_tiles(every=2)
    tile, weight = converted[0].tiles.tiles[0], converted[0].weight
    programmed = []
    for _ in range(4):
        with torch.no_grad():
            weight[0] += 0.7
        stale = converted(torch.as_tensor(X)).detach()
        programmed.append(tile.tile)
    assert programmed[0] is programmed[1] is not programmed[2] and programmed[2] is programmed[3]
    fresh = on_tiles(weights=weight.detach().numpy()).eval()
    np.testing.assert_array_equal(converted.eval()(torch.as_tensor(X)).detach(), fresh(torch.as_tensor(X)).detach())
    assert not np.array_equal(stale, fresh(torch.as_tensor(X)).detach())


def test_ranges_are_learnt_as_their_error_asks():
    """A range far too wide rounds coarsely, one far too narrow clips: both derivatives point back."""
    for known, signs in ((LayerRange(1.0, 6e-4), (None, 1)), (LayerRange(0.3, 1e-5), (-1, -1))):
        converted = on_tiles(known=known)
        parameters = learn_ranges(converted)
        wanted = torch.as_tensor(X) @ converted[0].weight.t()
        (converted(torch.as_tensor(X)) - wanted.detach()).square().mean().backward()
        for parameter, sign in zip(parameters, signs, strict=True):
            assert sign is None or np.sign(float(parameter.grad)) == sign
    with torch.no_grad():
        parameters[1].fill_(-1e-6)
    with pytest.raises(InputError, match=r"layer '0': its range full_scale = -1e-06 has collapsed"):
        converted(torch.as_tensor(X))


def test_cells_are_drawn_anew_at_each_read_in_training():
    x = torch.as_tensor(X)
    one, two = (on_tiles(draws=TrainingDraws(relative_sigma=0.05, seed=3)) for _ in range(2))
    first, second = one(x).detach(), one(x).detach()
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(two(x).detach(), first)
    np.testing.assert_array_equal(one.eval()(x).detach(), two.eval()(x).detach())
    with pytest.raises(InputError, match=r"causes = \['programming'\]: programming error and read noise: the card"):
        on_tiles(draws=TrainingDraws(frozenset({"programming"})))
    with pytest.raises(InputError, match="TrainingDraws without causes, relative_sigma and proportional_sigma"):
        TrainingDraws()


def test_a_step_that_fails_leaves_the_parameters():
    converted = on_tiles()
    optimizer = torch.optim.SGD(converted.parameters(), lr=0.1)
    before = [each.detach().clone() for each in converted.parameters()]
    x = torch.as_tensor(X)
    with pytest.raises(InputError, match=r"step 7: the gradient of 0.weight is not finite; the parameters are those"):
        training_step(converted, optimizer, lambda: (converted(x) * torch.inf).sum(), step=7)
    with pytest.raises(InputError, match=r"step 8: layer '0': an input is not finite; the parameters are those"):
        training_step(converted, optimizer, lambda: converted(x * torch.nan).sum(), step=8)
    for now, then in zip(converted.parameters(), before, strict=True):
        np.testing.assert_array_equal(now.detach(), then)
    losses = [training_step(converted, optimizer, lambda: converted(x).square().mean(), step=k) for k in range(5)]
    assert losses[-1] < 0.8 * losses[0]


def test_weights_are_clipped_and_currents_counted():
    converted = on_tiles()
    clip_weights(converted, rms=1.5)
    limit = 1.5 * np.sqrt(np.mean(WEIGHTS**2))
    np.testing.assert_allclose(np.abs(converted[0].weight.detach().numpy()).max(), limit, rtol=1e-12)
    assert float(current_penalty(converted)) == 0.0
    converted(torch.as_tensor(X))
    penalty = current_penalty(converted)
    penalty.backward()
    assert 0.5 < float(penalty.detach()) < 10 and (converted[0].weight.grad != 0).any()
    with pytest.raises(InputError, match="rms = 1: expected more than 1"):
        clip_weights(converted, rms=1.0)
