"""Cells of tiles trained by pulses: against plain SGD, two arrays against one, judged as they are, refused."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is optional: the extra [torch]")

from torch import nn  # noqa: E402
from training_tiles import small_model, small_spec  # noqa: E402

from circuitsim import nodal  # noqa: E402
from circuitsim.errors import InputError, SpecError, WornCellsWarning  # noqa: E402
from circuitsim.evaluation import BehavioralProduct, NodalProduct  # noqa: E402
from circuitsim.network import LayerRange, evaluate  # noqa: E402
from circuitsim.results import PulseResponse, TileModel  # noqa: E402
from circuitsim.training import (  # noqa: E402
    PulseCounts,
    PulseTrains,
    TikiTaka,
    TrainingDraws,
    convert_module,
    device_network,
    device_step,
    fit_device_ranges,
    layer_ranges,
    plain,
    train_on_device,
    update_cost,
)

ENDS, SPAN = np.array([1e-6, 1e-4]), 99e-6
LINEAR = PulseResponse(ENDS, np.full(2, 2e-8), np.full(2, -2e-8))
SOFT = PulseResponse(ENDS, np.array([SPAN / 75, 0.0]), np.array([0.0, -SPAN / 75]), write_noise=0.3, step_spread=0.1)
IDEAL = {"wire": {"r_row": 0.0, "r_col": 0.0}, "driver": {"r_out": 0.0, "dac_bits": None}, "adc": {"bits": None}}
X = torch.as_tensor(np.random.default_rng(0).normal(size=(24, 12)))
WANTED = X @ torch.as_tensor(np.random.default_rng(1).normal(size=(12, 3))) * 0.1


def made(response, rule, *, inputs=12, outputs=3, bias=True, seed=0, trains=0, model=None, **given):
    """One layer on cells, its plain copy, and the training of its cells."""
    torch.manual_seed(seed)
    layer = nn.Linear(inputs, outputs, bias=bias, dtype=torch.float64)
    held = {"ranges": {"": LayerRange(4.0, 2e-4)}, "uncertified": True}
    tiles = convert_module(layer, model or small_model(mapping={"weights": "reference"}), None, **held).train()
    return tiles, layer, train_on_device(tiles, response, rule=rule, seed=trains, **given)


def loss_of(module):
    return lambda: nn.functional.mse_loss(module(X), WANTED)


@pytest.mark.parametrize("weights", ["reference", "offset", "differential"])
def test_counted_pulses_of_a_linear_device_are_sgd_within_half_a_step(weights):
    """The rest of a change is kept, so that weights never differ by more than a half step, and what that leads to."""
    model = small_model(mapping={"weights": weights}, **IDEAL)
    tiles, layer, training = made(LINEAR, PulseCounts(0.2), model=model, headroom=2.0)
    assert tiles.weight.detach().numpy() == pytest.approx(layer.weight.detach().numpy(), abs=1e-12)
    plain_sgd = torch.optim.SGD(layer.parameters(), lr=0.2)
    digital = torch.optim.SGD([tiles.bias], lr=0.2)
    for step in range(6):
        device_step(training, loss_of(tiles), step=step, optimizer=digital)
        plain_sgd.zero_grad()
        loss_of(layer)().backward()
        plain_sgd.step()
    weight_step = 2e-8 * 2 * tiles.tiles.w_max / SPAN
    difference = np.abs((tiles.weight - layer.weight).detach().numpy())
    assert difference.max() < 0.7 * weight_step
    assert (layer.weight - plain(tiles).weight).abs().max() < 0.7 * weight_step
    assert not tiles.weight.requires_grad and torch.allclose(tiles.bias, layer.bias, atol=1e-4)


def test_trains_change_weights_by_the_gradient_in_the_mean():
    """Over 40 seeds, within 5 standard errors of −rate · gradient, which is large enough to tell its sign."""
    found, model = [], small_model(mapping={"weights": "reference"}, **IDEAL)
    for seed in range(40):
        tiles, layer, training = made(LINEAR, PulseTrains(0.02, bit_length=20), model=model, trains=seed)
        device_step(training, loss_of(tiles), step=0)
        found.append((tiles.weight - layer.weight).detach().numpy())
    loss_of(layer)().backward()
    expected, error = -0.02 * layer.weight.grad.numpy(), np.std(found, axis=0) / np.sqrt(40)
    assert np.abs((np.mean(found, axis=0) - expected) / error).max() < 5
    assert np.abs(expected).max() > 5 * error.max()
    assert update_cost(training).cut_share == 0.0


def regression_error(rule, seed, steps=30):
    """Rms error of the weights ±0.6 of a noisy regression, trained from small ones on soft bounds."""
    rng = np.random.default_rng(seed)
    x = torch.as_tensor(2.0 * rng.integers(0, 2, size=(160, 8)))
    sought = torch.as_tensor(rng.choice([-0.6, 0.6], size=(8, 2)))
    noisy = x @ sought + 0.3 * torch.as_tensor(rng.normal(size=(160, 2)))
    tiles, _, training = made(SOFT, rule, inputs=8, outputs=2, bias=False, seed=seed, headroom=3.0)
    for step in range(steps):
        at = slice(16 * (step % 10), 16 * (step % 10) + 16)
        device_step(training, lambda at=at: (tiles(x[at]) - noisy[at]).square().sum(dim=1).mean() / 2, step=step)
    return float((tiles.weight - sought.T).square().mean().sqrt())


def test_two_arrays_learn_better_than_one_on_an_asymmetric_device():
    """Soft bounds pull one array to its symmetry point, the weight 0; the slow array of two is free of it."""
    alone = [regression_error(PulseTrains(rate, 10), seed) for seed, rate in ((0, 0.05), (0, 0.1), (1, 0.1))]
    two = [regression_error(TikiTaka(PulseTrains(2.0, 10), every=2, transfer=0.1), seed) for seed in (0, 1)]
    assert max(two) < 0.6 * min(alone), (alone, two)


def test_cells_are_judged_as_they_are():
    """The certified tile and the array solver read the cells, not their weights' nearest; ranges follow the cells."""
    model = small_model(mapping={"weights": "differential"})
    tiles, _, training = made(LINEAR, PulseCounts(0.2), model=model, headroom=2.0)
    for step in range(3):
        device_step(training, loss_of(tiles), step=step)
    fit_device_ranges(training, X.numpy())
    ranges = layer_ranges(tiles)
    assert ranges[""] != LayerRange(4.0, 2e-4)
    solver = NodalProduct(model.spec, nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)))
    found = [
        evaluate(device_network(training, product), X.numpy(), ranges=ranges).logits
        for product in (BehavioralProduct(model), solver)
    ]
    assert found[0] == pytest.approx(found[1], abs=0.02 * np.abs(found[1]).max())
    read = device_network(training, solver).layers[""]
    assert read.w_max == tiles.tiles.w_max
    seen = []

    def product(place, g):
        seen.append(g)
        return lambda v_in: v_in @ g

    device_network(training, product)
    assert np.array_equal(seen[0], training.arrays[0][0].g.detach().numpy())
    with torch.no_grad():
        assert tiles.eval()(X).numpy() == pytest.approx(found[0], abs=0.02 * np.abs(found[0]).max())


def test_a_step_from_the_same_seed_repeats_and_another_seed_does_not():
    weights = []
    for seed in (1, 1, 2):
        tiles, _, training = made(SOFT, PulseTrains(0.05, 5), trains=seed)
        device_step(training, loss_of(tiles), step=0)
        weights.append(tiles.weight.detach().numpy())
    assert np.array_equal(weights[0], weights[1]) and not np.array_equal(weights[0], weights[2])


def test_pulses_wear_energy_and_time_are_totalled():
    """Two slots a bit for each vector; energy is that of a pulse times all; worn cells are told once, and stay."""
    response = dataclasses.replace(
        LINEAR, endurance=30.0, energy_up=np.full(2, 2e-12), energy_down=np.full(2, 2e-12), duration=1e-7
    )
    tiles, _, training = made(response, PulseTrains(0.02, bit_length=4))
    with pytest.warns(WornCellsWarning, match=r"step 0: \d+ of 36 cells have received the 30 pulses"):
        device_step(training, loss_of(tiles), step=0)
    cost = update_cost(training)
    every = np.concatenate(list(cost.pulses.values()))
    assert len(every) == 36 and cost.energy == pytest.approx(2e-12 * every.sum())
    assert cost.time == pytest.approx(training.slots * 1e-7) and training.slots % 8 == 0
    assert 8 <= training.slots <= 2 * 24 * 8  # signed inputs take two reads
    assert cost.worn == (every >= 30).sum() and 0 < cost.worn < 36 and cost.wear == every.max() / 30
    assert 0.0 < cost.cut_share <= 1.0
    assert "cells worn" in cost.sentence and "unverified" in cost.sentence
    worn, before = training.arrays[0][1].cells.worn, training.arrays[0][1].cells.g
    for step in range(1, 3):
        device_step(training, loss_of(tiles), step=step)
    assert np.array_equal(training.arrays[0][1].cells.g[worn], before[worn])
    assert update_cost(training).worn > cost.worn
    assert "endurance unknown" in update_cost(made(LINEAR, PulseCounts(0.1))[2]).sentence


def test_the_fast_array_is_counted_too():
    tiles, _, training = made(SOFT, TikiTaka(PulseCounts(1.0), every=6, transfer=0.5))
    for step in range(3):
        device_step(training, loss_of(tiles), step=step)
    pulses = update_cost(training).pulses
    assert set(pulses) == {"", ": fast array"} and all(each.sum() > 0 for each in pulses.values())


@pytest.mark.parametrize(
    ("response", "rule", "changes", "match"),
    [
        (None, PulseCounts(0.1), {}, r"'rram_ohmic' states no pulses: expected \[pulses\]"),
        (LINEAR, PulseCounts(0.1), {"device": {"g_max": 5e-5}}, r"device\.g_min = 1e-06 S or device\.g_max = 5e-05"),
        (LINEAR, TikiTaka(), {}, "TikiTaka needs a symmetry point, .* PulseTrains and PulseCounts need none"),
        (LINEAR, PulseCounts(0.1), {"mapping": {"bits_per_cell": 1}}, r"mapping\.bits_per_cell = 1.* expected analog"),
        (LINEAR, PulseCounts(0.1), {"mapping": {"scale": "column"}}, r"mapping\.scale = 'column': expected 'layer'"),
        (LINEAR, PulseCounts(0.1), {"mapping": {"inputs": "differential"}}, r"mapping\.inputs = 'differential'"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_is_refused(response, rule, changes, match):
    model = small_model()
    spec = small_spec(**changes)
    model = TileModel(spec, nodal.ohmic((spec.device.g_min, spec.device.g_max), (0.0, 0.2)), 1, (0.0, 0.2))
    with pytest.raises((InputError, SpecError), match=match):
        made(response, rule, model=model)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: PulseTrains(0.0), r"rate = 0: expected a number above 0"),
        (lambda: PulseCounts(float("nan")), r"rate = nan: expected a number above 0"),
        (lambda: PulseTrains(0.1, bit_length=0), r"bit_length = 0: expected a whole number >= 1"),
        (lambda: TikiTaka(transfer=-1.0), r"transfer = -1: expected"),
        (lambda: TikiTaka(every=0), r"every = 0: expected a whole number >= 1"),
        (lambda: made(LINEAR, PulseCounts(0.1), headroom=0.5), r"headroom = 0\.5: expected a number, 1 or above"),
    ],
)
def test_a_rule_without_effect_is_refused(make, match):
    with pytest.raises(InputError, match=match):
        make()


def test_steps_and_modules_that_train_nothing_are_refused():
    tiles, layer, training = made(LINEAR, PulseCounts(0.1))
    with pytest.raises(InputError, match="the loss reaches no cell"):
        device_step(training, lambda: tiles.bias.sum(), step=7)
    before = tiles.weight.detach().clone()
    with pytest.raises(InputError, match=r"step 8: .* not finite"):
        device_step(training, lambda: loss_of(tiles)() * torch.nan, step=8)
    with pytest.raises(InputError, match=r"step 9: the module is in eval\(\)"):
        tiles.eval()
        device_step(training, loss_of(tiles), step=9)
    assert torch.equal(before, tiles.weight)
    with pytest.raises(InputError, match="no weight on tiles requires a gradient"):
        train_on_device(tiles, LINEAR, rule=PulseCounts(0.1))
    tiles.weight.requires_grad_(True)
    with pytest.raises(InputError, match="its cells are trained already"):
        train_on_device(tiles, LINEAR, rule=PulseCounts(0.1))
    drawn = convert_module(layer, small_model(), None, ranges={"": LayerRange(4.0, 2e-4)}, uncertified=True,
                           draws=TrainingDraws(relative_sigma=0.1))  # fmt: skip
    with pytest.raises(InputError, match="draws of other cells than pulses leave"):
        train_on_device(drawn, LINEAR, rule=PulseCounts(0.1))
