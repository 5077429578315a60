"""Train a small part of a network on one array as it was written: an adapter beside its layers, or the last layer.

    python docs/examples/adapters.py [FIGURE.png]

Cells are written with the errors of their device, each array with its own. A low-rank adapter is a digital correction
A·B beside a layer: the array keeps its conductances. Training the last layer instead writes its cells once more. Both
see one array alone, and take as many steps; digits of scikit-learn, scored by the certified tile with the errors of
that array. On another array an adapter corrects what is not there: it belongs to its array.
"""

import sys

import numpy as np
import torch
from matplotlib import pyplot
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

import circuitsim as cs
from circuitsim import evaluation, network, training
from circuitsim.devices import device_card, read_statistics

CAUSES, RANK = frozenset({"programming"}), 2
DEVICE, WIRE = {"model": "rram_wan", "g_min": "1u", "g_max": "40u"}, {"r_row": 30, "r_col": 30}
SIZE, DRIVER = {"rows": 64, "cols": 24, "cell": "1r"}, {"v_read": 0.2, "dac_bits": 5, "r_out": 50, "t_read": "10n"}
ARRAY = {"schema": 1, "array": SIZE, "device": DEVICE, "wire": WIRE, "driver": DRIVER, "adc": {"bits": 5}}


def train(module, images, labels, steps, rate):
    """Train what is not frozen of a module, plain or on tiles, by batches of 64."""
    optimizer = torch.optim.Adam([each for each in module.parameters() if each.requires_grad], lr=rate)
    for step, batch in enumerate(torch.as_tensor(np.random.default_rng(0).integers(len(images), size=(steps, 64)))):

        def loss(x=images[batch], wanted=labels[batch]):
            return functional.cross_entropy(module(x), wanted)

        training.training_step(module.train(), optimizer, loss, step=step)
    return module.eval()


def main(figure=None, steps=150, arrays=3):
    """Train, score on every array, and say what the adapters cost."""
    pixels, digits = load_digits(return_X_y=True)
    pixels, held_out, spec = (pixels / 16).astype(np.float32), np.arange(len(digits)) % 4 == 0, cs.parse_spec(ARRAY)
    calibrated = cs.calibrate(spec, rng=np.random.default_rng(0), search="structured", thorough=False)
    product = evaluation.BehavioralProduct(calibrated[0], certificate=calibrated[1])
    statistics = read_statistics(device_card(spec))
    images, labels = torch.as_tensor(pixels[~held_out]), torch.as_tensor(digits[~held_out])
    test = pixels[held_out], digits[held_out]
    torch.manual_seed(0)
    module = train(nn.Sequential(nn.Linear(64, 12), nn.ReLU(), nn.Linear(12, 10)), images, labels, 600, 0.01)

    def score(tiles, array):
        net, written = training.TorchNetwork(tiles), evaluation.DrawnProduct(product, statistics, CAUSES, seed=array)
        programmed = network.program(net, spec, written)
        return network.evaluate(programmed, *test, ranges=training.layer_ranges(tiles)).accuracy

    found = {name: [] for name in ("float", "as written", "last layer trained", "adapters", "adapters, another array")}
    for array in range(arrays):
        held = training.TrainingDraws(CAUSES, seed=array, held=True)
        tiles = training.convert_module(module, *calibrated, images=images.numpy(), draws=held)
        found["float"] = [network.evaluate_float(training.TorchNetwork(tiles), *test).accuracy]
        found["as written"].append(score(tiles, array))
        adapted = train(training.add_adapters(tiles, ["0", "2"], RANK), images, labels, steps, 0.01)
        found["adapters"].append(score(adapted, array))
        found["adapters, another array"].append(score(adapted, array + 10))
        training.train_only(tiles, "2")
        found["last layer trained"].append(score(train(tiles, images, labels, steps, 0.01), array))
    for name, scores in found.items():
        print(f"{name}: {100 * np.mean(scores):.1f} % of the digits")
    cost = evaluation.cost_of_images(
        training.TorchNetwork(adapted), product, test[0], ranges=training.layer_ranges(adapted)
    )
    for part in cost.parts:
        print(f"{part.part}: {1e12 * part.low:.2f} to {1e12 * part.high:.2f} pJ an image")
    if figure is not None:
        drawn, axes = pyplot.subplots(figsize=(6, 2.6), layout="constrained")
        for k, scores in enumerate(found.values()):
            axes.plot(100 * np.asarray(scores), [k] * len(scores), "o", alpha=0.7)
        axes.set_yticks(range(len(found)), list(found))
        axes.set(xlabel="accuracy on the certified tile (%), a point for each array", ylim=(len(found) - 0.5, -0.5))
        drawn.savefig(figure)
    return {name: np.mean(scores) for name, scores in found.items()}, cost


if __name__ == "__main__":
    found, _ = main(*sys.argv[1:2])
    assert found["adapters"] > max(found["as written"], found["adapters, another array"])
