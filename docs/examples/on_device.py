"""Train handwritten digits in the cells themselves: RRAM and ECRAM, one array or two, against float.

    python docs/examples/on_device.py [FIGURE.png]

With a figure, digits of 8 x 8 pixels and three passes over them; without, a glance at 4 x 4 pixels and one pass. Pulses
of RRAM are measured in ngspice, those of ECRAM are on its card. Stochastic gradient descent by trains of pulses
("one array") stands beside Tiki-Taka ("two arrays"); accuracy is that of the cells as they are on the certified tile.

With a figure: RRAM, with coarse and asymmetric steps, learns with two arrays: 0.91 of the images, 0.73 with one. ECRAM
learns with one: 0.91, and 0.73 with two, whose fast array forgets within hundreds of pairs of pulses, at rates that cut
94 % of its updates. Float reaches 0.96. At a glance float reaches 0.59, and only the ordering of RRAM shows.

Textbook scale, not measured: the write noise and the endurance of RRAM, and the endurance and the pulse time of ECRAM.
Its energy is the charge of a step at 1 V. Cells of RRAM are those that were read, transistor included.
"""

import sys
from functools import partial

import numpy as np
import torch
from torch import nn

import circuitsim as cs
from circuitsim import devices, evaluation, network, programming, results, training
from circuitsim.demo import data

ONE, TWO = training.PulseTrains(0.5, 20), training.TikiTaka(training.PulseTrains(2.0, 20), every=2, transfer=0.1)
RULES = {"float": None, "one array": ONE, "two arrays": TWO}


def array(name: str, g: tuple, pixels: int, **cell: str) -> cs.ArraySpec:
    shape = {"rows": pixels, "cols": 11, "cell": "1t1r" if cell else "1r"}
    device, wire = {"model": name, "g_min": g[0], "g_max": g[1]}, {"r_row": 0.5, "r_col": 0.5}
    around = {"driver": {"v_read": 0.1, "dac_bits": 8}, "adc": {"bits": 10}, "mapping": {"weights": "reference"}}
    content = {"schema": 1, "array": shape, "device": device, "wire": wire}
    return cs.parse_spec(content | around | ({"access": cell} if cell else {}))


def responses(pixels: int) -> dict[str, tuple[cs.ArraySpec, results.PulseResponse]]:
    cell = array("rram_stanford_a", (1e-6, 1e-4), 1, model="nmos_130", w="2u", l="0.13u", v_gate="1.8")
    timing, pulse = programming.PulseTiming(t_slot=24e-9, t_write=3e-9), programming.WritePulse
    trains = {
        "up": pulse("set", 1.5, 0, 0.75),
        "down": pulse("reset", 0, 1.28, 2.5),
        "first": pulse("set", 2.8, 0, 1.3),
    }
    rram = programming.measure_pulse_response(cell, **trains, pulses=40 if pixels > 16 else 20, timing=timing)
    rram = results.stated_pulses(rram, {"write_noise": 0.3, "step_spread": 0.1, "endurance": 1e6})
    ecram = devices.stated_pulse_response(card := array("ecram", (1e-7, 1.6e-6), pixels))
    each = 1e-11 * ecram.step / 1.5e-6 * 1.0  # charge from empty to full · share of a step · 1 V
    stated = {"energy_up": each, "energy_down": each, "duration": 1e-6, "endurance": 1e8}
    read = array("rram_ohmic", (float(rram.g[0]), float(rram.g[-1])), pixels)
    return {"RRAM": (read, rram), "ECRAM": (card, results.stated_pulses(ecram, stated))}


def train(module: nn.Module, cells: object, x: torch.Tensor, y: torch.Tensor, passes: int) -> None:
    digital = torch.optim.SGD([each for each in module.parameters() if each.requires_grad], lr=0.5)
    order = torch.as_tensor(np.random.default_rng(0).permutation(len(x)))
    for step, at in enumerate(passes * order.split(16)):
        loss = partial(lambda at: nn.functional.cross_entropy(module(x[at]), y[at]), at)
        if cells is None:
            training.training_step(module, digital, loss, step=step)
            continue
        if step % 40 == 0:  # the ADC follows the currents of the cells
            training.fit_device_ranges(cells, x[:100].numpy())
        training.device_step(cells, loss, step=step, optimizer=digital)


def main(figure: str | None = None) -> None:
    side, passes = (8, 3) if figure else (4, 1)
    known, shape = data.load_digits(), (-1, side, 8 // side, side, 8 // side)
    pixels = (known.train_images, known.test_images)
    x, tested = (each.reshape(shape).mean(axis=(2, 4)).reshape(-1, side**2) for each in pixels)
    scores, costs = {}, {}
    for device, (spec, response) in responses(side**2).items():
        model, certificate = cs.calibrate(spec, rng=np.random.default_rng(0), search="structured", thorough=False)
        product = evaluation.BehavioralProduct(model, certificate=certificate)
        for name, rule in RULES.items():
            torch.manual_seed(0)
            module, cells = nn.Linear(side**2, 10), None
            if rule is not None:
                module = training.convert_module(module, model, certificate, images=x[:100], every=50).train()
                cells = training.train_on_device(module, response, rule=rule, headroom=6.0)
            train(module, cells, torch.as_tensor(x), torch.as_tensor(known.train_labels), passes)
            if cells is None:
                scores[device, name] = (module(torch.as_tensor(tested)).argmax(1).numpy() == known.test_labels).mean()
                continue
            training.fit_device_ranges(cells, x[:100])
            held, ranges = training.device_network(cells, product), training.layer_ranges(module)
            scores[device, name] = network.evaluate(held, tested, ranges=ranges, labels=known.test_labels).accuracy
            costs[device, name] = training.update_cost(cells)
            print(f"{device}, {name}: {costs[device, name].sentence}")
    print(*(f"{' '.join(key)}: accuracy {score:.3f}" for key, score in scores.items()), sep="\n")
    assert scores["RRAM", "two arrays"] > scores["RRAM", "one array"] > 0.15  # by chance 0.1
    if figure is not None:
        from matplotlib import pyplot

        drawn, axes = pyplot.subplots(1, 4, figsize=(11, 3), layout="constrained")
        bars = [(scores[key], cost.wear, cost.energy, cost.time) for key, cost in costs.items()]
        labels = ("accuracy on the certified tile", "most pulses / endurance", "energy [J]", "time [s]")
        for axis, values, label in zip(axes, zip(*bars, strict=True), labels, strict=True):
            axis.bar(["\n".join(key) for key in costs], values)
            axis.set(ylabel=label, yscale="log" if axis is not axes[0] else "linear")
            axis.tick_params(axis="x", labelsize=6)
        drawn.savefig(figure)


if __name__ == "__main__":
    main(*sys.argv[1:2])
