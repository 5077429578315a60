"""Train three residual networks of 14 layers on the digits, plainly, and write them as ONNX.

    python validation/device_errors/train.py validation/device_errors

The layers are those of the published network with a quarter of its channels: 4, 8 and 16 in place of 16, 32 and 64, on
images of 8 × 8 pixels in place of 32 × 32. Nothing prepares the weights for an array: no noise, no clipping, no decay.
The exporter folds the batch normalizations into the convolutions, as the published network has them on its arrays.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn

from circuitsim import training
from circuitsim.demo.data import load_digits

CHANNELS, BLOCKS = (4, 8, 16), 2
EPOCHS, BATCH, STEP = 40, 64, 3e-3


class Block(nn.Module):
    """Two convolutions and what goes past them."""

    def __init__(self, given: int, channels: int) -> None:
        super().__init__()
        stride = 1 if given == channels else 2
        self.first, self.second = _convolution(given, channels, 3, stride), _convolution(channels, channels, 3, 1)
        self.past = nn.Identity() if stride == 1 else _convolution(given, channels, 1, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (images, channels, height, width)."""
        return torch.relu(self.second(torch.relu(self.first(x))) + self.past(x))


def _convolution(given: int, channels: int, size: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(given, channels, size, stride, size // 2, bias=False), nn.BatchNorm2d(channels))


def network(seed: int) -> nn.Sequential:
    """Return the network with random weights."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = [_convolution(1, CHANNELS[0], 3, 1), nn.ReLU()]
    for given, channels in zip((CHANNELS[0], *CHANNELS), CHANNELS, strict=False):
        layers += [Block(given, channels), *(Block(channels, channels) for _ in range(BLOCKS - 1))]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(CHANNELS[-1], 10))


def train(module: nn.Module, images: torch.Tensor, labels: torch.Tensor, seed: int) -> None:
    """Train by Adam, whose step size falls to zero as a half cosine."""
    rng, optimizer = np.random.default_rng(seed), torch.optim.Adam(module.parameters(), lr=STEP)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for _ in range(EPOCHS):
        for at in np.array_split(rng.permutation(len(images)), len(images) // BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(images[at]), labels[at]).backward()
            optimizer.step()
        schedule.step()


def main() -> None:
    """Write network_1.onnx, network_2.onnx, network_3.onnx and print their accuracies."""
    parser = argparse.ArgumentParser(description="Train residual networks on the digits and write them as ONNX.")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    torch.set_num_threads(1)
    digits = load_digits()
    images, tested = (torch.as_tensor(each).reshape(-1, 1, 8, 8) for each in (digits.train_images, digits.test_images))
    for seed in (1, 2, 3):
        module = network(seed)
        train(module, images, torch.as_tensor(digits.train_labels), seed)
        module.eval()
        training.export_onnx(module, images[:1], folder / f"network_{seed}.onnx")
        with torch.no_grad():
            right = module(tested).argmax(dim=1).numpy() == digits.test_labels
        print(f"network {seed}: {100 * right.mean():.2f} % of {len(right)} test images")


if __name__ == "__main__":
    main()
