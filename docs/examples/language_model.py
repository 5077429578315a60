"""A small language model on certified tiles, and what training on through them recovers: the study in small.

    python docs/examples/language_model.py [FIGURE.png]

The transformer, its text (the manual that CPython carries) and its training are those of `validation/language_model`,
whose run takes 35 tiles of 64 x 64 cells with transistors and 2500 steps. Here are 120 steps, arrays without
transistors and few characters held out, so that the page runs within a minute. Perplexities are higher, and most of
what training through the tiles gains here is more training; what it gains of a trained model the study says.
The study's numbers are in its `result.json`, which this page prints beside its own; they come from

    circuitsim calibrate validation/language_model/array.toml --quick -o calibration
    python validation/language_model/run.py calibration
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from matplotlib import pyplot
from torch.nn import functional

import circuitsim as cs
from circuitsim import evaluation, network, training
from circuitsim.devices import device_card, read_statistics

STUDY = Path(__file__).parents[2] / "validation" / "language_model"
sys.path.insert(0, str(STUDY))
import model as study  # noqa: E402, the script beside the study's run.py

CAUSES = frozenset({"programming"})
CELLS = {
    "array": {"rows": 64, "cols": 64, "cell": "1r"},
    "device": {"model": "rram_wan", "g_min": "1u", "g_max": "40u"},
}
DRIVER = {"v_read": 0.2, "dac_bits": 8, "r_out": 50, "t_read": "10n"}
ARRAY = {"schema": 1, **CELLS, "wire": {"r_row": 4, "r_col": 4}, "driver": DRIVER, "adc": {"bits": 8}}


def main(figure=None, steps=120, tile_steps=30, windows=16):
    """Train in float, read on tiles, train on through them; print perplexities a character."""
    spec = cs.parse_spec(ARRAY)
    calibrated = cs.calibrate(spec, rng=np.random.default_rng(0), search="structured", thorough=False)
    product = evaluation.BehavioralProduct(calibrated[0], certificate=calibrated[1])
    written = evaluation.DrawnProduct(product, read_statistics(device_card(spec)), CAUSES, seed=7)
    torch.manual_seed(0)
    trained, held_out = study.symbols(study.text())
    module = study.train(study.LanguageModel(), trained, steps=steps)
    x, y = study.windows(held_out, np.linspace(0, len(held_out) - study.CONTEXT - 2, windows).astype(int))
    first = study.windows(trained, np.arange(8) * 9973)[0].astype(float)

    def perplexity(tiles, product):
        programmed = network.program(training.TorchNetwork(tiles), spec, product)
        ranges = training.layer_ranges(tiles)
        return network.evaluate(programmed, x, y, ranges=ranges, metric=study.perplexity).score.metric

    draws = training.TrainingDraws(CAUSES, seed=0)
    tiles = training.convert_module(module, *calibrated, images=first, every=10, draws=draws)
    found = {"float": study.perplexity(training.TorchNetwork(tiles).run_float(x), y)}
    found |= {"on tiles": perplexity(tiles, product), "on tiles, written with error": perplexity(tiles, written)}
    optimizer, rng = torch.optim.Adam(tiles.parameters(), lr=5e-4), np.random.default_rng(2)
    for step in range(tile_steps):
        batch, wanted = study.drawn_windows(trained, 8, rng)
        loss = lambda b=batch, w=wanted: functional.cross_entropy(tiles(b), w)  # noqa: E731
        training.training_step(tiles.train(), optimizer, loss, step=step)
        training.clip_weights(tiles, rms=4.0)
    found["trained through tiles: on tiles"] = perplexity(tiles.eval(), product)
    found["trained through tiles: written with error"] = perplexity(tiles, written)
    known = json.loads((STUDY / "result.json").read_text())["perplexity_a_character"]
    for name, value in found.items():
        print(f"{name}: {value:.2f}; of the study {known[name]:.2f}")
    if figure is not None:
        drawn, axes = pyplot.subplots(figsize=(6.5, 2.6), layout="constrained")
        bars = axes.barh(list(found)[::-1], list(found.values())[::-1])
        axes.bar_label(bars, fmt="%.2f", padding=3)
        axes.set_xlabel("perplexity a character, text held out")
        axes.margins(x=0.2)
        drawn.savefig(figure)
    return found


if __name__ == "__main__":
    found = main(*sys.argv[1:2])
    assert found["trained through tiles: written with error"] < found["on tiles, written with error"]
