"""Train a small language model, put its projections on certified tiles, and train it on through them.

    circuitsim calibrate validation/language_model/array.toml --quick -o calibration
    python validation/language_model/run.py calibration

Writes `result.json` and `perplexity.png` beside this script: the perplexity a character of text held out, in float,
with weights of 4 bits (digital), on certified tiles, and on tiles whose cells are written with the error that was
measured; before and after training through such tiles, and with adapters trained on that one array. Every number on
the array is that of the certified tile.

Two controls take as many steps, batches and characters as the adapters, from the same weights, without adapters:
training of all weights through tiles drawn anew goes on, at either step size, after which the array is written once
more; and what is digital anyway (biases, norms, embeddings) is trained on that one array.
"""

import argparse
import copy
import json
import platform
import time
from pathlib import Path

import matplotlib
import numpy as np
import torch
from model import CONTEXT, LanguageModel, digest, drawn_windows, perplexity, symbols, text, train, windows
from torch import nn
from torch.nn import functional

from circuitsim import network, results, training
from circuitsim.devices import device_card
from circuitsim.devices.statistics import read_statistics
from circuitsim.evaluation import BehavioralProduct, DrawnProduct
from circuitsim.network.torch import weight_parameters
from circuitsim.results import Certificate, TileModel

HERE = Path(__file__).parent
PROGRAMMING = frozenset({"programming"})
RANK = 4
RATE = 5e-4  # of weights trained through tiles
FINE_RATE = 2e-3  # of what is trained on one array, whose conductances stay


def four_bits(module: nn.Module) -> nn.Module:
    """Return a copy whose matrices have 15 levels a row, the largest weight of which takes the range."""
    rounded = training.plain(module)
    with torch.no_grad():
        for name, each in rounded.named_parameters():
            if each.dim() > 1 and "symbol" not in name and "place" not in name:
                step = each.abs().amax(dim=1, keepdim=True) / 7
                each.copy_((each / step).round() * step)
    return rounded


def on_array(tiles: nn.Module, product: BehavioralProduct | DrawnProduct, x: np.ndarray, y: np.ndarray) -> float:
    """Return the perplexity of a module on tiles of a product, with the ranges of the module."""
    programmed = network.program(training.TorchNetwork(tiles), product.spec, product)
    found = network.evaluate(programmed, x, y, ranges=training.layer_ranges(tiles), metric=perplexity)
    return found.score.metric


def programmed_layers(tiles: nn.Module, product: BehavioralProduct) -> list[network.ProgrammedLayer]:
    """Return the layers of a module on tiles."""
    return list(network.program(training.TorchNetwork(tiles), product.spec, product).layers.values())


def train_through(tiles: nn.Module, trained: np.ndarray, *, steps: int, rate: float) -> None:
    """Train what is not frozen of a module on tiles, which is left in `eval()`."""
    rng = np.random.default_rng(2)
    optimizer = torch.optim.Adam([each for each in tiles.parameters() if each.requires_grad], lr=rate)
    tiles.train()
    for step in range(steps):
        batch, wanted = drawn_windows(trained, 8, rng)
        training.training_step(
            tiles, optimizer, lambda b=batch, w=wanted: functional.cross_entropy(tiles(b), w), step=step
        )
        training.clip_weights(tiles, rms=4.0)
    tiles.eval()


def tuned_further(
    tiles: nn.Module, certified: tuple[TileModel, Certificate], trained: np.ndarray, steps: int
) -> dict[str, nn.Module]:
    """Return copies of a module on tiles, trained so many steps more: with adapters, and the controls without."""
    found = {}
    for rate in (RATE, FINE_RATE):
        found[f"{steps} more steps through tiles at {rate:g}, written again"] = more = copy.deepcopy(tiles)
        train_through(more, trained, steps=steps, rate=rate)
    # The array that `written` draws, whose conductances stay.
    held = training.TrainingDraws(PROGRAMMING, seed=7, held=True)
    ranges = training.layer_ranges(tiles)
    array = training.convert_module(training.plain(tiles), *certified, ranges=ranges, draws=held)
    adapted = training.add_adapters(array, list(ranges), RANK)
    for each in weight_parameters(array):
        each.requires_grad_(False)
    found["that array, biases, norms and embeddings tuned"] = array
    found[f"that array with adapters of rank {RANK}"] = adapted
    for each in (array, adapted):
        train_through(each, trained, steps=steps, rate=FINE_RATE)
    return found


def main() -> None:
    """Train, read, and write what was found."""
    parser = argparse.ArgumentParser(description="A small language model on certified tiles.")
    parser.add_argument("calibration", type=Path, help="folder of circuitsim calibrate")
    parser.add_argument("--steps", type=int, default=2500, help="steps of training in float")
    parser.add_argument("--tile-steps", type=int, default=600, help="steps of training through tiles, and of adapters")
    parser.add_argument("--windows", type=int, default=100, help="windows of 64 characters that are scored")
    parser.add_argument("--weights", type=Path, help="state of a model trained in float with the same steps")
    parser.add_argument("--out", type=Path, default=HERE)
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    start = time.process_time()
    content = text()
    trained, held_out = symbols(content)
    module = LanguageModel()
    if given.weights is None:
        train(module, trained, steps=given.steps)
    else:
        module.load_state_dict(torch.load(given.weights))
    module.eval()
    starts = np.linspace(0, len(held_out) - CONTEXT - 2, given.windows).round().astype(int)
    x, y = windows(held_out, starts)
    first, _ = windows(trained, np.random.default_rng(1).integers(len(trained) - CONTEXT - 1, size=16))

    model, certificate = results.load_model(given.calibration), results.load_certificate(given.calibration)
    statistics = read_statistics(device_card(model.spec))
    certified = BehavioralProduct(model, certificate=certificate)
    written = DrawnProduct(certified, statistics, PROGRAMMING, seed=7)
    draws = training.TrainingDraws(PROGRAMMING, seed=0)
    tiles = training.convert_module(module, model, certificate, images=first.astype(float), every=10, draws=draws)

    def score(each: nn.Module) -> float:
        with torch.no_grad():
            return perplexity(each(torch.as_tensor(x)).numpy(), y)

    found = {"float": score(module), "4-bit weights": score(four_bits(tiles))}
    found["on tiles"] = on_array(tiles, certified, x, y)
    found["on tiles, written with error"] = on_array(tiles, written, x, y)
    print(found, f"{time.process_time() - start:.0f} s", flush=True)

    begun = time.process_time()
    train_through(tiles, trained, steps=given.tile_steps, rate=RATE)
    found["trained through tiles: float"] = score(training.plain(tiles))
    found["trained through tiles: on tiles"] = on_array(tiles, certified, x, y)
    found["trained through tiles: written with error"] = on_array(tiles, written, x, y)

    for name, each in tuned_further(tiles, (model, certificate), trained, given.tile_steps).items():
        found[name] = on_array(each, written, x, y)
    through = time.process_time() - begun
    result = {
        "perplexity_a_character": found,
        "characters_scored": int(y.size),
        "text": f"pydoc_data.topics of CPython {platform.python_version()}, {len(content)} characters",
        "text_sha256": digest(content),
        "arrays": sum(len(layer.places) for layer in programmed_layers(tiles, certified)),
        "typical_rms": certificate.typical.rms,
        "worst_known": None if certificate.worst is None else certificate.worst.error,
        "float_steps": given.steps,
        "float_trained_here": given.weights is None,
        "tile_steps": given.tile_steps,
        "cpu_seconds_through_tiles": round(through, 1),
        "cpu_seconds": round(time.process_time() - start, 1),
    }
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "result.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    draw(found, given.out / "perplexity.png")
    print(json.dumps(result, indent=2))


def draw(found: dict[str, float], path: Path) -> None:
    """Draw the perplexities as bars."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = list(found)[::-1]
    figure, axes = pyplot.subplots(figsize=(7.5, 3.6), layout="constrained")
    bars = axes.barh(names, [found[name] for name in names], color="tab:blue")
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.set_xlabel("perplexity a character, text held out")
    axes.margins(x=0.12)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
