"""Published networks as shapes of their layers: plain data for counts, energy and speed. They bring no weights.

Only products with constant weights are here; what multiplies two activations (scores of attention) stays on the host.
"""

from collections.abc import Callable
from dataclasses import dataclass

from circuitsim.errors import InputError
from circuitsim.evaluation.layer_shapes import LayerShape
from circuitsim.spec import checked

_IMAGE = 224  # [pixels] of the images of the ImageNet networks


@dataclass(frozen=True)
class Workload:
    """A published network as shapes.

    Attributes:
        name: How the command line names it.
        inference: What one inference is.
        layers: Its layers, in the order of computation.
        source: The publication.
    """

    name: str
    inference: str
    layers: tuple[LayerShape, ...]
    source: str


@checked
def workload(name: str) -> Workload:
    """Return a published network by its name.

    Raises:
        InputError: There is none of this name; the message lists them.
    """
    if name not in _MAKERS:
        raise InputError(f"workload = {name!r}: expected one of {', '.join(_MAKERS)}")
    return _MAKERS[name]()


def workload_names() -> tuple[str, ...]:
    """Return the names of all workloads."""
    return tuple(_MAKERS)


def _conv(name: str, kernel: int, channels: tuple[int, int], size: int, *, signed: bool = False) -> LayerShape:
    """A convolution from and to a number of channels, with `size` × `size` output pixels."""
    return LayerShape(name, "Conv", 1, channels[0] * kernel**2, channels[1], size**2, signed)


def _dense(name: str, inputs: int, outputs: int, vectors: int = 1, *, signed: bool = True) -> LayerShape:
    return LayerShape(name, "MatMul", 1, inputs, outputs, vectors, signed)


def _digits() -> Workload:
    sizes = ((64, 96), (96, 80), (80, 10))
    layers = tuple(_dense(f"fc{k}", *size, signed=k > 1) for k, size in enumerate(sizes, start=1))
    return Workload("digits", "an image of 8 x 8 pixels", layers, "circuitsim.demo.train_digits")


def _mnist_cnn() -> Workload:
    layers = (_conv("conv1", 3, (1, 8), 13), _conv("conv2", 3, (8, 16), 6), _dense("fc", 576, 10, signed=False))
    return Workload("mnist-cnn", "an image of 28 x 28 pixels", layers, "validation/mnist_cnn/train.py")


def _resnet18() -> Workload:
    layers = [_conv("conv1", 7, (3, 64), 112, signed=True)]
    before = 64
    for stage, (channels, size) in enumerate(((64, 56), (128, 28), (256, 14), (512, 7)), start=1):
        for block in range(2):
            name = f"layer{stage}.{block}"
            layers.append(_conv(f"{name}.conv1", 3, (before, channels), size))
            layers.append(_conv(f"{name}.conv2", 3, (channels, channels), size))
            if before != channels:
                layers.append(_conv(f"{name}.shortcut", 1, (before, channels), size))
            before = channels
    layers.append(_dense("fc", 512, 1000, signed=False))
    return Workload("resnet18", _IMAGENET, tuple(layers), _RESNET)


def _resnet50() -> Workload:
    """As published, with the stride in the first convolution of a block."""
    layers = [_conv("conv1", 7, (3, 64), 112, signed=True)]
    before = 64
    stages = ((64, 56, 3), (128, 28, 4), (256, 14, 6), (512, 7, 3))
    for stage, (channels, size, blocks) in enumerate(stages, start=1):
        for block in range(blocks):
            name = f"layer{stage}.{block}"
            layers.append(_conv(f"{name}.conv1", 1, (before, channels), size))
            layers.append(_conv(f"{name}.conv2", 3, (channels, channels), size))
            layers.append(_conv(f"{name}.conv3", 1, (channels, 4 * channels), size))
            if block == 0:
                layers.append(_conv(f"{name}.shortcut", 1, (before, 4 * channels), size))
            before = 4 * channels
    layers.append(_dense("fc", 2048, 1000, signed=False))
    return Workload("resnet50", _IMAGENET, tuple(layers), _RESNET)


def _mobilenetv2() -> Workload:
    layers = [_conv("conv1", 3, (3, 32), 112, signed=True)]
    before, size = 32, 112
    for stage, (expansion, channels, blocks, stride) in enumerate(_BOTTLENECKS, start=1):
        for block in range(blocks):
            name, hidden = f"block{stage}.{block}", expansion * before
            if expansion > 1:  # its input comes from a layer without a rectifier
                layers.append(_conv(f"{name}.expand", 1, (before, hidden), size, signed=True))
            size = size // stride if block == 0 else size
            layers.append(LayerShape(f"{name}.depthwise", "Conv", hidden, 9, 1, size**2, signed=False))
            layers.append(_conv(f"{name}.project", 1, (hidden, channels), size))
            before = channels
    layers += [_conv("conv2", 1, (320, 1280), 7, signed=True), _dense("fc", 1280, 1000, signed=False)]
    return Workload("mobilenetv2", _IMAGENET, tuple(layers), _MOBILENET)


def _bert_base() -> Workload:
    width, hidden, tokens = 768, 3072, 128
    layers: list[LayerShape] = []
    for block in range(12):
        name = f"layer{block}"
        layers += [_dense(f"{name}.{part}", width, width, tokens) for part in ("query", "key", "value", "output")]
        layers += [
            _dense(f"{name}.intermediate", width, hidden, tokens),
            _dense(f"{name}.result", hidden, width, tokens),
        ]
    return Workload("bert-base", f"a sequence of {tokens} tokens, without the task's own layer", tuple(layers), _BERT)


def _gru_kws() -> Workload:
    steps, features, width = 25, 10, 154
    layers = (
        _dense("gru.input", features, 3 * width, steps),
        _dense("gru.state", width, 3 * width, steps),
        _dense("fc", width, 12),
    )
    return Workload("gru-kws", f"one second of speech in {steps} steps", layers, _KWS)


def _decoder_1b() -> Workload:
    width, keys, hidden, words = 2048, 256, 5632, 32000
    layers: list[LayerShape] = []
    for block in range(22):
        sizes = {
            "query": (width, width),
            "key": (width, keys),
            "value": (width, keys),
            "output": (width, width),
            "gate": (width, hidden),
            "up": (width, hidden),
            "down": (hidden, width),
        }
        layers += [_dense(f"layer{block}.{part}", *size) for part, size in sizes.items()]
    layers.append(_dense("head", width, words))
    return Workload("decoder-1b", "one token", tuple(layers), _TINYLLAMA)


_IMAGENET = f"an image of {_IMAGE} x {_IMAGE} pixels"
_RESNET = 'K. He et al., "Deep residual learning for image recognition", CVPR 2016, table 1'
_MOBILENET = 'M. Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", CVPR 2018, table 2'
_BERT = 'J. Devlin et al., "BERT: pre-training of deep bidirectional transformers", NAACL 2019, section 3'
_KWS = (
    'Y. Zhang et al., "Hello Edge: keyword spotting on microcontrollers", arXiv 1711.07128, and its training script: '
    "one layer of 154 units, 10 features each 40 ms, 12 words"
)
_TINYLLAMA = (
    'P. Zhang et al., "TinyLlama: an open-source small language model", arXiv 2401.02385; the embedding, a look-up, is '
    "left out"
)
_BOTTLENECKS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels, blocks and stride of each stage of MobileNetV2."""
_MAKERS: dict[str, Callable[[], Workload]] = {
    "digits": _digits,
    "mnist-cnn": _mnist_cnn,
    "resnet18": _resnet18,
    "resnet50": _resnet50,
    "mobilenetv2": _mobilenetv2,
    "bert-base": _bert_base,
    "gru-kws": _gru_kws,
    "decoder-1b": _decoder_1b,
}
