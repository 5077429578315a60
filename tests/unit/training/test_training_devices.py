"""A module on tiles goes to a device as any module does: it is read, differentiated and trained there."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is optional: the extra [torch]")

from array_devices import opened  # noqa: E402
from numpy.testing import assert_allclose  # noqa: E402
from torch import nn  # noqa: E402
from training_tiles import small_model, small_spec  # noqa: E402

from circuitsim import nodal  # noqa: E402
from circuitsim.evaluation import BehavioralProduct  # noqa: E402
from circuitsim.network import evaluate, program  # noqa: E402
from circuitsim.results import TileModel  # noqa: E402
from circuitsim.training import (  # noqa: E402
    TorchNetwork,
    TrainingDraws,
    add_adapters,
    convert_module,
    current_penalty,
    layer_ranges,
    learn_ranges,
    plain,
    training_step,
    trim_columns,
)
from circuitsim.training.trained_tile import TrainedTile  # noqa: E402

MODEL = small_model()


@pytest.fixture(params=["torch remote", "torch cuda"])
def place(request):
    with opened(request.param) as found:
        yield found


class Attention(nn.Module):
    """A MultiheadAttention of its input with itself."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


class Last(nn.Module):
    """The outputs of a GRU."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(5, 4, batch_first=True)

    def forward(self, x):
        return self.gru(x)[0]


NETWORKS = {
    "linear": (lambda: nn.Sequential(nn.Linear(15, 13), nn.ReLU(), nn.Linear(13, 5)), (15,)),
    "conv": (lambda: nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 2, groups=2)), (2, 4, 5)),
    "attention": (Attention, (3, 6)),
    "gru": (Last, (3, 5)),
}
DRAWS = {
    "noise": {"draws": TrainingDraws(frozenset({"programming", "read_noise"}), t=60.0)},
    "held": {"draws": TrainingDraws(frozenset({"programming"}), held=True)},
    "relative": {"draws": TrainingDraws(relative_sigma=0.02), "gradient": "exact"},
}


def converted(name="linear", model=MODEL, **given):
    torch.manual_seed(0)
    make, shape = NETWORKS[name]
    images = np.random.default_rng(0).normal(size=(4, *shape))
    return convert_module(make().double(), model, None, images=images, uncertified=True, **given), images


def due(module, x):
    """Outputs of a module in training and the derivatives of all that it learns."""
    module.zero_grad()
    y = module(x)
    (y**2).sum().backward()
    return y, [each.grad for each in module.parameters() if each.grad is not None]


def test_every_tensor_of_a_converted_module_is_registered():
    for name in NETWORKS:
        module = add_adapters(converted(name)[0], "0", 1) if name in ("linear", "conv") else converted(name)[0]
        for each in module.modules():
            known = {id(t) for t in (*each.parameters(), *each.buffers())}
            loose = [
                key for key, value in vars(each).items() if isinstance(value, torch.Tensor) and id(value) not in known
            ]
            assert not loose, (type(each).__name__, loose)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_module_computes_where_it_was_carried(name, place):
    module, images = converted(name)
    x = torch.as_tensor(images)
    expected, wanted = due(module, x)
    module.to(place.device)
    y, found = due(module, place.put(images))
    expected = expected.detach()
    assert_allclose(place.fetch(y), expected.numpy(), rtol=0, atol=1e-9 * float(expected.abs().max()))
    assert len(found) == len(wanted) > 0
    for one, other in zip(found, wanted, strict=True):
        assert_allclose(place.fetch(one), other.numpy(), rtol=0, atol=1e-9 * float(other.abs().max()))
    tiles = [tile for each in module.modules() for tile in vars(each).get("tiles", ()) if isinstance(tile, TrainedTile)]
    assert all(tile.factors.device == place.put([0.0]).device for tile in tiles)
    module.to("cpu")
    assert_allclose(
        module(x).detach().numpy(), expected.detach().numpy(), rtol=0, atol=1e-9 * float(expected.abs().max())
    )


@pytest.mark.parametrize("kind", DRAWS)
def test_draws_are_the_same_on_every_device(kind, place):
    spec = small_spec(device={"model": "pcm_joshi", "g_min": 1e-6, "g_max": 2e-5})
    model = TileModel(spec, nodal.ohmic((1e-9, 1e-4), (0.0, 0.2)), 1, (0.0, 0.2))
    here, images = converted(model=model, **DRAWS[kind])
    there = converted(model=model, **DRAWS[kind])[0].to(place.device)
    for _ in range(2):
        expected, wanted = due(here, torch.as_tensor(images))
        y, found = due(there, place.put(images))
        expected = expected.detach()
        assert_allclose(place.fetch(y), expected.numpy(), rtol=0, atol=1e-9 * float(expected.abs().max()))
        for one, other in zip(found, wanted, strict=True):
            assert_allclose(place.fetch(one), other.numpy(), rtol=0, atol=1e-9 * float(other.abs().max()))


def test_learnt_ranges_trims_and_a_step(place):
    losses = []
    for device in ("cpu", place.device):
        module, images = converted()
        module = add_adapters(module, "0", 2).to(device)
        learn_ranges(module)
        trim_columns(module)
        x = torch.as_tensor(images).to(device)
        optimizer = torch.optim.SGD([each for each in module.parameters() if each.requires_grad], lr=1e-4)
        current_penalty(module)
        loss = lambda: (module(x) ** 2).mean() + 1e-3 * current_penalty(module)  # noqa: B023, E731
        losses.append([training_step(module, optimizer, loss, step=k) for k in range(3)])
    assert_allclose(losses[1], losses[0], rtol=1e-6)
    assert losses[0][2] != losses[0][0]


def test_a_module_is_converted_judged_and_taken_off_there(place):
    module, images = converted()
    there = convert_module(plain(module).to(place.device), MODEL, None, images=images, uncertified=True)
    assert layer_ranges(there) == layer_ranges(module)
    ranges, logits = layer_ranges(module), []
    product = BehavioralProduct(MODEL, namespace="torch", device=place.device)
    for each, by in ((module, BehavioralProduct(MODEL)), (there, BehavioralProduct(MODEL)), (there, product)):
        programmed = program(TorchNetwork(each), MODEL.spec, by)
        logits.append(evaluate(programmed, images, ranges=ranges).logits)
    for found in logits[1:]:
        assert_allclose(found, logits[0], rtol=0, atol=1e-9 * np.abs(logits[0]).max())
    place.fetch(plain(there)(place.put(images)))
