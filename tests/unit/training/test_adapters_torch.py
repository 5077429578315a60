"""Adapters beside layers on tiles: what they recover of an array, what they cost, and how they leave the tiles."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is optional: the extra [torch]")
pytest.importorskip("onnx", reason="onnx is optional: the extra [network]")

from torch import nn  # noqa: E402
from training_tiles import small_spec  # noqa: E402

from circuitsim import nodal  # noqa: E402
from circuitsim.calibration.drawn import device_statistics  # noqa: E402
from circuitsim.errors import InputError  # noqa: E402
from circuitsim.evaluation import BehavioralProduct, DrawnProduct  # noqa: E402
from circuitsim.network import evaluate, load_network, program  # noqa: E402
from circuitsim.results import TileModel  # noqa: E402
from circuitsim.training import (  # noqa: E402
    TorchNetwork,
    TrainingDraws,
    add_adapters,
    clip_weights,
    convert_module,
    export_onnx,
    layer_ranges,
    plain,
    train_only,
    training_step,
    trim_columns,
)

SPEC = small_spec(device={"model": "rram_wan", "g_min": 1e-6, "g_max": 4e-5}, wire={"r_row": 20.0, "r_col": 20.0})
MODEL = TileModel(SPEC, nodal.ohmic((1e-13, 8e-5), (0.0, 0.2)), 1, (0.0, 0.2))
PROGRAMMING = frozenset({"programming"})


def images_of(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def on_tiles(module, images, **given):
    return convert_module(module, MODEL, None, images=images, uncertified=True, **given)


def the_array(seed):
    """Programs the cells that this device makes of the weights, the same for one seed."""
    statistics, _ = device_statistics(SPEC)
    return DrawnProduct(BehavioralProduct(MODEL), statistics, PROGRAMMING, seed=seed)


def perceptron():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(15, 13), nn.ReLU(), nn.Linear(13, 5))


def started(module, layers, rank=2, **given):
    """Adapters that do something, as after training."""
    adapted = add_adapters(module, layers, rank, **given)
    torch.manual_seed(1)
    with torch.no_grad():
        for name, each in adapted.named_parameters():
            if name.endswith(".adapter.up.weight"):
                each.copy_(0.3 * torch.randn(each.shape))
    return adapted


def test_an_adapter_recovers_part_of_the_loss_of_the_array_that_it_was_trained_on():
    module, images = perceptron(), images_of(60, 15)
    wanted = module(torch.as_tensor(images)).detach()
    held = TrainingDraws(PROGRAMMING, seed=3, held=True)
    adapted = add_adapters(on_tiles(module, images, draws=held), ["0", "2"], 3)
    weights = [adapted[k].weight.detach().clone() for k in (0, 2)]

    def loss_on(seed):
        programmed = program(TorchNetwork(adapted), SPEC, the_array(seed))
        found = evaluate(programmed, images, ranges=layer_ranges(adapted)).logits
        return float(np.mean((found - wanted.numpy()) ** 2))

    before = loss_on(3)
    optimizer = torch.optim.Adam([each for each in adapted.parameters() if each.requires_grad], lr=0.05)
    x = torch.as_tensor(images)
    for step in range(15):
        training_step(adapted, optimizer, lambda: (adapted(x) - wanted).square().mean(), step=step)
        clip_weights(adapted, rms=1.5)
    assert all(torch.equal(adapted[k].weight, weight) for k, weight in zip((0, 2), weights, strict=True))
    assert loss_on(3) < 0.5 * before
    assert loss_on(4) > 2 * loss_on(3)  # it learnt this array, no other


def test_a_held_array_is_the_one_that_is_judged():
    module, images = perceptron().double(), images_of(20, 15).astype(float)
    converted = on_tiles(module, images, draws=TrainingDraws(PROGRAMMING, seed=3, held=True))
    wanted = evaluate(program(TorchNetwork(converted), SPEC, the_array(3)), images, ranges=layer_ranges(converted))
    for mode in (True, False):
        found = converted.train(mode)(torch.as_tensor(images)).detach().numpy()
        np.testing.assert_allclose(found, wanted.logits, rtol=0, atol=1e-9 * np.abs(found).max())
    first = converted[0].tiles.tiles[0]
    cells, wanted_cells = first.cells, first.g
    for _ in range(2):
        with torch.no_grad():
            converted[0].weight.mul_(-1.0)
        converted.train()(torch.as_tensor(images))
    assert np.array_equal(first.g, wanted_cells)
    assert not np.allclose(first.cells, cells, rtol=0, atol=1e-9)  # written again, the same cells err otherwise


CASES = {
    "linear": (perceptron, ["0", "2"], (6, 15)),
    "conv": (lambda: nn.Sequential(nn.Conv2d(3, 4, (2, 3), stride=2, padding=1, dilation=(1, 2))), "0", (4, 3, 6, 7)),
    "transposed": (lambda: nn.Sequential(nn.ConvTranspose1d(4, 3, 3, stride=2, padding=1)), "0", (4, 4, 5)),
}


@pytest.mark.parametrize("name", CASES)
def test_an_adapter_leaves_the_tiles_folded_or_as_layers_of_its_own(name, tmp_path):
    make, layers, shape = CASES[name]
    torch.manual_seed(0)
    images = images_of(*shape)
    adapted = started(on_tiles(make().eval(), images), layers).eval()
    x = torch.as_tensor(images)
    with torch.no_grad():
        folded, kept = plain(adapted)(x), plain(adapted, fold=False)(x)
        bare = make().eval()
        bare.load_state_dict({key: value for key, value in adapted.state_dict().items() if "tiles" not in key})
        assert float((folded - bare(x)).abs().max()) > 1e-2  # the adapter shows
        found = adapted(x).numpy()
    assert "adapter" not in "".join(dict(plain(adapted).named_parameters()))
    np.testing.assert_allclose(kept, folded, rtol=0, atol=1e-5)
    network = load_network(export_onnx(adapted, x[:2], tmp_path / "net.onnx"))
    digital = [layer.name for layer in network.layers if "/adapter/" in layer.name]
    assert len(digital) == 2 * (1 if isinstance(layers, str) else len(layers))
    spec = SPEC.replace(mapping={"digital": digital})
    known = iter(layer_ranges(adapted).values())
    ranges = {layer.name: next(known) for layer in network.layers if layer.name not in digital}
    product = BehavioralProduct(dataclasses.replace(MODEL, spec=spec))
    onnx = evaluate(program(network, spec, product), images, ranges=ranges).logits
    np.testing.assert_allclose(found, onnx, rtol=0, atol=1e-5 * np.abs(onnx).max())


def drawn_trims(module):
    rng = np.random.default_rng(5)
    trims = trim_columns(module, learnt=False)
    with torch.no_grad():
        for each in trims:
            each.copy_(torch.as_tensor(rng.uniform(0.5, 1.5, each.shape)))
    return len(trims)


@pytest.mark.parametrize("analog", [False, True])
@pytest.mark.parametrize("name", ["linear", "conv"])
def test_trims_act_on_what_an_adapter_adds_on_tiles_and_off_them(name, analog, tmp_path):
    make, layers, shape = CASES[name]
    torch.manual_seed(0)
    images = images_of(*shape)
    given = {"on_tiles": True, "images": images} if analog else {}
    adapted = started(on_tiles(make().eval(), images), layers, **given).eval()
    x = torch.as_tensor(images)
    untrimmed = TorchNetwork(adapted).run_float(images)
    assert drawn_trims(adapted) == 2 * (1 if isinstance(layers, str) else len(layers))  # tiles of adapters have none
    wanted = TorchNetwork(adapted).run_float(images)
    assert np.abs(wanted - untrimmed).max() > 0.1 * np.abs(wanted).max()
    with torch.no_grad():
        for fold in (True, False):
            found = plain(adapted, fold=fold)
            np.testing.assert_allclose(found(x), wanted, rtol=0, atol=1e-5)
            assert sum(type(each).__name__ == "TrimmedLayer" for each in found.modules()) > 0
        last = adapted[-1]
        tiles, given = last.tiles, 0.1 * torch.randn(3, 1, last.tiles.shape[1])
        (weights,) = last.matrices().values()
        kept, tiles.adapter = tiles.adapter, None
        bare = tiles(weights, given)
        tiles.adapter = kept
        both, alone = tiles(weights, given), kept(given)
    np.testing.assert_allclose(
        (both - bare)[:, 0].numpy(), tiles.column_gain[0].numpy() * alone[:, 0].numpy(), rtol=0, atol=1e-5
    )
    network = load_network(export_onnx(adapted, x[:2], tmp_path / "net.onnx"))
    np.testing.assert_allclose(network.run_float(images), wanted, rtol=0, atol=1e-5)


class Rare(nn.Module):
    """A layer that reads only the images above a threshold, with others beside it."""

    def __init__(self, called=True):
        super().__init__()
        self.often, self.rare, self.called = nn.Linear(4, 3), nn.Linear(4, 3), called

    def forward(self, x):
        y = self.often(x)
        return y.index_add(0, (chosen := (x[:, 0] > 9.0).nonzero()[:, 0]), self.rare(x[chosen])) if self.called else y


def test_a_layer_that_no_image_reaches_is_named():
    images = images_of(6, 4)
    with pytest.raises(InputError, match="layer 'rare' reads no vector of the images: expected images that reach"):
        on_tiles(Rare(), images)
    with pytest.raises(InputError, match="ranges lack the layer 'rare', or no image reaches it; expected 'often', 'ra"):
        on_tiles(Rare(called=False), images)
    reached = images.copy()
    reached[0, 0] = 10.0
    converted = on_tiles(Rare(), reached)
    converted.called = False
    with pytest.raises(InputError, match=r"no image reaches layer 'rare\.adapter\.down'"):
        add_adapters(converted, "rare", 1, on_tiles=True, images=images)


class Block(nn.Module):
    """An attention and a recurrent layer."""

    def __init__(self):
        super().__init__()
        self.attention, self.gru = nn.MultiheadAttention(6, 2, batch_first=True), nn.GRU(6, 4, batch_first=True)

    def forward(self, x):
        return self.gru(self.attention(x, x, x, need_weights=False)[0])[0]


def test_adapters_inside_attention_and_recurrent_layers_fold(tmp_path):
    torch.manual_seed(0)
    images = images_of(4, 5, 6)
    names = ["attention", "attention.out_proj", "gru.weight_hh_l0"]
    adapted = started(on_tiles(Block().eval(), images), names).eval()
    x = torch.as_tensor(images)
    exact = TorchNetwork(adapted).run_float(images)  # float products and the adapters
    with torch.no_grad():
        np.testing.assert_allclose(plain(adapted)(x), exact, rtol=0, atol=1e-6)
    bare = TorchNetwork(on_tiles(plain(on_tiles(Block(), images)), images)).run_float(images)
    assert np.abs(exact - bare).max() > 1e-2
    with pytest.raises(InputError, match="layer 'attention': its adapter acts inside a MultiheadAttention and cannot"):
        export_onnx(adapted, x[:2], tmp_path / "net.onnx")
    folded = load_network(export_onnx(plain(adapted), x[:2], tmp_path / "net.onnx"))
    np.testing.assert_allclose(folded.run_float(images), exact, rtol=0, atol=1e-5)
    assert all(each.requires_grad == ("adapter" in name) for name, each in adapted.named_parameters())


def test_an_adapter_returns_from_a_state_and_says_what_it_costs():
    images = images_of(6, 15)
    converted = on_tiles(perceptron(), images)
    adapted = started(converted, "0", 3)
    assert "rank 3, 84 multiply-accumulates a vector, digital" in repr(adapted)
    other = add_adapters(converted, "0", 3)
    x = torch.as_tensor(images)
    with torch.no_grad():
        assert torch.equal(other(x), converted(x))  # it begins at 0
        other.load_state_dict(adapted.state_dict())
        assert torch.equal(other(x), adapted(x)) and not torch.equal(other(x), converted(x))


@pytest.mark.filterwarnings("ignore::circuitsim.errors.ClippingWarning")  # what A puts out grows as it is trained
def test_an_adapter_on_tiles_is_read_as_a_layer():
    images = images_of(20, 15)
    adapted = add_adapters(on_tiles(perceptron(), images), ["0"], 3, on_tiles=True, images=images)
    assert "on tiles" in repr(adapted)
    assert list(layer_ranges(adapted)) == ["0", "0.adapter.down", "0.adapter.up", "2"]
    x = torch.as_tensor(images)
    optimizer = torch.optim.Adam([each for each in adapted.parameters() if each.requires_grad], lr=0.02)
    before = [each.detach().clone() for each in optimizer.param_groups[0]["params"]]
    for step in range(2):
        training_step(adapted, optimizer, lambda: adapted(x).square().mean(), step=step)
    now = optimizer.param_groups[0]["params"]
    assert len(now) == 2 and not any(torch.equal(a, b) for a, b in zip(before, now, strict=True))
    wanted = evaluate(
        program(TorchNetwork(adapted), SPEC, BehavioralProduct(MODEL)), images, ranges=layer_ranges(adapted)
    )
    with torch.no_grad():
        found = adapted.eval()(x).numpy()
    np.testing.assert_allclose(found, wanted.logits, rtol=0, atol=1e-5 * np.abs(found).max())
    assert {layer.name for layer in wanted.layers} == set(layer_ranges(adapted))


def test_the_last_layer_alone_is_trained():
    images = images_of(6, 15)
    converted = on_tiles(perceptron(), images)
    trained = train_only(converted, "2")
    assert [name for name, each in converted.named_parameters() if each.requires_grad] == ["2.weight", "2.bias"]
    assert trained[0] is converted[2].weight
    trims = trim_columns(converted)
    trained = train_only(converted, "2")
    assert [name for name, each in converted.named_parameters() if each.requires_grad] == [
        "2.weight", "2.bias", "2.tiles.column_gain", "2.tiles.column_offset",
    ]  # fmt: skip
    assert trained[2] is trims[2] and trained[3] is trims[3]
    with pytest.raises(InputError, match="layers name '7', which is no module; it has '', '0'"):
        train_only(converted, ["7"])
    with pytest.raises(InputError, match="layers name '1', without a weight to train"):
        train_only(converted, "1")


def test_adapters_that_cannot_be_are_refused_in_one_sentence():
    images = images_of(6, 15)
    converted = on_tiles(perceptron(), images)
    for layers, rank, given, words in (
        ("1", 2, {}, "layers name '1', which is no layer on tiles; there are '0', '2'"),
        ([], 2, {}, "layers is empty"),
        ("2", 5, {}, "rank = 5: layer '2' has 13 inputs and 5 outputs; expected less than both"),
        ("0", 2, {"on_tiles": True}, "on_tiles = True needs images"),
        ("0", 2, {"images": images}, "on_tiles = False takes no images"),
    ):
        with pytest.raises(InputError, match=words):
            add_adapters(converted, layers, rank, **given)
    with pytest.raises(InputError, match="layer '0' has an adapter already"):
        add_adapters(add_adapters(converted, "0", 2), ["0"], 2)
    grouped = on_tiles(nn.Sequential(nn.Conv1d(4, 4, 2, groups=2)), images_of(2, 4, 5))
    with pytest.raises(InputError, match="layer '0' has 2 groups: expected one"):
        add_adapters(grouped, "0", 1)
    with pytest.raises(InputError, match="held = True without a cause that stays"):
        TrainingDraws(frozenset({"read_noise"}), held=True)
    with pytest.raises(InputError, match=r"held = True with relative_sigma = 0\.1"):
        TrainingDraws(PROGRAMMING, relative_sigma=0.1, held=True)
