"""A network trained plainly, and fine-tuned through certified tiles or with noise alone, scored on the tiles.

    circuitsim calibrate validation/trained_networks/array.toml --quick --max-rms 0.01 -o calibration
    python validation/trained_networks/run.py IMAGES LABELS calibration -o validation/trained_networks [--seeds 5]

IMAGES and LABELS are 10,000 digits of MNIST, as `mnist_cnn/train.py` takes them; `calibration` holds the model of the
array and its certificate. The network of `mnist_cnn` is trained without any array. Two copies are then fine-tuned for
as many steps with the same programming errors of the device, drawn at each step: one through the calibrated tile with
its wires, one on an array without wires, where the errors are Gaussian noise on weights and nothing else. All three are
scored on the certified tile, on 2000 images no training has seen, with programming errors drawn anew. Each seed stands
for other weights, other batches and other errors.

Exit code 1: the plain network loses less than 5 points, fine-tuning through the tile recovers less than 0.8 of the
loss, or noise alone recovers as much.

Source: arXiv 2506.00004, whose abstract states that training with Gaussian noise alone does not protect a network from
    what wires take.
"""

import argparse
import copy
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import digits
import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

from circuitsim import nodal, training
from circuitsim.evaluation import BehavioralProduct, score_draws
from circuitsim.results import Certificate, TileModel, load_certificate, load_model

PLAIN = {"epochs": 25, "rate": 3e-3}
TUNED = {"epochs": 8, "rate": 2e-3}
RANGES = 200  # training images that set the ranges
DRAWS = 5  # of all cells, for each score
CAUSES = frozenset({"programming"})
WAYS = ("plain", "noise alone", "through the tile")
LEAST_LOSS, LEAST_RECOVERED = 0.05, 0.8


def without_wires(model: TileModel) -> TileModel:
    """Return the model of the same cells without wires and resistances at their ends."""
    ends = {"wire": {"r_row": 0.0, "r_col": 0.0}, "driver": {"r_out": 0.0}, "sense": {"r_in": 0.0}}
    spec, low = model.spec.replace(**ends), 0.5 * model.spec.device.g_min
    ohmic = nodal.ohmic((low, 2.0 * model.spec.device.g_max), model.v_range)
    return replace(model, spec=spec, surface=ohmic, v_range=model.v_range)


class Study:
    """Images, the model and its certificate; `of_seed` runs one seed."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.images, self.labels, self.tested, self.truth = digits.read_images(options.images, options.labels)
        self.model: TileModel = load_model(options.calibration / "model.json")
        self.certificate: Certificate = load_certificate(options.calibration / "certificate.json")
        self.first = self.images[:RANGES].numpy()

    def of_seed(self, seed: int) -> dict[str, list[float] | float]:
        """Return the float accuracy and, for each way, the accuracies (draws,) on the certified tile."""
        module = digits.network(seed)
        digits.train(module, self.images, self.labels, seed=seed, **PLAIN)
        with torch.no_grad():
            found = module(torch.as_tensor(self.tested)).argmax(dim=1).numpy()
        scores = {"float": float(np.mean(found == self.truth)), "plain": self.scores(module, seed)}
        models = {"through the tile": (self.model, self.certificate), "noise alone": (without_wires(self.model), None)}
        for way, (model, certificate) in models.items():
            scores[way] = self.scores(self.tuned(module, model, certificate, seed), seed)
        return scores

    def tuned(self, module: nn.Module, model: TileModel, certificate: Certificate | None, seed: int) -> nn.Module:
        """Return a copy of the network, fine-tuned with the device's programming errors on the tiles of a model."""
        tiles = training.convert_module(
            copy.deepcopy(module),
            model,
            certificate,
            images=self.first,
            every=10,
            draws=training.TrainingDraws(CAUSES, seed=seed),
            uncertified=certificate is None,
        )
        digits.train(tiles, self.images, self.labels, seed=1000 + seed, **TUNED)
        return training.plain(tiles)

    def scores(self, module: nn.Module, seed: int) -> list[float]:
        """Return the accuracies of a plain network on the certified tile, for each draw of the programming errors."""
        tiles = training.convert_module(module, self.model, self.certificate, images=self.first).eval()
        found = score_draws(
            training.TorchNetwork(tiles),
            BehavioralProduct(self.model, certificate=self.certificate),
            self.tested,
            self.truth,
            calibration_images=self.first,
            seeds=[DRAWS * seed + k for k in range(DRAWS)],
            causes=CAUSES,
        )
        return found.scores.ravel().tolist()


def summary(seeds: list[dict]) -> dict:
    """Return mean and standard deviation over seeds of each score [share], the loss, and what of it was recovered."""
    means = {way: np.array([np.mean(each[way]) for each in seeds]) for way in ("float", *WAYS)}
    loss = means["float"] - means["plain"]
    found = {f"accuracy, {way}": _mean_and_sigma(values) for way, values in means.items()}
    found["loss of the plain network"] = _mean_and_sigma(loss)
    for way in WAYS[1:]:
        found[f"recovered, {way}"] = _mean_and_sigma((means[way] - means["plain"]) / loss)
    return found


def _mean_and_sigma(values: np.ndarray) -> dict[str, float]:
    sigma = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return {"mean": round(float(values.mean()), 4), "sigma": round(sigma, 4)}


def figure(seeds: list[dict], path: Path) -> None:
    """Draw the accuracies of every seed beside each other."""
    fig, ax = plt.subplots(figsize=(5.0, 3.2))
    for seed, each in enumerate(seeds):
        heights = [100 * each["float"], *(100 * np.mean(each[way]) for way in WAYS)]
        ax.plot(range(len(heights)), heights, "o-", lw=0.8, ms=4, label=f"seed {seed}")
    ax.set_xticks(range(len(WAYS) + 1), ["float,\nno array", *(way.replace(" alone", "\nalone") for way in WAYS)])
    ax.set_ylabel("accuracy on the certified tile (%)")
    ax.legend(frameon=False, fontsize=7)
    ax.spines[["top", "right"]].set_visible(False)
    fig.tight_layout()
    fig.savefig(path, dpi=150)


def main() -> int:
    """Run all seeds, write result.json and the figure, and say whether the claim holds."""
    parser = argparse.ArgumentParser(description="A network fine-tuned through certified tiles, and with noise alone.")
    parser.add_argument("images", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("calibration", type=Path, help="folder of circuitsim calibrate, of array.toml here")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("-o", "--out", type=Path, default=Path("out/trained_networks"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    study, seeds = Study(options), []
    options.out.mkdir(parents=True, exist_ok=True)
    for seed in range(options.seeds):
        start = time.process_time()
        seeds.append(study.of_seed(seed))
        print(f"seed {seed}, {time.process_time() - start:.0f} s of CPU: {json.dumps(seeds[-1])}", flush=True)
        found = summary(seeds)
        content = {"array": "array.toml", "images": [len(study.images), len(study.tested)], "draws": DRAWS}
        content |= {"trained": PLAIN, "tuned": TUNED, "found": found, "seeds": seeds}
        (options.out / "result.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    figure(seeds, options.out / "accuracies.png")
    print(json.dumps(found, indent=2))
    tile, noise = (found[f"recovered, {way}"]["mean"] for way in ("through the tile", "noise alone"))
    held = found["loss of the plain network"]["mean"] >= LEAST_LOSS and tile >= LEAST_RECOVERED and noise < tile
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
