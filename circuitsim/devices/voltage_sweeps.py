"""The sweeps of a measurement, from one turn of the voltage to the next, and the two states that they may show."""

import numpy as np

from circuitsim.devices.measurement import MIN_POINTS, Measurement
from circuitsim.errors import InputError

TURN = 0.01  # of the span of the voltages: a smaller retreat is noise of the source
SHORTEST = 3  # points; a shorter run is the way back to the start of the next sweep
APART = 1.2  # ratio of currents from which two sweeps show two states


def find_sweeps(v: np.ndarray) -> list[np.ndarray]:
    """Split voltages (points,) [V] where they turn; the indices of each sweep. The turning point ends its sweep."""
    tolerance = TURN * float(np.ptp(v))
    starts, extreme, direction = [0], 0, 0.0
    for k in range(1, len(v)):
        step = v[k] - v[extreme]
        if direction * step > 0 or (direction == 0 and abs(step) > tolerance):
            extreme, direction = k, float(np.sign(step))
        elif direction * step < -tolerance:
            starts.append(extreme + 1)
            extreme, direction = k, -direction
    sweeps: list[np.ndarray] = []
    begin = 0
    for end in [*starts[1:], len(v)]:
        if end - begin >= SHORTEST:
            sweeps.append(np.arange(begin, end))
            begin = end
    if begin < len(v):
        rest = np.arange(begin, len(v))
        sweeps = [*sweeps[:-1], np.concatenate([sweeps[-1], rest])] if sweeps else [rest]
    return sweeps


def sweep_ratio(m: Measurement) -> float:
    """Largest ratio of currents at equal voltages between two sweeps (the median over their common voltages); >= 1."""
    floor = 0.05 * np.abs(m.v).max()
    sweeps = [_rising(m, indices) for indices in find_sweeps(m.v)]
    worst = 1.0
    for k, (v, i) in enumerate(sweeps):
        for v_other, i_other in sweeps[k + 1 :]:
            common = (np.abs(v) > floor) & (v >= v_other[0]) & (v <= v_other[-1])
            other = np.interp(v[common], v_other, i_other)
            both = (other != 0) & (i[common] != 0)
            if np.count_nonzero(both) >= SHORTEST:
                ratio = float(np.median(np.abs(i[common][both] / other[both])))
                worst = max(worst, ratio, 1 / ratio)
    return worst


def split_states(m: Measurement, v_read: float) -> tuple[Measurement, Measurement]:
    """Divide the sweeps of a loop into the state of low and that of high conductance at `v_read` [V].

    Returns:
        Low state, high state. Every point is in one of them.

    Raises:
        InputError: There is one sweep only, all have conductances within 20 % of their neighbours, or a state has fewer
            than 8 points.
    """
    sweeps = find_sweeps(m.v)
    if len(sweeps) < 2:
        raise InputError(f"{m.file}: one sweep of the voltage, expected two or more for two states")
    chords = np.array([_chord_of_sweep(m, indices, v_read) for indices in sweeps])
    order = np.argsort(chords)
    steps = chords[order][1:] / np.maximum(chords[order][:-1], 1e-300)
    cut = int(np.argmax(steps))
    if steps[cut] < APART:
        raise InputError(
            f"{m.file}: its {len(sweeps)} sweeps agree within {steps[cut] - 1:.0%} at {v_read:g} V, which is one state;"
            " fit it as one"
        )
    low, high = (np.sort(np.concatenate([sweeps[k] for k in part])) for part in (order[: cut + 1], order[cut + 1 :]))
    for name, part in (("low", low), ("high", high)):
        if (useful := int(np.count_nonzero(m.v[part]))) < MIN_POINTS:
            raise InputError(
                f"{m.file}: {useful} points with a voltage other than 0 in the state of {name} conductance,"
                f" expected {MIN_POINTS} or more"
            )
    return m.part(low), m.part(high)


def _rising(m: Measurement, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = indices[np.argsort(m.v[indices], kind="stable")]
    return m.v[order], m.i[order]


def _chord_of_sweep(m: Measurement, indices: np.ndarray, v_read: float) -> float:
    at = indices[m.v[indices] != 0]
    near = at[np.argsort(np.abs(np.abs(m.v[at]) - v_read))[:2]]
    return float(np.abs(m.i[near] / m.v[near]).mean()) if len(near) else 0.0
