"""A layer whose experts are tiers of arrays: a gate on the host chooses a tier, and only the tier it chooses is read.

    python docs/examples/mixture_of_experts.py [FIGURE.png]

Each expert has two matrices on arrays of its own, its tier; the gate, a small product, stays on the host. Handwritten
digits of scikit-learn, one image in four to test on. Scores are those of certified tiles with the programming errors of
the device drawn anew, before and after training through such tiles. Energies are those of all test images, by the
certified tile: of the arrays and of the conversions, with the median ADC of the published survey. Gate and sums are
digital and left out, as they are the same for both. A tier that no image reaches has no range: `fit_ranges` names it.
Source of the layer: W. Fedus et al., "Switch Transformers", JMLR 2022, whose loss keeps experts equally busy.
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

TIERS, HIDDEN, CAUSES = 4, 12, frozenset({"programming"})
DEVICE, WIRE = {"model": "rram_wan", "g_min": "1u", "g_max": "40u"}, {"r_row": 30, "r_col": 30}
SIZE, DRIVER = {"rows": 64, "cols": 24, "cell": "1r"}, {"v_read": 0.2, "dac_bits": 5, "r_out": 50, "t_read": "10n"}
ARRAY = {"schema": 1, "array": SIZE, "device": DEVICE, "wire": WIRE, "driver": DRIVER, "adc": {"bits": 5}}


class MixtureOfExperts(nn.Module):
    """Sends each image to the tier of the largest share, which weighs its outputs; `reads_all` reads all in vain."""

    def __init__(self, inputs=64, outputs=10):
        super().__init__()
        self.gate, self.reads_all = nn.Linear(inputs, TIERS), False
        tier = [(nn.Linear(inputs, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, outputs)) for _ in range(TIERS)]
        self.tiers = nn.ModuleList(nn.Sequential(*each) for each in tier)

    def choose(self, x):
        """Return the shares (images, tiers) of images (images, inputs), and 1 where a tier is chosen."""
        shares = self.gate(x).softmax(dim=1)
        return shares, functional.one_hot(shares.argmax(dim=1), TIERS).to(x.dtype)

    def forward(self, x):
        shares, chosen = self.choose(x)
        y = x.new_zeros(len(x), self.tiers[0][-1].out_features)
        for share, tier in zip((shares * chosen).T, self.tiers, strict=True):  # a share is 0 where it is not chosen
            read = torch.arange(len(x)) if self.reads_all else share.nonzero()[:, 0]
            y = y.index_add(0, read, share[read, None] * tier(x[read]))
        return y


def train(module, images, labels, steps, rate):
    optimizer = torch.optim.Adam([each for each in module.parameters() if each.requires_grad], lr=rate)
    for step, batch in enumerate(torch.as_tensor(np.random.default_rng(0).integers(len(images), size=(steps, 64)))):

        def loss(x=images[batch], wanted=labels[batch]):
            shares, chosen = module.choose(x)
            unequal = TIERS * (shares.mean(dim=0) * chosen.mean(dim=0)).sum()  # 1 where tiers take as many images
            return functional.cross_entropy(module(x), wanted) + 0.5 * unequal

        training.training_step(module.train(), optimizer, loss, step=step)
    return module.eval()


def draw(found, energies, figure):
    drawn, (left, right) = pyplot.subplots(1, 2, figsize=(8, 3), layout="constrained", width_ratios=(3, 2))
    for name, scores in found.items():
        left.plot(100 * np.asarray(scores), [name] * len(scores), "o", alpha=0.6)
    left.set_xlabel("accuracy on the certified tile (%)")
    for k, part in enumerate(("arrays", "ADCs (survey)")):
        right.bar(np.arange(2) + 0.4 * k, [1e12 * each[k] for each in energies.values()], 0.4, label=part)
    right.set_xticks([0.2, 1.2], list(energies))
    right.set(yscale="log", ylabel="energy of an image (pJ)", ylim=(0.1, 1e5))
    right.legend()
    drawn.savefig(figure)


def main(figure=None, steps=500):
    pixels, digits = load_digits(return_X_y=True)
    images, held_out = (pixels / 16).astype(np.float32), np.arange(len(digits)) % 4 == 0
    first, test = images[~held_out], (images[held_out], digits[held_out])
    calibrated = cs.calibrate(cs.parse_spec(ARRAY), rng=np.random.default_rng(0), search="structured", thorough=False)
    product = evaluation.BehavioralProduct(calibrated[0], certificate=calibrated[1])
    images, labels = torch.as_tensor(first), torch.as_tensor(digits[~held_out])
    torch.manual_seed(0)
    module, draws = train(MixtureOfExperts(), images, labels, steps, 0.01), training.TrainingDraws(CAUSES, seed=1)
    tiles = training.convert_module(module, *calibrated, images=first, digital=["gate"], every=10, draws=draws)
    net, given = training.TorchNetwork(tiles), {"calibration_images": first, "seeds": range(5), "causes": CAUSES}
    found, energies = {"float": [network.evaluate_float(net, *test).accuracy]}, {}
    for name in ("on tiles", "trained through tiles"):
        found[name] = evaluation.score_draws(net, product, *test, **given).scores.ravel()
        print(f"{name}: {100 * np.mean(found[name]):.1f} % of the digits, float {100 * found['float'][0]:.1f} %")
        if name == "on tiles":
            train(tiles, images, labels, steps, 0.005)
    ranges = network.fit_ranges(network.program(net, product.spec, product), first)
    for name, tiles.reads_all in {"tier chosen": False, "all tiers": True}.items():
        cost = evaluation.cost_of_images(net, product, test[0], ranges=ranges)
        energies[name] = cost.parts[0].high, cost.converters[1].energy
        print(f"{name}: {cost.count.total('reads'):.2f} reads, {1e12 * energies[name][0]:.2f} pJ in arrays an image")
    if figure is not None:
        draw(found, energies, figure)
    return {name: np.mean(scores) for name, scores in found.items()} | energies


if __name__ == "__main__":
    found = main(*sys.argv[1:2])
    assert found["on tiles"] < found["trained through tiles"]
    assert 3 * sum(found["tier chosen"]) < sum(found["all tiers"])
