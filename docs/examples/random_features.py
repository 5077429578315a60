"""Approximate the kernel of attention by positive random features whose product with the frequencies is on tiles.

    python docs/examples/random_features.py [FIGURE.png]

exp(q·k) = E[f(q) f(k)] with f(x) = exp(w·x − |x|²/2) and w drawn from a normal distribution: attention becomes two thin
products. Source: K. Choromanski et al., "Rethinking Attention with Performers", ICLR 2021. The products w·x are read in
float, by the certified tile and, at one number of features, by the array solver.

The tile errs less than float because exp has a heavy tail: its ADC clips the largest products, and its wires take 2 to
3 % of all. It is not a better kernel: float products clipped alike ("float, clipped") err as little at 128 features.
"""

import sys

import numpy as np
import torch
from torch import nn

import circuitsim as cs
from circuitsim import evaluation, levels, network, training

INPUTS, NUMBERS, NODAL, VECTORS, DRAWS = 8, (8, 32, 128), 32, 64, 4
ARRAY = {
    "schema": 1,
    "array": {"rows": 8, "cols": 16, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
    "wire": {"r_row": 5, "r_col": 5},
    "driver": {"v_read": 0.2, "dac_bits": 6, "r_out": 50},
    "adc": {"bits": 6},
}


def kernel_error(products: np.ndarray, x: np.ndarray) -> float:
    """Return the rms error of exp(x·x'), relative to its rms, by products (vectors, features) of x with frequencies."""
    features = np.exp(products - np.square(x).sum(axis=1, keepdims=True) / 2) / np.sqrt(products.shape[1])
    exact = np.exp(x @ x.T)
    return np.sqrt(np.square(features @ features.T - exact).mean() / np.square(exact).mean())


def errors(features: int, model: object, certificate: object, products: dict, x: np.ndarray) -> dict[str, float]:
    """Return the error of the kernel, rms of draws of the frequencies, by what makes the products; print clipping."""
    found, clipped = {}, []
    for seed in range(DRAWS):
        torch.manual_seed(seed)
        nn.init.normal_((layer := nn.Linear(INPUTS, features, bias=False, dtype=torch.float64)).weight)
        tiles = training.convert_module(layer, model, certificate, images=x)
        net, ranges = training.TorchNetwork(tiles), training.layer_ranges(tiles)
        exact = net.run_float(x)
        found.setdefault("float", []).append(kernel_error(exact, x))
        for name, product in products.items():
            read = network.evaluate(network.program(net, model.spec, product), x, ranges=ranges)
            found.setdefault(name, []).append(kernel_error(read.logits, x))
            if name == "certified tile":
                clipped.append(read.layers[0].adc_clipped)
                found.setdefault("float, clipped", []).append(kernel_error(exact.clip(max=read.logits.max()), x))
    print(f"{features:4} features: the ADC clips {100 * np.mean(clipped):.2f} % of its conversions")
    return {name: float(np.sqrt(np.mean(np.square(each)))) for name, each in found.items()}


def main(figure: str | None = None) -> None:
    spec = cs.parse_spec(ARRAY)
    model, certificate = cs.calibrate(spec, rng=np.random.default_rng(0), search="structured", thorough=False)
    x = np.random.default_rng(1).normal(0, 0.4, (VECTORS, INPUTS))
    tile = {"certified tile": evaluation.BehavioralProduct(model, certificate=certificate)}
    solver = {"array solver": evaluation.NodalProduct(spec, levels.surface_of(spec))}
    found = {}
    for m in NUMBERS:
        found[m] = errors(m, model, certificate, tile | (solver if m == NODAL else {}), x)
        print(f"{m:4} features:", ", ".join(f"{name} {error:.3f}" for name, error in found[m].items()))
    assert found[128]["float"] < 0.6 * found[8]["float"]
    assert abs(found[128]["float, clipped"] - found[128]["certified tile"]) < 0.05
    assert abs(found[NODAL]["certified tile"] - found[NODAL]["array solver"]) < 0.01
    if figure is not None:
        from matplotlib import pyplot

        drawn, axes = pyplot.subplots(figsize=(5, 3.5), layout="constrained")
        for name, style in {
            "float": "o-",
            "float, clipped": "^--",
            "certified tile": "s-",
            "array solver": "kx",
        }.items():
            shown = [m for m in NUMBERS if name in found[m]]
            axes.loglog(shown, [found[m][name] for m in shown], style, label=name)
        axes.set(xlabel="random features", ylabel="rms error of the kernel, relative")
        axes.legend()
        drawn.savefig(figure)


if __name__ == "__main__":
    main(*sys.argv[1:2])
