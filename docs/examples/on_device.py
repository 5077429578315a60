"""Train handwritten digits in the cells themselves: RRAM and ECRAM, one array or two, against float.

    python docs/examples/on_device.py [FIGURE.png]

With a figure, digits of 8 x 8 pixels and six passes over them; without, a glance at 4 x 4 pixels and one pass. Pulses of
RRAM are measured in ngspice, those of ECRAM are on its card. Stochastic gradient descent by trains of pulses
("one array") stands beside Tiki-Taka ("two arrays"); accuracy is that of the cells as they are on the certified tile.

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

RULES = {
    "one array": lambda rate: training.PulseTrains(rate, 10),
    "two arrays": lambda rate: training.TikiTaka(training.PulseTrains(10 * rate, 10), every=2, transfer=0.05),
}


def array(model: str, g: tuple[float, float], pixels: int, cell: str = "1r", **access: object) -> cs.ArraySpec:
    content = {"device": {"model": model, "g_min": g[0], "g_max": g[1]}, "driver": {"v_read": 0.1, "dac_bits": 8}}
    shape = {"rows": pixels, "cols": 11, "cell": cell}
    wire, adc, mapping = {"r_row": 0.5, "r_col": 0.5}, {"bits": 10}, {"weights": "reference"}
    return cs.parse_spec({"schema": 1, "array": shape, "wire": wire, "adc": adc, "mapping": mapping, **content, **access})


def responses(pixels: int) -> dict[str, tuple[cs.ArraySpec, results.PulseResponse]]:
    transistor = {"model": "nmos_130", "w": "2u", "l": "0.13u", "v_gate": 1.8}
    cell, pulse = array("rram_stanford_a", (1e-6, 1e-4), 1, "1t1r", access=transistor), programming.WritePulse
    timing = programming.PulseTiming(t_slot=24e-9, t_write=3e-9)
    trains = {"up": pulse("set", 1.5, 0, 0.75), "down": pulse("reset", 0, 1.28, 2.5), "first": pulse("set", 2.8, 0, 1.3)}
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


def main(figure: str | None = None) -> None:
    side, passes = (8, 6) if figure else (4, 1)
    x, labels, tested, truth = digits(side)
    found: dict[str, list[float]] = {}
    for device, (spec, response) in responses(side**2).items():
        model, certificate = cs.calibrate(spec, rng=np.random.default_rng(0), search="structured", thorough=False)
        product = evaluation.BehavioralProduct(model, certificate=certificate)
        for name, rule in {"float": None, **RULES}.items():
            torch.manual_seed(0)
            layer = nn.Linear(side**2, 10)
            module, cells = layer, None
            if rule is not None:
                module = training.convert_module(layer, model, certificate, images=x[:100].numpy(), every=50).train()
                cells = training.train_on_device(module, response, rule=rule(0.1), headroom=6.0)
            digital = torch.optim.SGD([each for each in module.parameters() if each.requires_grad], lr=0.1)
            for step in range(passes * (len(x) // 16)):
                at = slice(16 * step % (len(x) - 15), 16 * step % (len(x) - 15) + 16)
                loss = lambda at=at, module=module: nn.functional.cross_entropy(module(x[at]), labels[at], label_smoothing=0.1)  # fmt: skip  # noqa: E501, E731
                if cells is None:
                    training.training_step(module, digital, loss, step=step)
                    continue
                if step % 40 == 0:
                    training.fit_device_ranges(cells, x[:100].numpy())
                training.device_step(cells, loss, step=step, optimizer=digital)
            print(device, name)
            if cells is None:
                found.setdefault(name, []).append(float((module(torch.as_tensor(tested)).argmax(1).numpy() == truth).mean()))
            else:
                training.fit_device_ranges(cells, x[:100].numpy())
                read = network.evaluate(training.device_network(cells, product), tested, ranges=training.layer_ranges(module), labels=truth)
                found.setdefault(name, []).append(read.score.value)
                print(training.update_cost(cells).sentence)
            print(found[name][-1])


if __name__ == "__main__":
    main(*sys.argv[1:2])
