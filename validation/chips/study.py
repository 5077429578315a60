"""Every preset is read, and what was published of its chip is computed as far as an array and its converters go."""

import numpy as np

import circuitsim as cs
from circuitsim.evaluation import count_shapes, network_cost, standing_converter, workload
from circuitsim.presets import load_preset, preset_names

COLS, VECTORS, STEPS = 16, 8, {"bit_serial": 1, "pulse_width": 4, "amplitude": 255}


def cases():
    """Names of presets."""
    return {name: name for name in preset_names()}


def read_part(spec):
    """Power of a mean read of the whole array [W], and the rms error of 16 of its columns, relative to the largest."""
    rng, code = np.random.default_rng(0), spec.driver.input_code
    w = rng.normal(0.0, 0.3, (spec.array.rows, COLS)).clip(-1.0, 1.0) * np.tile([1.0, -1.0], COLS // 2)
    g = spec.device.g_min + np.maximum(w, 0.0) * (spec.device.g_max - spec.device.g_min)
    x = np.rint(rng.uniform(0.0, STEPS[code], (VECTORS, spec.array.rows))) / STEPS[code]
    v, pulses = x * spec.driver.v_read, code == "pulse_width"
    found = cs.solve(spec.replace(array={"cols": COLS}), g, x if pulses else v)
    ideal = v @ g * (spec.driver.t_read if pulses else 1.0)
    return found.power.mean() * spec.array.cols / COLS, np.sqrt(np.mean((found.out - ideal) ** 2)) / ideal.max()


def converted(spec, name):
    """Energy of a conversion by a shipped converter [J], and its table."""
    table = standing_converter(spec, name)
    return sum(np.mean(values) for values in table.energy.values()), table


def string(spec):
    """Strings of more and more antiparallel junctions: bend of their resistance, power against a sum of currents."""
    g = np.where(np.arange(64)[:, None] < np.arange(0, 65, 8), spec.device.g_min, spec.device.g_max)
    found = cs.solve(spec.replace(array={"cols": g.shape[1]}), g, np.ones((1, 64)))
    ohm = spec.driver.v_read / found.out[0]
    bend = np.abs(ohm / np.linspace(ohm[0], ohm[-1], len(ohm)) - 1).max()
    return {"bend": bend, "power": found.power[0] / (spec.driver.v_read**2 * g.sum())}


def resnet(spec, power, converter):
    """Cost of an image of ResNet-50; `power` is that of a read of a full array."""
    count = count_shapes(workload("resnet50").layers, spec)
    watts = {layer.name: (power * layer.cells / layer.all_cells, None) for layer in count.layers}
    return network_cost(count, spec, watts, converter=converter)


def compute(name):
    """Numbers of a chip."""
    spec = load_preset(name).spec
    if spec is None:
        cost = resnet(load_preset("isaac").spec, 0.0, None)
        return {"images": 1 / (cost.digital[-1].low * cost.count.total("macs"))}
    if name == "samsung_mram":
        return string(spec)
    power, off = read_part(spec)
    cells, t_read, found = spec.array.rows * spec.array.cols, spec.driver.t_read, {"off": off}
    if name == "hermes":  # a weight is two cells and two operations; four phases are four reads
        energy, table = converted(spec, "cco")
        found |= {"energy": np.array([1, 4]) * (power * t_read + 256 * energy) / cells}
        found |= {"time": np.array([1, 4]) * t_read, "lsb": table.t_conversion / 2**table.bits}
    if name == "mythic":
        product = power * t_read + spec.array.cols * converted(spec, "ramp")[0]
        found |= {"energy": product / cells, "weights": cells // 2}
    if name == "sonos_40nm":
        cost = resnet(spec, power, converted(spec, "ramp")[1])
        found |= dict(zip(("image_low", "image_high"), cost.total(cost.converters[0]), strict=True))
    if name == "isaac":
        found["conversion"] = converted(spec, "sar")[0]
    if name == "tsmc_7nm":
        found["rate"] = 2 * cells / 4 / t_read  # four columns for a weight of four bits
    return found
