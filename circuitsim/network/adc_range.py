"""Choose the range of an ADC: the least rms error of rounding and clipping together."""

import numpy as np

INNER = 0.9998
"""Fraction of the calibration outputs inside the range of another common rule, one of the candidates.

Source: T. P. Xiao et al., "On the accuracy of analog neural network inference accelerators", IEEE Circuits and Systems
    Magazine 22(4), 2022.
"""
_STEPS = 240  # candidates, 3 % apart
_SMALLEST, _LARGEST = 1e-3, 1.25  # of the largest output
_THINNED = 20_000  # outputs, evenly spaced in rank, on which the rounding error is averaged
_TAIL = 10  # the largest outputs, which give the slope of the tail


def best_range(outputs: np.ndarray, bits: int) -> tuple[float, float]:
    """Choose an ADC's full scale from calibration outputs.

    A wider range rounds more coarsely, a narrower one clips more. Of candidates from a thousandth of the largest output
    to 1.25 times as much, 3 % apart, the largest output itself and the inner 99.98 %, the one with the smallest mean
    square error is taken. Outputs of other images may pass the largest of the calibration: one further output beyond it
    is counted, with an exponential tail that has the mean excess of the ten largest outputs. This widens the
    range where rounding is cheap, many bits or few outputs, by a quarter at most: a third of a bit.

    Args:
        outputs: Column outputs of the calibration images, any order, at least one of them positive [A].
        bits: Resolution of the ADC, whose smallest code stands for 0.

    Returns:
        Full scale [A], and the fraction of the calibration outputs more than half an LSB above it.
    """
    ordered = np.sort(outputs).astype(float, copy=False)  # float32 is sorted in half the time
    largest = ordered[-1]
    candidates = largest * np.geomspace(_SMALLEST, _LARGEST, _STEPS)
    inner = np.quantile(ordered, INNER)
    candidates = np.concatenate([candidates, [largest], [inner] if inner > 0.0 else []])
    best = float(min(candidates, key=_squared_error(ordered, bits)))
    edge = best * (1.0 + 0.5 / (2**bits - 1))
    return best, float(1.0 - np.searchsorted(ordered, edge, side="right") / len(ordered))


def _squared_error(ordered: np.ndarray, bits: int):
    """Return the function from a full scale to the sum of squared errors of sorted outputs, and of one beyond them."""
    count, largest, codes = len(ordered), ordered[-1], 2**bits - 1
    thinned = ordered[np.linspace(0, count - 1, min(count, _THINNED)).round().astype(int)]
    above, above_squared = np.zeros((2, count + 1))  # sums from each output to the largest
    np.cumsum(ordered[::-1], out=above[-2::-1])
    np.square(ordered, out=above_squared[:-1])
    np.cumsum(above_squared[-2::-1].copy(), out=above_squared[-2::-1])
    tail = ordered[-_TAIL:]
    excess = float(np.mean(tail - tail[0]))

    def error(full_scale: float) -> float:
        first = int(np.searchsorted(ordered, full_scale, side="right"))
        clipped = above_squared[first] - 2 * full_scale * above[first] + (count - first) * full_scale**2
        inside = thinned[thinned <= full_scale]
        lsb = full_scale / codes
        rounded = float(np.mean((inside - lsb * np.rint(np.maximum(inside, 0.0) / lsb)) ** 2)) if len(inside) else 0.0
        short = max(largest - full_scale, 0.0)
        reached = np.exp(-max(full_scale - largest, 0.0) / excess) if excess > 0.0 else float(full_scale < largest)
        beyond = reached * (short**2 + 2 * short * excess + 2 * excess**2)
        return float(first * rounded + max(clipped, 0.0) + beyond)

    return error
