"""A small CNN on phase-change memory with 8-bit converters, a day after programming, trained plainly or with noise."""

import numpy as np
import torch
from torch import nn

import circuitsim as cs
from circuitsim import levels, training
from circuitsim.demo.data import load_digits
from circuitsim.evaluation import BehavioralProduct, score_draws
from circuitsim.results import TileModel

DAY, EPOCHS, DRAWS = 86400.0, 40, range(5)


def cases():
    """Seeds of the first weights."""
    return {"weights 1": 1, "weights 2": 2}


def trained(module, images, labels, seed):
    """Train a module, plain or on tiles, by Adam with steps of 2e-3."""
    rng, optimizer = np.random.default_rng(seed), torch.optim.Adam(module.parameters(), lr=2e-3)
    for _ in range(EPOCHS):
        for at in np.array_split(rng.permutation(len(images)), len(images) // 64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(images[at]), labels[at]).backward()
            optimizer.step()
    return module.eval()


def compute(seed):
    """Points lost after a day with training for noise, and points that this training gains."""
    array, cells = {"rows": 72, "cols": 64, "cell": "1r"}, {"model": "pcm_joshi", "g_min": "0.1u", "g_max": "25u"}
    ends = {"driver": {"v_read": 0.2, "dac_bits": 8}, "adc": {"bits": 8}, "wire": {"r_row": 0.0, "r_col": 0.0}}
    spec = cs.parse_spec({"schema": 1, "array": array, "device": cells, **ends})
    model = TileModel(spec, levels.surface_of(spec, g_range=(1e-13, 40e-6)), 1, (0.0, 0.2))
    digits, options = load_digits(), {"seeds": DRAWS, "times": (DAY,), "compensations": ("network",)}
    images, tested = (part.reshape(-1, 1, 8, 8) for part in (digits.train_images, digits.test_images))
    given = torch.as_tensor(images), torch.as_tensor(digits.train_labels), seed

    def on_tiles(module, draws=None):
        return training.convert_module(
            module, model, None, images=images[:500], draws=draws, every=10, uncertified=True
        )

    def scores(module):
        return score_draws(
            training.TorchNetwork(on_tiles(module).eval()), BehavioralProduct(model), tested, digits.test_labels,
            calibration_images=images[:500], **options,
        )  # fmt: skip

    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3, 1, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10)
    )
    noise = training.TrainingDraws(frozenset({"programming"}), seed=seed)
    prepared = scores(training.plain(trained(on_tiles(net, noise), *given)))
    plain = scores(trained(net, *given))
    lost = 100 * (plain.floating - prepared.scores.mean())
    return {"lost": lost, "gained": 100 * (prepared.scores.mean() - plain.scores.mean())}
