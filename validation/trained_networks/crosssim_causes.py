"""Why the same errors cost one network three times the points of another: training, range of weights, on/off ratio.

    python validation/trained_networks/crosssim_causes.py IMAGES LABELS [--epochs 25]

The network of `crosssim.py` trained in two ways on the same 8000 images: as there (moved by up to 1.5 pixels, steps
that fall from 3e-3), and as the published tutorial does (as they are, steps of 1e-3, 15,000 of them). Errors of the
published call, proportional to each cell, with both cells of a pair in error; with its ratio of largest to smallest
conductance, 10, with others, and with errors independent of the state. A matrix product without wires and converters is
computed directly, 20 draws each. `--epochs` shortens the first training, for a trial.
"""

import argparse
from pathlib import Path

import digits
import numpy as np
import torch
from torch import nn

ALPHA, DRAWS, LAYERS = 0.3, 20, (0, 2, 5)
RATIOS = (10.0, 20.0, 50.0, 100.0, np.inf)


def train_as_published(images: torch.Tensor, labels: torch.Tensor, *, epochs: int) -> nn.Sequential:
    """Train on images as they are with Adam and steps of 1e-3."""
    module, rng = digits.network(0), np.random.default_rng(0)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
    for _ in range(epochs):
        for at in rng.permutation(len(images)).reshape(-1, digits.BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(images[at]), labels[at]).backward()
            optimizer.step()
    return module.eval()


def accuracy_with_errors(
    module: nn.Sequential, tested: torch.Tensor, truth: torch.Tensor, rng: torch.Generator, *, ratio: float, fixed: bool
) -> float:
    """Return the accuracy with one draw of errors of every cell; conductances in parts of the largest."""
    least, weights = 1.0 / ratio, [module[k].weight for k in LAYERS]
    kept = [each.detach().clone() for each in weights]
    with torch.no_grad():
        for each in weights:
            largest, drawn = each.abs().max(), []
            for sign in (1.0, -1.0):
                g = least + (1.0 - least) * (sign * each / largest).clamp(min=0.0)
                sigma = ALPHA * (torch.ones_like(g) if fixed else g)
                drawn.append(g + sigma * torch.randn(g.shape, generator=rng))
            each.copy_((drawn[0] - drawn[1]) / (1.0 - least) * largest)
        found = float((module(tested).argmax(dim=1) == truth).float().mean())
        for each, before in zip(weights, kept, strict=True):
            each.copy_(before)
    return found


def report(name: str, module: nn.Sequential, tested: torch.Tensor, truth: torch.Tensor) -> None:
    """Print what each definition of the errors costs a network, and how far its largest weights are from the usual."""
    rng = torch.Generator().manual_seed(1)
    with torch.no_grad():
        exact = float((module(tested).argmax(dim=1) == truth).float().mean())
        tails = [float(module[k].weight.abs().max() / module[k].weight.std()) for k in LAYERS]
    print(f"{name}: float {100 * exact:.2f} %, largest weight over sigma {', '.join(f'{each:.1f}' for each in tails)}")
    for ratio, fixed in [*((each, False) for each in RATIOS), (10.0, True)]:
        found = [accuracy_with_errors(module, tested, truth, rng, ratio=ratio, fixed=fixed) for _ in range(DRAWS)]
        kind = "independent of the state" if fixed else "proportional"
        lost, sigma = 100 * (exact - np.mean(found)), 100 * np.std(found)
        print(
            f"  {kind}, on/off {ratio:g}: {100 * np.mean(found):.2f} ± {sigma:.2f} %, {lost:.1f} points lost",
            flush=True,
        )


def main() -> None:
    """Train both ways and report."""
    parser = argparse.ArgumentParser(description="What makes the errors of CrossSim's tutorial cost more or less.")
    parser.add_argument("images", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--epochs", type=int, default=25)
    options = parser.parse_args()
    torch.set_num_threads(1)
    images, labels, tested, truth = digits.read_images(options.images, options.labels)
    test, wanted = torch.as_tensor(tested), torch.as_tensor(truth)
    module = digits.network(0)
    digits.train(module, images, labels, seed=0, epochs=options.epochs, rate=3e-3)
    report("trained as crosssim.py does", module, test, wanted)
    module = train_as_published(images, labels, epochs=round(4.8 * options.epochs))
    report("trained as published", module, test, wanted)


if __name__ == "__main__":
    main()
