"""Numbers sorted where they are stored: a read of a 1T1R array is a digit of each, and known branches are skipped."""

from collections import deque

import numpy as np

import circuitsim as cs
from circuitsim.devices import load_card
from circuitsim.devices.statistics import read_statistics, sample_aged
from circuitsim.presets import preset_spec

COUNT, BITS, DAY = 1024, 32, 86400.0


def cases():
    """Numbers that are drawn, states that are recorded, and columns of a bank."""
    found = {f"{kind}, {depth} states": (kind, depth, 256) for kind in ("uniform", "normal") for depth in (2, BITS)}
    return found | {f"banks of {cols}": ("uniform", BITS, cols) for cols in (64, 1024)}


def drawn(kind, rng):
    """Numbers of 32 bits."""
    middle, top = 2.0 ** (BITS - 1), 2**BITS - 1
    x = rng.uniform(0, top, COUNT) if kind == "uniform" else rng.normal(middle, middle / 4, COUNT).clip(0, top)
    return x.astype(np.uint64)


def digit_reads(numbers, cols):
    """Currents (bits, numbers) of an array that stores a number in each column [A]; one row is driven at a time."""
    spec = preset_spec("neurram").replace(
        array={"rows": BITS, "cols": COUNT}, technique={"partition": (BITS, cols)}, driver={"input_code": "amplitude"}
    )
    bits = (numbers >> np.arange(BITS - 1, -1, -1, dtype=np.uint64)[:, None]) & np.uint64(1)
    g = np.where(bits == 1, spec.device.g_max, spec.device.g_min)
    stats = read_statistics(load_card(spec.device.model))
    cells = sample_aged(stats, g, DAY, rng=np.random.default_rng(1))
    return bits == 1, cs.solve(spec, cells, spec.driver.v_read * np.eye(BITS), drawn=True).out


def sort(digits, depth):
    """Order of the numbers, smallest first, and the digit reads that it takes; the last `depth` branches are kept."""
    left, order, reads = np.ones(digits.shape[1], dtype=bool), [], 0
    kept = deque(maxlen=depth)
    while left.any():
        row, here = kept.pop() if kept else (0, left.copy())
        here &= left
        while row < len(digits) and here.sum() > 1:
            reads, zeros = reads + 1, here & ~digits[row]
            if zeros.any() and (here & digits[row]).any():
                kept.append((row + 1, here & digits[row]))
                here = zeros
            row += 1
        order += list(np.flatnonzero(here))
        left &= ~here
    return np.array(order), reads


def compute(case):
    """Margin and errors of the digits, whether the order is right, and reads against plain sorts."""
    kind, depth, cols = case
    numbers = drawn(kind, np.random.default_rng(0))
    stored, current = digit_reads(numbers, cols)
    threshold = np.sqrt(current[stored].min() * current[~stored].max())
    digits = current > threshold
    order, reads = sort(digits, depth)
    return {
        "margin": current[stored].min() / current[~stored].max(),
        "wrong_digits": np.count_nonzero(digits != stored),
        "out_of_order": np.count_nonzero(np.diff(numbers[order].astype(float)) < 0),
        "against_comparisons": COUNT * np.log2(COUNT) / reads,
        "against_traversal": COUNT * BITS / reads,
    }
