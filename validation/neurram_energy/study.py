"""A NeuRRAM core: word lines from capacitances, neurons and times by a fit of some rows, pulses against the array."""

import numpy as np
from scipy.optimize import nnls

import circuitsim as cs
from circuitsim.presets import preset_spec

LINES, OPS, CORES = 256, 2 * 256 * 128, 48
LINE = 48e-15 + LINES * (1.5e-15 + 0.6e-15)  # [F] a word line: driver, gates, coupling
FITTED = {  # (bits out, in): operations a second, neurons, input pulses [J an operation]; of them are the fits
    (3, 1): (2.12231e12, 10.6187e-15, 3.44622e-15),
    (5, 3): (1.16540e12, 20.1183e-15, 7.73154e-15),
    (7, 5): (0.525409e12, 44.2119e-15, 14.0246e-15),
    (10, 8): (0.263874e12, 75.8572e-15, 27.5099e-15),
}
JUDGED = ((4, 2), (6, 4), (8, 6), (9, 7))


def cases():
    """Bits out and in, by their names."""
    return {f"{out} {bits}": (out, bits) for out, bits in sorted((*FITTED, *JUDGED))}


def planes(bits):
    """Bits of the magnitude of an input, each of which switches the word lines and pulses the rows once."""
    return max(1, bits - 1)


def steps(out, bits):
    """Phases, integrations and comparisons of a product; more than three bits are read in two phases."""
    first = planes(bits) if planes(bits) <= 3 else (planes(bits) + 1) // 2
    phases = [first, planes(bits) - first] if first < planes(bits) else [first]
    return len(phases), sum(2**each - 1 for each in phases), out + (len(phases) - 1) * (out - first)


def fitted(values):
    """Constants of a phase, an integration and a comparison: the least relative error of the rows for it."""
    counts = np.array([steps(*row) for row in FITTED]) / np.array(values)[:, None]
    scale = counts.max()
    return nnls(counts / scale, np.ones(len(FITTED)))[0] / scale


def plane_power():
    """Power of all rows while one bit of drawn inputs is on [W]."""
    spec, rng = preset_spec("neurram").replace(array={"cols": 16}), np.random.default_rng(0)
    w = np.rint(7 * rng.normal(0.0, 0.3, (LINES, 16)).clip(-1.0, 1.0)) / 7 * np.tile([1.0, -1.0], 8)
    g = spec.device.g_min + np.maximum(w, 0.0) * (spec.device.g_max - spec.device.g_min)
    return cs.solve(spec, g, spec.driver.v_read * rng.integers(-1, 2, (8, LINES))).power.mean() * LINES / 16


def compute(case):
    """Energies [J an operation], operations a second, operations a joule, and how long a pulse must be [s]."""
    _, bits = case
    time = np.dot(steps(*case), fitted([CORES * OPS / rate for rate, _, _ in FITTED.values()]))
    neurons = np.dot(steps(*case), fitted([energy for _, energy, _ in FITTED.values()]))
    pulse = np.mean([energy / planes(row[1]) for row, (_, _, energy) in FITTED.items()])
    word_lines = planes(bits) * LINES * LINE * (2.2 - 0.9) * 2.2 / OPS
    found = {"word_lines": word_lines, "neurons": neurons, "input": planes(bits) * pulse, "rate": CORES * OPS / time}
    found["efficiency"] = 1 / (word_lines + neurons + planes(bits) * pulse)
    return found | {"pulse": pulse * OPS / plane_power()}
