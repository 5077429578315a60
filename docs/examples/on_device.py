"""Train handwritten digits in the cells themselves: RRAM and ECRAM, one array or two, against float.

    python docs/examples/on_device.py [FIGURE.png]

With a figure, digits of 8 x 8 pixels and three passes over them; without, a glance at 4 x 4 pixels and one pass. Pulses
of RRAM are measured in ngspice, those of ECRAM are on its card. Stochastic gradient descent by trains of pulses
("one array") stands beside Tiki-Taka ("two arrays"); accuracy is that of the cells as they are on the certified tile.

RRAM, whose steps are coarse and asymmetric, learns with two arrays: 0.91 of the images, 0.73 with one. ECRAM learns
with one: 0.91, and 0.73 with two, whose fast array takes hundreds of pairs of pulses to forget, at rates that cut 94 %
of its updates. Float reaches 0.96.

Textbook scale, not measured: the write noise and the endurance of RRAM, and the endurance and the pulse time of ECRAM.
Its energy is the charge of a step at 1 V. Cells of RRAM are those that were read, transistor included.
"""

import sys

import numpy as np
import torch
from torch import nn

import circuitsim as cs
from circuitsim import devices, evaluation, network, programming, results, training
from circuitsim.demo import data

RATE, BATCH = 0.5, 16
RULES = {
    "float": None,
    "one array": training.PulseTrains(RATE, 20),
    "two arrays": training.TikiTaka(training.PulseTrains(4 * RATE, 20), every=2, transfer=0.1),
}


def array(model: str, g: tuple[float, float], pixels: int, cell: str = "1r", **access: object) -> cs.ArraySpec:
    content = {"device": {"model": model, "g_min": g[0], "g_max": g[1]}, "driver": {"v_read": 0.1, "dac_bits": 8}}
    shape = {"rows": pixels, "cols": 11, "cell": cell}
    wire, adc, mapping = {"r_row": 0.5, "r_col": 0.5}, {"bits": 10}, {"weights": "reference"}
    return cs.parse_spec(
        {"schema": 1, "array": shape, "wire": wire, "adc": adc, "mapping": mapping, **content, **access}
    )


def responses(pixels: int) -> dict[str, tuple[cs.ArraySpec, results.PulseResponse]]:
    transistor = {"model": "nmos_130", "w": "2u", "l": "0.13u", "v_gate": 1.8}
    cell, pulse = array("rram_stanford_a", (1e-6, 1e-4), 1, "1t1r", access=transistor), programming.WritePulse
    timing = programming.PulseTiming(t_slot=24e-9, t_write=3e-9)
    trains = {
        "up": pulse("set", 1.5, 0, 0.75),
        "down": pulse("reset", 0, 1.28, 2.5),
        "first": pulse("set", 2.8, 0, 1.3),
    }
    rram = programming.measure_pulse_response(cell, **trains, pulses=40 if pixels > 16 else 20, timing=timing)
    rram = results.stated_pulses(rram, {"write_noise": 0.3, "step_spread": 0.1, "endurance": 1e6})
    card = array("ecram", (1e-7, 1.6e-6), pixels)
    ecram = devices.stated_pulse_response(card)
    each = 1e-11 * ecram.step / 1.5e-6 * 1.0  # charge from empty to full · share of a step · 1 V
    stated = {"energy_up": each, "energy_down": each, "duration": 1e-6, "endurance": 1e8}
    known = array("rram_ohmic", (float(rram.g[0]), float(rram.g[-1])), pixels)
    return {"RRAM": (known, rram), "ECRAM": (card, results.stated_pulses(ecram, stated))}


def digits(side: int) -> tuple[torch.Tensor, torch.Tensor, np.ndarray, np.ndarray]:
    found, mean = data.load_digits(), 8 // side
    small = [
        each.reshape(-1, side, mean, side, mean).mean(axis=(2, 4)).reshape(-1, side**2)
        for each in (found.train_images, found.test_images)
    ]
    return torch.as_tensor(small[0]), torch.as_tensor(found.train_labels), small[1], found.test_labels


def train(
    module: nn.Module, cells: training.DeviceTraining | None, x: torch.Tensor, y: torch.Tensor, passes: int
) -> None:
    """Train a module, or its cells by pulses and its bias by SGD."""
    digital = torch.optim.SGD([each for each in module.parameters() if each.requires_grad], lr=RATE)
    order = torch.as_tensor(np.random.default_rng(0).permutation(len(x)))
    for step, at in enumerate(each for _ in range(passes) for each in order.split(BATCH)):

        def loss(at: torch.Tensor = at) -> torch.Tensor:
            return nn.functional.cross_entropy(module(x[at]), y[at])

        if cells is None:
            training.training_step(module, digital, loss, step=step)
            continue
        if step % 40 == 0:  # the ADC follows the currents of the cells
            training.fit_device_ranges(cells, x[:100].numpy())
        training.device_step(cells, loss, step=step, optimizer=digital)


def main(figure: str | None = None) -> None:
    side, passes = (8, 3) if figure else (4, 1)
    x, y, tested, truth = digits(side)
    scores, costs = {}, {}
    for device, (spec, response) in responses(side**2).items():
        model, certificate = cs.calibrate(spec, rng=np.random.default_rng(0), search="structured", thorough=False)
        product = evaluation.BehavioralProduct(model, certificate=certificate)
        for name, rule in RULES.items():
            torch.manual_seed(0)
            module = nn.Linear(side**2, 10)
            if rule is None:
                train(module, None, x, y, passes)
                scores[device, name] = float((module(torch.as_tensor(tested)).argmax(1).numpy() == truth).mean())
                continue
            tiles = training.convert_module(module, model, certificate, images=x[:100].numpy(), every=50).train()
            cells = training.train_on_device(tiles, response, rule=rule, headroom=6.0)
            train(tiles, cells, x, y, passes)
            training.fit_device_ranges(cells, x[:100].numpy())
            array_of_cells, ranges = training.device_network(cells, product), training.layer_ranges(tiles)
            scores[device, name] = network.evaluate(array_of_cells, tested, ranges=ranges, labels=truth).accuracy
            costs[device, name] = training.update_cost(cells)
            print(f"{device}, {name}: {costs[device, name].sentence}")
    for (device, name), score in scores.items():
        print(f"{device:5} {name:10} accuracy {score:.3f}")
        assert score > 0.3  # by chance 0.1
    if figure is not None:
        draw(figure, scores, costs)


def draw(figure: str, scores: dict, costs: dict) -> None:
    from matplotlib import pyplot

    drawn, axes = pyplot.subplots(1, 4, figsize=(11, 3), layout="constrained")
    names = [f"{device}\n{name}" for device, name in costs]
    for k, (key, cost) in enumerate(costs.items()):
        every = np.concatenate(list(cost.pulses.values()))
        axes[0].bar(k, scores[key])
        axes[1].plot(np.sort(every) / cost.response.endurance, np.linspace(0, 1, len(every)), label=names[k])
        axes[2].bar(k, cost.energy)
        axes[3].bar(k, cost.time)
    axes[0].axhline(scores["RRAM", "float"], color="black", label="float")
    axes[0].set(ylabel="accuracy on the certified tile", ylim=(0.5, 1))
    axes[1].set(xlabel="pulses / endurance", ylabel="share of the cells", xscale="log")
    axes[2].set(ylabel="energy of all pulses [J]", yscale="log")
    axes[3].set(ylabel="time of all pulses [s]", yscale="log")
    for axis in (axes[0], axes[2], axes[3]):
        axis.set_xticks(range(len(names)), names, fontsize=6)
    axes[0].legend()
    axes[1].legend(fontsize=6)
    drawn.savefig(figure)


if __name__ == "__main__":
    main(*sys.argv[1:2])
