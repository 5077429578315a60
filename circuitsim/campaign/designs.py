"""Places that a design draws from ranges: a Sobol sequence, a Latin hypercube, or what sensitivity indices take.

Draws depend on the kind, the number and the seed alone: the Sobol numbers are those of Joe and Kuo, moved by one random
shift of their bits, and no version of a package scrambles them in its own way.
"""

import hashlib
import math
from typing import Any, Literal

import numpy as np

from circuitsim.errors import InputError

DesignKind = Literal["sobol", "latin", "saltelli"]
_BITS = 30


def unit_draws(kind: DesignKind, points: int, dimensions: int, seed: int) -> np.ndarray:
    """Draw places of the unit cube.

    Args:
        kind: "sobol", "latin", or "saltelli": `points` rows of two independent draws A and B, each row followed by A
            with one column after the other from B, and by B.
        points: Number of draws; a power of 2 unless `kind` is "latin".
        dimensions: Number of columns.
        seed: Source of all randomness.

    Returns:
        (points, dimensions), for "saltelli" (points * (dimensions + 2), dimensions), each above 0 and below 1.

    Raises:
        InputError: There are more dimensions than the sequence has.

    Source: Joe, Kuo, SIAM J. Sci. Comput. 30, 2635 (2008); McKay, Beckman, Conover, Technometrics 21, 239 (1979);
    Saltelli et al., Computer Physics Communications 181, 259 (2010)
    """
    digest = hashlib.sha256(f"design {kind} {points} {dimensions} {seed}".encode()).digest()
    rng = np.random.default_rng(np.random.SeedSequence(int.from_bytes(digest, "big")))
    if kind == "latin":
        ranks = np.stack([rng.permutation(points) for _ in range(dimensions)], axis=1)
        inner = rng.integers(1, 2**_BITS, size=ranks.shape) / 2.0**_BITS  # the ends of a stratum belong to nobody
        return (ranks + inner) / points
    if kind == "sobol":
        return _sobol(points, dimensions, rng)
    first, second = np.split(_sobol(points, 2 * dimensions, rng), 2, axis=1)
    rows = np.repeat(first[:, None, :], dimensions + 2, axis=1)
    for k in range(dimensions):
        rows[:, k + 1, k] = second[:, k]
    rows[:, -1] = second
    return rows.reshape(-1, dimensions)


def placed(unit: np.ndarray, start: float, stop: float, *, log: bool, whole: bool) -> list[Any]:
    """Place draws of the unit interval in a range.

    Args:
        unit: (draws,) between 0 and 1.
        start, stop: Ends of the range.
        log: Equal ratios instead of equal steps are equally likely.
        whole: Whole numbers; each is as likely as its step, from half a step below the first to half a step above the
            last one.
    """
    low, high = (
        (start - math.copysign(0.5, stop - start), stop + math.copysign(0.5, stop - start))
        if whole
        else (
            start,
            stop,
        )
    )
    if log:
        values = np.copysign(np.abs(low) ** (1 - unit) * np.abs(high) ** unit, start)
    else:
        values = low * (1 - unit) + high * unit
    if not whole:
        return [float(value) for value in np.clip(values, min(start, stop), max(start, stop))]
    return [int(value) for value in np.clip(np.rint(values), min(start, stop), max(start, stop))]


def _sobol(points: int, dimensions: int, rng: np.random.Generator) -> np.ndarray:
    from scipy.stats import qmc  # takes 0.5 s to import, and only a design needs it

    if dimensions > qmc.Sobol.MAXDIM:
        raise InputError(f"a design of {dimensions} columns: a Sobol sequence has {qmc.Sobol.MAXDIM}; expected fewer")
    numbers = (qmc.Sobol(dimensions, scramble=False, bits=_BITS).random(points) * 2.0**_BITS).astype(np.int64)
    shift = rng.integers(0, 2**_BITS, size=dimensions)
    return ((numbers ^ shift) + 0.5) / 2.0**_BITS
