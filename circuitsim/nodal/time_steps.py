"""Step charges and currents implicitly, with a step that follows the error: TR-BDF2.

A step has two stages that share their matrix: the trapezoidal rule up to γ of it, then the backward formula of second
order over start, middle and end. Each conserves charge.

Source: R. E. Bank et al., IEEE Trans. CAD 4, 436 (1985); the estimate of the error is that paper's.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import sparse

from circuitsim.errors import InputError
from circuitsim.nodal.array_in_time import ArrayInTime

GAMMA = 2 - np.sqrt(2)
ALPHA = GAMMA / 2
_OUTER = (1 - ALPHA) / 2  # weights of a step: start, middle stage, end
WEIGHTS = (_OUTER, _OUTER, ALPHA)
_ERROR = 2 * (-3 * GAMMA**2 + 4 * GAMMA - 2) / (12 * (2 - GAMMA))
_GROWTH = 2  # steps change by this factor only: each length costs a factorization
_STEPS_OF_EDGE = 16
_SLOW = 0.05  # of the time: an edge that takes more has at least `_STEPS_OF_EDGE` steps
_MOST_STEPS = 5000
_MOST_PASSES = 12  # of Newton's method in a stage
_UNKNOWN_RATE, _LEAST_RATE = 0.3, 3e-3  # of Newton's method with a system: before it is seen, and at best
_EXACT = 0.02  # error of a stage's solution, as a fraction of the tolerance of a step: more keeps steps short at rest


class Moment(NamedTuple):
    """Time [s]; at every node (inner + nodes,) voltage v relative to v_ref [V], charge q [C], leaving current f [A]."""

    time: float
    v: np.ndarray
    q: np.ndarray
    f: np.ndarray


class Scales(NamedTuple):
    """Largest input [V] and largest output [A], which errors are relative to, and the error of one step."""

    v: float
    i: float
    tol: float


@dataclass(frozen=True)
class Read:
    """A read in time.

    Attributes:
        array: The array.
        rest: (inner + nodes,) voltages before it [V], at which nothing moves.
        drive: (terminals,) change of the terminals' voltages until `t_edge` [V].
        t_edge, t_stop: End of the rise and of the read [s].
        scales: Scales and tolerance of the error.
        driven: (inner + nodes,) voltages [V] at which cells conduct as in the read; they weigh an error of a node by
            what it does to the outputs.
    """

    array: ArrayInTime
    rest: np.ndarray
    drive: np.ndarray
    t_edge: float
    t_stop: float
    scales: Scales
    driven: np.ndarray

    @cached_property
    def outward(self) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """Currents [S] and charges [F] (cols, free) into the sense amplifiers per volt at the nodes."""
        return self.array.outward(self.driven)

    def at(self, t: float, x: np.ndarray) -> Moment:
        """The array at time t [s] with unknown voltages x (unknowns,) [V]."""
        v = np.concatenate([x, self.rest[len(x) :] + self.drive * min(t / self.t_edge, 1.0)])
        return Moment(t, v, *self.array.at(v))

    def size(self, off: np.ndarray, h: float = np.inf) -> float:
        """How large a change of the unknowns (unknowns,) [V] is against the inputs, and its outputs against outputs.

        A charge that is off moves the current into a sense amplifier for as long as the step takes, h [s].
        """
        lines = off[self.array.inner :]
        current, charge = self.outward
        out = np.abs(current @ lines) + np.abs(charge @ lines) / h
        return max(np.abs(off).max() / self.scales.v, out.max(initial=0.0) / max(self.scales.i, 1e-300))


def moments(read: Read) -> Iterator[Moment]:
    """Yield the array at rest, then in the middle and at the end of each accepted step.

    Raises:
        InputError: The steps become too many.
    """
    unknowns, t_edge, t_stop = read.array.unknowns, read.t_edge, read.t_stop
    now = read.at(0.0, read.rest[:unknowns])
    yield now
    if unknowns == 0 or not read.drive.any():  # nothing moves but the sources
        times = [*np.linspace(0.0, t_edge, _STEPS_OF_EDGE + 1), *([t_stop] if t_stop > t_edge else [])]
        for first, last in pairwise(times):
            yield read.at(first + GAMMA * (last - first), now.v[:unknowns])
            yield read.at(last, now.v[:unknowns])
        return
    # Along a slow edge power rises with the square of the input, which no error of voltages shows.
    longest = t_edge / _STEPS_OF_EDGE if t_edge > _SLOW * t_stop else np.inf
    h, slope, systems = t_edge / _STEPS_OF_EDGE, np.zeros(unknowns), _Systems(read)
    for _ in range(_MOST_STEPS):
        if now.time >= t_stop * (1 - 1e-12):
            return
        if now.time < t_edge * (1 - 1e-9) and now.time + h > t_edge * (1 + 1e-9):  # no step across the corner
            h /= _GROWTH
            continue
        h = min(h, t_stop - now.time)
        step = _step(read, now, h, slope, systems)
        if step is None or step.error > 1:
            h /= _GROWTH
            continue
        yield step.middle
        yield step.end
        slope = (step.end.v - step.middle.v)[:unknowns] / (h * (1 - GAMMA))
        now = step.end
        if step.error * _GROWTH**3 < 0.8 and (now.time >= t_edge * (1 - 1e-9) or h * _GROWTH <= longest):
            h *= _GROWTH
    raise InputError(
        f"{_MOST_STEPS} steps reach only {now.time:g} s of {t_stop:g} s: try a larger tol or a longer t_edge"
    )


class _Step(NamedTuple):
    """Middle and end of a step, and its error relative to the tolerance."""

    middle: Moment
    end: Moment
    error: float


class _System:
    """The linearized system of a step's length, and how fast Newton's method has been with it.

    Attributes:
        solve: The solution for a right side (unknowns,) [C].
        rate: By how much a pass has reduced the error of the one before.
    """

    def __init__(self, solve: Callable[[np.ndarray], np.ndarray]) -> None:
        self.solve = solve
        self.rate = _UNKNOWN_RATE


class _Systems:
    """Linearized systems of the last two lengths of steps; one that makes Newton's method slow is made anew."""

    def __init__(self, read: Read) -> None:
        self.read = read
        self.kept: dict[float, _System] = {}

    def of(self, h: float, v: np.ndarray) -> _System:
        """Return the system of a step of length h [s], linearized near voltages v."""
        if h not in self.kept:
            self.kept = {key: self.kept[key] for key in list(self.kept)[-1:]}
            self.kept[h] = _System(self.read.array.linearized(v, ALPHA * h))
        return self.kept[h]

    def drop(self, h: float) -> None:
        """Forget the system of a length."""
        self.kept.pop(h, None)


def _step(read: Read, now: Moment, h: float, slope: np.ndarray, systems: _Systems) -> _Step | None:
    """Take a step of length h [s]; None if a stage does not converge, even with a system linearized anew.

    Args:
        read: The read.
        now: Its start.
        h: Its length [s].
        slope: Change of the unknowns per second before it [V/s], from which the stages start.
        systems: The linearized systems.
    """
    unknowns, a = read.array.unknowns, ALPHA * h
    for _ in range(2):
        system = systems.of(h, now.v)
        x = now.v[:unknowns]
        t = now.time + GAMMA * h
        middle = _stage(read, t, x + GAMMA * h * slope, now.q - a * now.f, a, system)
        if middle is not None:
            mixed = (middle.q - (1 - GAMMA) ** 2 * now.q) / (GAMMA * (2 - GAMMA))
            guess = x + (middle.v[:unknowns] - x) / GAMMA
            end = _stage(read, now.time + h, guess, mixed, a, system)
            if end is not None:
                divided = -now.f / GAMMA + middle.f / (GAMMA * (1 - GAMMA)) - end.f / (1 - GAMMA)
                off = system.solve(_ERROR * h * divided[:unknowns])
                return _Step(middle, end, read.size(off, h) / read.scales.tol)
        systems.drop(h)
    return None


def _stage(
    read: Read,
    t: float,
    x: np.ndarray,
    wanted: np.ndarray,
    a: float,
    system: _System,
) -> Moment | None:
    """Solve q + a·f = wanted (inner + nodes,) [C] at time t [s] from unknowns x; None if it does not converge."""
    before = np.inf
    for passes in range(_MOST_PASSES):
        here = read.at(t, x)
        off = system.solve((wanted - here.q - a * here.f)[: len(x)])
        x = x + off
        size = read.size(off)
        if passes:
            system.rate = min(max(size / before, _LEAST_RATE), 0.9)
        if read.array.cells.linear or size * system.rate / (1 - system.rate) < _EXACT * read.scales.tol:
            if not passes:  # not measured here, and cells move: it is trusted less each time
                system.rate = min(2 * system.rate, _UNKNOWN_RATE)
            return read.at(t, x)
        if passes and size > before:
            return None
        before = size
    return None
