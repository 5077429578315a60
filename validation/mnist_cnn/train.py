"""Train a small convolutional network on handwritten digits of 28 × 28 pixels, and write it as ONNX.

    python validation/mnist_cnn/train.py IMAGES LABELS -o validation/mnist_cnn

IMAGES and LABELS are a pair of files of the MNIST data base in its own format (idx, may be gzipped) with 10,000 digits,
such as t10k-images-idx3-ubyte.gz. A draw with a fixed seed takes 8000 of them to train on and 2000 to test on. The
command writes `mnist_cnn.onnx`, `mnist_cnn_test.npz` (images and labels of the test, for `circuitsim infer`) and
`result.json` with both accuracies; the network and the result are kept beside this script, the images are not.

The network has two convolutions of 3 × 3 with a stride of 2, of 8 and 16 channels, with rectifiers, and one layer from
576 inputs to 10 classes: 6984 weights. As in `circuitsim.demo.train_digits`, each step sees all weights with noise and
moved images, and weights stay within a few times their layer's r.m.s. value.

Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits", for the images; T. P. Xiao et
    al., CrossSim tutorial at ISCA 2024 (part 3), for the sizes of the layers.
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
import onnx
from numpy.lib.stride_tricks import sliding_window_view
from onnx import TensorProto, helper, numpy_helper

from circuitsim.demo.train_digits import adam_step, shift

SEED = 0
TRAINED, TESTED = 8000, 2000
SIZE = 28  # [pixels]
KERNEL, STRIDE = 3, 2
CHANNELS = (8, 16)
CLASSES = 10
EPOCHS = 120
BATCH = 64
STEP = 3e-3  # initial step of Adam, which falls to zero as a half cosine
WEIGHT_NOISE = 0.05  # standard deviation relative to the layer's largest weight
CLIP = 3.0  # largest weight relative to the layer's r.m.s. weight
SHIFT = 1.5  # largest shift of an image [pixels]
SMOOTHING = 0.05  # probability spread evenly over the classes

Parameters = list[np.ndarray]  # kernels (channels · 3 · 3, out) and weights (inputs, classes), then the biases


def read_idx(path: Path) -> np.ndarray:
    """Return the array of unsigned bytes that a file of the data base holds."""
    content = path.read_bytes()
    content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    axes = content[3]
    lengths = np.frombuffer(content, ">i4", axes, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(lengths)


def split(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return images (n, 28, 28) from 0 to 1 and labels (n,) of training and test: images, labels, images, labels."""
    order = np.random.default_rng(SEED).permutation(len(images))[: TRAINED + TESTED]
    scaled = (images / 255.0).astype(np.float32)
    trained, tested = order[:TRAINED], order[TRAINED:]
    return scaled[trained], labels[trained].astype(int), scaled[tested], labels[tested].astype(int)


def initial(rng: np.random.Generator) -> Parameters:
    """Return random weights and zero biases."""
    inputs = [KERNEL**2, CHANNELS[0] * KERNEL**2, CHANNELS[1] * _sizes()[1] ** 2]
    outputs = [*CHANNELS, CLASSES]
    weights = [
        rng.normal(0.0, np.sqrt(2.0 / i), (i, o)).astype(np.float32) for i, o in zip(inputs, outputs, strict=True)
    ]
    return [*weights, *(np.zeros(o, np.float32) for o in outputs)]


def forward(parameters: Parameters, images: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return logits (n, classes) for images (n, 28, 28), and the vectors that each layer multiplied."""
    x, vectors = images[:, None], []
    for weights, bias in zip(parameters[:2], parameters[3:5], strict=True):
        patches = sliding_window_view(x, (KERNEL, KERNEL), axis=(2, 3))[:, :, ::STRIDE, ::STRIDE]
        patches = np.moveaxis(patches, 1, 3)  # (n, height, width, channels, 3, 3), as the weights
        vectors.append(patches.reshape(*patches.shape[:3], -1))
        x = np.moveaxis(np.maximum(vectors[-1] @ weights + bias, 0.0), 3, 1)
    vectors.append(x.reshape(len(x), -1))
    return vectors[-1] @ parameters[2] + parameters[5], vectors


def gradients(parameters: Parameters, images: np.ndarray, labels: np.ndarray, *, smoothing: float) -> Parameters:
    """Return the gradients of the mean cross-entropy with smoothed labels: by weights, then by biases."""
    logits, vectors = forward(parameters, images)
    error = np.exp(logits - logits.max(axis=1, keepdims=True))
    error /= error.sum(axis=1, keepdims=True)
    error -= smoothing / CLASSES
    error[np.arange(len(labels)), labels] -= 1.0 - smoothing
    error /= len(labels)
    by_weight, by_bias = [vectors[2].T @ error], [error.sum(axis=0)]
    first, second = _sizes()
    back = (error @ parameters[2].T).reshape(-1, CHANNELS[1], second, second)
    back = np.moveaxis(back * (vectors[2].reshape(back.shape) > 0), 1, 3)  # (n, height, width, channels)
    by_weight.insert(0, np.tensordot(vectors[1], back, axes=((0, 1, 2), (0, 1, 2))))
    by_bias.insert(0, back.sum(axis=(0, 1, 2)))
    patches = (back @ parameters[1].T).reshape(*back.shape[:3], CHANNELS[0], KERNEL, KERNEL)
    hidden = np.zeros((len(labels), first, first, CHANNELS[0]), error.dtype)
    reach = STRIDE * (second - 1) + 1
    for row, col in np.ndindex(KERNEL, KERNEL):
        hidden[:, row : row + reach : STRIDE, col : col + reach : STRIDE] += patches[..., row, col]
    hidden *= vectors[0] @ parameters[0] + parameters[3] > 0
    by_weight.insert(0, np.tensordot(vectors[0], hidden, axes=((0, 1, 2), (0, 1, 2))))
    by_bias.insert(0, hidden.sum(axis=(0, 1, 2)))
    return by_weight + by_bias


def train(images: np.ndarray, labels: np.ndarray, *, rng: np.random.Generator, epochs: int = EPOCHS) -> Parameters:
    """Train on images (n, 28, 28) and labels (n,); return weights and biases."""
    parameters = initial(rng)
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]
    batches = len(images) // BATCH
    for epoch in range(epochs):
        order = rng.permutation(len(images))
        for k in range(batches):
            chosen = order[k * BATCH :][:BATCH]
            x = shift(images[chosen], rng.uniform(-SHIFT, SHIFT, (2, BATCH)).astype(np.float32)).astype(np.float32)
            noisy = [
                w + WEIGHT_NOISE * np.abs(w).max() * rng.standard_normal(w.shape, np.float32) for w in parameters[:3]
            ]
            slopes = gradients([*noisy, *parameters[3:]], x, labels[chosen], smoothing=SMOOTHING)
            step = epoch * batches + k
            adam_step(parameters, slopes, moments, step=step, size=_step_size(step, epochs * batches))
            for weights in parameters[:3]:
                limit = CLIP * np.sqrt(np.mean(weights * weights))
                np.clip(weights, -limit, limit, out=weights)
    return parameters


def accuracy(parameters: Parameters, images: np.ndarray, labels: np.ndarray) -> float:
    """Return the fraction of images that the network classifies correctly."""
    return float(np.mean(forward(parameters, images)[0].argmax(axis=1) == labels))


def to_onnx(parameters: Parameters) -> onnx.ModelProto:
    """Return the network as ONNX, float32: from image (batch, 1, 28, 28) to logits (batch, 10)."""
    nodes, tensors, name = [], [], "image"
    channels = (1, *CHANNELS)
    for k in range(2):
        kernel = parameters[k].T.reshape(channels[k + 1], channels[k], KERNEL, KERNEL)
        tensors += [_tensor(kernel, f"conv{k + 1}.w"), _tensor(parameters[3 + k], f"conv{k + 1}.b")]
        sources = [name, f"conv{k + 1}.w", f"conv{k + 1}.b"]
        step = {"kernel_shape": [KERNEL] * 2, "strides": [STRIDE] * 2}
        nodes.append(helper.make_node("Conv", sources, [f"conv{k + 1}.y"], name=f"conv{k + 1}", **step))
        name = f"relu{k + 1}.y"
        nodes.append(helper.make_node("Relu", [f"conv{k + 1}.y"], [name], name=f"relu{k + 1}"))
    tensors += [_tensor(parameters[2], "fc.w"), _tensor(parameters[5], "fc.b")]
    nodes.append(helper.make_node("Flatten", [name], ["flat"], name="flatten"))
    nodes.append(helper.make_node("Gemm", ["flat", "fc.w", "fc.b"], ["logits"], name="fc"))
    graph = helper.make_graph(
        nodes,
        "mnist_cnn",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, SIZE, SIZE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", CLASSES])],
        initializer=tensors,
    )
    opset = [helper.make_opsetid("", 13)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8, producer_name="circuitsim")
    onnx.checker.check_model(model, full_check=True)
    return model


def _sizes() -> tuple[int, int]:
    """Height of the outputs of both convolutions [pixels]."""
    first = (SIZE - KERNEL) // STRIDE + 1
    return first, (first - KERNEL) // STRIDE + 1


def _step_size(step: int, steps: int) -> float:
    return STEP * 0.5 * (1.0 + np.cos(np.pi * (step + 1) / steps))


def _tensor(values: np.ndarray, name: str) -> onnx.TensorProto:
    return numpy_helper.from_array(values.astype(np.float32), name)


def main() -> None:
    """Train the network and write it with the images of the test and the result."""
    parser = argparse.ArgumentParser(description="Train a small convolutional network on MNIST and write it as ONNX.")
    parser.add_argument("images", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path("out/mnist_cnn"))
    given = parser.parse_args()
    trained, labels, tested, wanted = split(read_idx(given.images), read_idx(given.labels))
    parameters = train(trained, labels, rng=np.random.default_rng(SEED))
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "mnist_cnn.onnx").write_bytes(to_onnx(parameters).SerializeToString())
    np.savez_compressed(given.out / "mnist_cnn_test.npz", images=tested[:, None], labels=wanted)
    result = {
        "seed": SEED,
        "trained_on": len(trained),
        "training_accuracy": accuracy(parameters, trained, labels),
        "tested_on": len(tested),
        "test_accuracy": accuracy(parameters, tested, wanted),
    }
    (given.out / "result.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
