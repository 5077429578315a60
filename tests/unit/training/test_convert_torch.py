"""A module on tiles reads what the ONNX path reads, keeps its parameters, and refuses what it cannot convert."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is optional: the extra [torch]")
pytest.importorskip("onnx", reason="onnx is optional: the extra [network]")

from torch import nn  # noqa: E402
from torch.nn.utils import prune  # noqa: E402
from training_tiles import small_model  # noqa: E402

from circuitsim.errors import InputError, SpecError  # noqa: E402
from circuitsim.evaluation import BehavioralProduct  # noqa: E402
from circuitsim.network import evaluate, load_network, program  # noqa: E402
from circuitsim.training import TorchNetwork, convert_module, export_onnx, layer_ranges, plain  # noqa: E402

MODEL = small_model()


class SelfAttention(nn.Module):
    """A MultiheadAttention of its input with itself."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


class Causal(nn.Module):
    """A MultiheadAttention in which no place sees a later one."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(5))

    def forward(self, x):
        return self.attention(x, x, x, attn_mask=self.mask, is_causal=True, need_weights=False)[0]


class Recurrent(nn.Module):
    """The outputs of a recurrent module, images along the first axis."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return self.module(x.transpose(0, 1))[0].transpose(0, 1)


NETWORKS = {
    "linear": (lambda: nn.Sequential(nn.Linear(15, 13), nn.ReLU(), nn.Linear(13, 5)), (15,)),
    "conv2d": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(4, 6, (2, 3), groups=2, dilation=(1, 2))
        ),
        (3, 8, 11),
    ),
    "conv1d": (lambda: nn.Sequential(nn.Conv1d(3, 4, 3, padding=2), nn.Conv1d(4, 4, 3, groups=4)), (3, 8)),
    "transposed": (
        lambda: nn.Sequential(nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2)),
        (4, 3, 4),
    ),
    "transposed_1d": (lambda: nn.Sequential(nn.ConvTranspose1d(4, 3, 3, stride=2)), (4, 5)),
    "attention": (SelfAttention, (5, 6)),
    "causal": (Causal, (5, 6)),
    "lstm": (lambda: Recurrent(nn.LSTM(5, 4, bidirectional=True)), (3, 5)),
    "gru": (lambda: Recurrent(nn.GRU(5, 4)), (3, 5)),
}


def images_of(shape, count=6):
    return np.random.default_rng(0).normal(size=(count, *shape)).astype(np.float32)


def made(name):
    torch.manual_seed(0)
    make, shape = NETWORKS[name]
    return make().eval(), images_of(shape)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_module_reads_what_its_onnx_file_reads(name, tmp_path):
    module, images = made(name)
    converted = convert_module(module, MODEL, None, images=images, uncertified=True)
    with torch.no_grad():
        found = converted(torch.as_tensor(images)).numpy()
        np.testing.assert_array_equal(plain(converted)(torch.as_tensor(images)), module(torch.as_tensor(images)))
    network = load_network(export_onnx(converted, torch.as_tensor(images[:2]), tmp_path / "net.onnx"))
    ranges = dict(zip([layer.name for layer in network.layers], layer_ranges(converted).values(), strict=True))
    onnx = evaluate(program(network, MODEL.spec, BehavioralProduct(MODEL)), images, ranges=ranges).logits
    assert np.abs(found - network.run_float(images)).max() > 1e-3 * np.abs(onnx).max()  # the array shows
    np.testing.assert_allclose(found, onnx, rtol=0, atol=1e-5 * np.abs(onnx).max())


@pytest.mark.parametrize(
    "changes",
    [
        {"mapping": {"inputs": "differential"}},
        {"mapping": {"weights": "offset"}},
        {"mapping": {"weights": "reference", "scale": "column"}},
        {"mapping": {"bits_per_cell": 2, "weight_bits": 4}, "array": {"cols": 12}},
        {"mapping": {"scale": "tile"}, "adc": {"bits": None}},
        {"sense": {"v_ref": 0.1}, "driver": {"dac_bits": None}},
    ],
    ids=str,
)
def test_every_mapping_reads_as_the_network_does(changes):
    spec = small_model(**changes).spec
    low = spec.sense.v_ref
    model = MODEL.__class__(spec, MODEL.surface, 1, (low, low + 0.2)) if low == 0.0 else _about(spec, low)
    module, images = made("linear")
    converted = convert_module(module.double(), model, None, images=images.astype(float), uncertified=True)
    with torch.no_grad():
        found = converted(torch.as_tensor(images.astype(float))).numpy()
    programmed = program(TorchNetwork(converted), spec, BehavioralProduct(model))
    wanted = evaluate(programmed, images.astype(float), ranges=layer_ranges(converted)).logits
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9 * np.abs(wanted).max())


def _about(spec, v_ref):
    from circuitsim import nodal

    return MODEL.__class__(spec, nodal.ohmic((1e-6, 1e-4), (0.0, v_ref + 0.2)), 1, (v_ref, v_ref + 0.2))


def test_parameters_keep_their_names_and_return_from_a_state():
    module, images = made("lstm")
    converted = convert_module(module, MODEL, None, images=images, uncertified=True)
    state = converted.state_dict()
    assert {name for name, _ in module.named_parameters()} <= set(state)
    torch.manual_seed(1)
    other = convert_module(NETWORKS["lstm"][0]().eval(), MODEL, None, images=images[:2], uncertified=True)
    other.load_state_dict(state)
    with torch.no_grad():
        np.testing.assert_array_equal(other(torch.as_tensor(images)), converted(torch.as_tensor(images)))
    assert [type(each) for each in plain(other).modules()] == [type(each) for each in module.modules()]


def test_no_place_reads_a_later_one_through_the_tiles():
    module, images = made("causal")
    converted = convert_module(module, MODEL, None, images=images, uncertified=True)
    later = images.copy()
    later[:, 3:] *= -0.5
    with torch.no_grad():
        first, second = converted(torch.as_tensor(images)).numpy(), converted(torch.as_tensor(later)).numpy()
    np.testing.assert_allclose(first[:, :3], second[:, :3], rtol=0, atol=1e-6)
    assert np.abs(first[:, 3:] - second[:, 3:]).max() > 1e-2


def test_an_encoder_of_torch_does_not_pass_by_the_tiles():
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(6, 2, dim_feedforward=8, batch_first=True).eval()
    images = images_of((5, 6))
    converted = convert_module(layer, MODEL, None, images=images, uncertified=True).eval()
    with torch.no_grad():
        fast = converted(torch.as_tensor(images))
    np.testing.assert_allclose(fast, converted(torch.as_tensor(images)).detach(), rtol=0, atol=1e-6)
    assert float((fast - layer(torch.as_tensor(images))).detach().abs().max()) > 1e-3


def test_what_cannot_be_converted_is_named():
    images = images_of((15,))
    module = nn.Sequential(nn.Linear(15, 4), nn.Bilinear(4, 4, 2))
    with pytest.raises(InputError, match=r"module '1' \(Bilinear\) has weights \(weight\) and cannot be put on tiles"):
        convert_module(module, MODEL, None, images=images, uncertified=True)
    with pytest.raises(InputError, match="digital names 'fc', which is no module; it has '', '0', '1'"):
        convert_module(module, MODEL, None, images=images, uncertified=True, digital=["fc"])
    with pytest.raises(InputError, match="no layer that tiles can compute"):
        convert_module(nn.Sequential(nn.ReLU()), MODEL, None, images=images, uncertified=True)
    module = nn.Sequential(nn.Linear(15, 4), nn.ReLU(), nn.Linear(4, 2))
    partly = convert_module(module, MODEL, None, images=images, uncertified=True, digital=["2"])
    assert isinstance(partly[2], nn.Linear) and list(layer_ranges(partly)) == ["0"]


def test_use_without_what_it_needs_is_refused_in_one_sentence():
    module, images = made("linear")
    with pytest.raises(InputError, match="certificate is None: training through a model of unknown error"):
        convert_module(module, MODEL, None, images=images)
    with pytest.raises(InputError, match="images and ranges are neither given"):
        convert_module(module, MODEL, None, uncertified=True)
    converted = convert_module(module, MODEL, None, images=images, uncertified=True)
    known = layer_ranges(converted)
    with pytest.raises(InputError, match="ranges lack the layer '2'"):
        convert_module(module, MODEL, None, ranges={"0": known["0"]}, uncertified=True)
    with pytest.raises(InputError, match="ranges name '7', which is no layer"):
        convert_module(module, MODEL, None, ranges={**known, "7": known["0"]}, uncertified=True)
    each = dataclasses.replace(known["0"], column_scales=((1e-4,) * 8,))
    with pytest.raises(InputError, match=r"layer '0': column_scales has \[8\] columns: expected \[6, 6, 8"):
        convert_module(module, MODEL, None, ranges={**known, "0": each}, uncertified=True)
    with pytest.raises(SpecError, match=r"driver\.input_code = 'bit_serial': expected 'amplitude'"):
        convert_module(module, small_model(driver={"input_code": "bit_serial"}), None, images=images, uncertified=True)
    unsigned = convert_module(module, small_model(mapping={"inputs": "unsigned"}), None, ranges=known, uncertified=True)
    with pytest.raises(InputError, match=r"mapping\.inputs = 'unsigned' but layer '0' has an input of -"):
        unsigned(torch.as_tensor(images))
    with pytest.raises(InputError, match="layer '0': an input is not finite"):
        converted(torch.full((1, 15), torch.nan))


def test_a_module_used_twice_is_on_tiles_at_both_places():
    torch.manual_seed(0)
    shared = nn.Linear(8, 8)
    module, images = nn.Sequential(shared, nn.ReLU(), shared, nn.Linear(8, 3)), images_of((8,))
    converted = convert_module(module, MODEL, None, images=images, uncertified=True)
    assert converted[0] is converted[2] and type(converted[2]).__name__ == "LinearOnTiles"
    bare = plain(converted)
    assert bare[0] is bare[2] and type(bare[2]) is nn.Linear
    with torch.no_grad():
        found = converted(torch.as_tensor(images)).numpy()
    programmed = program(TorchNetwork(converted), MODEL.spec, BehavioralProduct(MODEL))
    wanted = evaluate(programmed, images, ranges=layer_ranges(converted)).logits
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * np.abs(wanted).max())


def test_what_tiles_would_leave_out_is_refused():
    module, images = made("linear")
    pruned = nn.Sequential(prune.random_unstructured(nn.Linear(15, 4), "weight", amount=0.5))
    with pytest.raises(InputError, match="a weight is computed from others"):
        convert_module(pruned, MODEL, None, images=images, uncertified=True)
    module[0].register_forward_hook(lambda _, given, y: 2 * y)
    with pytest.raises(InputError, match=r"module '0' \(Linear\) has forward hooks, which tiles do not run"):
        convert_module(module, MODEL, None, images=images, uncertified=True)
