"""Every preset is read, and what was published of its chip is computed as far as an array and its converters go."""

import numpy as np

import circuitsim as cs
from circuitsim.evaluation import (
    LayerShape,
    count_shapes,
    drawn_power,
    level_product,
    network_cost,
    standing_converter,
    workload,
)
from circuitsim.presets import load_preset, preset_names, preset_spec

COLS, VECTORS, STEPS = 16, 8, {"bit_serial": 1, "pulse_width": 4, "amplitude": 255}
CONVERTERS = {"hermes": "cco", "mythic": "ramp", "sonos_40nm": "ramp", "isaac": "sar"}


def cases():
    """Names of presets that have an array."""
    return {name: name for name in preset_names() if load_preset(name).spec is not None}


def read_error(spec):
    """Rms error of 16 columns, relative to the largest output."""
    rng, code = np.random.default_rng(0), spec.driver.input_code
    w = rng.normal(0.0, 0.3, (spec.array.rows, COLS)).clip(-1.0, 1.0) * np.tile([1.0, -1.0], COLS // 2)
    g = spec.device.g_min + np.maximum(w, 0.0) * (spec.device.g_max - spec.device.g_min)
    x = np.rint(rng.uniform(0.0, STEPS[code], (VECTORS, spec.array.rows))) / STEPS[code]
    v, pulses = x * spec.driver.v_read, code == "pulse_width"
    out = cs.solve(spec.replace(array={"cols": COLS}), g, x if pulses else v).out
    ideal = v @ g * (spec.driver.t_read if pulses else 1.0)
    return np.sqrt(np.mean((out - ideal) ** 2)) / ideal.max()


def string(spec):
    """Strings of more and more antiparallel junctions: bend of their resistance, power against a sum of currents."""
    g = np.where(np.arange(64)[:, None] < np.arange(0, 65, 8), spec.device.g_min, spec.device.g_max)
    found = cs.solve(spec.replace(array={"cols": g.shape[1]}), g, np.ones((1, 64)))
    ohm = spec.driver.v_read / found.out[0]
    bend = np.abs(ohm / np.linspace(ohm[0], ohm[-1], len(ohm)) - 1).max()
    return {"bend": bend, "power": found.power[0] / (spec.driver.v_read**2 * g.sum())}


def cost(spec, layers, converter):
    """Cost of layers, as circuitsim energy computes it; reads of 16 columns stand for those of all."""
    part = spec.replace(array={"cols": COLS})
    one = [LayerShape("part", "MatMul", 1, spec.array.rows, COLS // 2, 1, signed=False)]
    power = drawn_power(one, part, level_product(part), tables=None, rng=np.random.default_rng(0))["part"][0]
    count = count_shapes(layers, spec)
    full = {
        layer.name: (power * spec.array.cols / COLS * layer.cells / layer.all_cells, None) for layer in count.layers
    }
    return network_cost(count, spec, full, converter=converter)


def compute(name):
    """Numbers of a chip."""
    spec = preset_spec(name)
    if name == "samsung_mram":
        return string(spec)
    found = {"off": read_error(spec)}
    if name not in CONVERTERS:
        return found
    table = standing_converter(spec, CONVERTERS[name])
    if name == "isaac":
        return found | {"conversion": sum(np.mean(values) for values in table.energy.values())}
    if name == "sonos_40nm":
        image = cost(spec, workload("resnet50").layers, table)
        return found | dict(zip(("image_low", "image_high"), image.total(image.converters[0]), strict=True))
    rows, cols = spec.shape  # one product of all cells: a weight is two of them and two operations
    product = cost(spec, [LayerShape("all", "MatMul", 1, rows, cols // 2, 1, signed=False)], table)
    if name == "mythic":
        return found | {"energy": (product.parts[0].low + product.converters[0].energy) / (rows * cols)}
    phases = np.array([1, 4])  # HERMES has one ADC for the two columns of a weight
    found |= {"energy": phases * (product.parts[0].low + product.converters[0].energy / 2) / (rows * cols)}
    return found | {"time": phases * product.times.read, "lsb": table.t_conversion / 2**table.bits}
