"""A perceptron on arrays with strong wires, by the size of a tile: trained plainly, and trained through the wires."""

import numpy as np
import torch
from torch import nn

import circuitsim as cs
from circuitsim import nodal, training
from circuitsim.demo.data import load_digits
from circuitsim.results import TileModel

SIZES, SIDE, HIDDEN, EPOCHS = (32, 64, 128), 16, 32, 25


def cases():
    """Seeds of the first weights."""
    return {"weights 1": 1, "weights 2": 2}


def trained(module, images, labels, seed):
    """Train a module, plain or on tiles, by Adam with steps of 3e-3."""
    rng, optimizer = np.random.default_rng(seed), torch.optim.Adam(module.parameters(), lr=3e-3)
    for _ in range(EPOCHS):
        for at in np.array_split(rng.permutation(len(images)), len(images) // 64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(images[at]), labels[at]).backward()
            optimizer.step()
    return module.eval()


def on_tiles(module, size, images):
    """A copy of a module on passive square tiles of 1 to 40 kohm with 2 ohm a segment."""
    cells = {"model": "rram_ohmic", "g_min": 1 / 40e3, "g_max": 1e-3}
    ends = {"driver": {"v_read": 0.1}, "wire": {"r_row": 2.0, "r_col": 2.0}}
    spec = cs.parse_spec({"schema": 1, "array": {"rows": size, "cols": size, "cell": "1r"}, "device": cells, **ends})
    model = TileModel(spec, nodal.ohmic((1e-6, 2e-3), (0.0, 0.1)), 1, (0.0, 0.1))
    return training.convert_module(module, model, None, images=images.numpy(), every=10, uncertified=True)


def compute(seed):
    """Points lost from each size to the next, in all, and what training through the largest tiles brings back."""
    digits, large = load_digits(), nn.Upsample(SIDE, mode="bilinear")
    images, tested = (
        large(torch.as_tensor(part).reshape(-1, 1, 8, 8)).flatten(1)
        for part in (digits.train_images, digits.test_images)
    )
    labels = torch.as_tensor(digits.train_labels)

    def accuracy(module):
        with torch.no_grad():
            return 100 * np.mean(module(tested).argmax(dim=1).numpy() == digits.test_labels)

    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(SIDE**2, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 10))
    through = [accuracy(trained(on_tiles(net, size, images[:100]), images, labels, seed)) for size in SIZES]
    net = trained(net, images, labels, seed)
    ideal, plain = accuracy(net), [accuracy(on_tiles(net, size, images[:100]).eval()) for size in SIZES]
    return {
        "steps": -np.diff(through),
        "steps_plain": -np.diff(plain),
        "fall": through[0] - through[-1],
        "recovered": (through[-1] - plain[-1]) / (ideal - plain[-1]),
    }
