"""The network of `mnist_cnn` in torch: its images, its training, and its scores on arrays."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from circuitsim import training
from circuitsim.demo.train_digits import shift

BATCH = 64
SHIFT = 1.5  # largest shift of an image [pixels]


def read_images(images: Path, labels: Path) -> tuple[torch.Tensor, torch.Tensor, np.ndarray, np.ndarray]:
    """Return the 8000 images (n, 1, 28, 28) and labels to train on and the 2000 to test on, split as in `mnist_cnn`."""
    found = importlib.util.spec_from_file_location("train", Path(__file__).parents[1] / "mnist_cnn" / "train.py")
    assert found is not None and found.loader is not None
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    trained, wanted, tested, truth = script.split(script.read_idx(images), script.read_idx(labels))
    return torch.as_tensor(trained)[:, None], torch.as_tensor(wanted), tested[:, None], truth


def network(seed: int) -> nn.Sequential:
    """Return the network with random weights."""
    torch.manual_seed(seed)
    first, second = nn.Conv2d(1, 8, 3, stride=2), nn.Conv2d(8, 16, 3, stride=2)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))


def train(
    module: nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    *,
    epochs: int,
    rate: float,
    seed: int,
    parameters: list[dict] | None = None,
    each_step: Callable[[nn.Module], None] | None = None,
) -> None:
    """Train a module, plain or on tiles, by Adam whose step size falls to zero as a half cosine."""
    rng, given = np.random.default_rng(seed), images[:, 0].numpy()
    optimizer = torch.optim.Adam(parameters or module.parameters(), lr=rate)
    batches = len(images) // BATCH
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * batches)
    module.train()
    for epoch in range(epochs):
        order = rng.permutation(len(images))
        for k in range(batches):
            at = order[k * BATCH :][:BATCH]
            moved = shift(given[at], rng.uniform(-SHIFT, SHIFT, (2, BATCH)).astype(np.float32)).astype(np.float32)
            x, wanted = torch.as_tensor(moved)[:, None], labels[at]
            training.training_step(
                module,
                optimizer,
                lambda x=x, wanted=wanted: nn.functional.cross_entropy(module(x), wanted),
                step=epoch * batches + k,
            )
            schedule.step()
            if each_step is not None:
                each_step(module)
    module.eval()
