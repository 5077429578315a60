"""What an exploration found: the points that were measured, their front, and finalists beside the truth."""

from dataclasses import dataclass

import numpy as np

from circuitsim.spec import by_value, checked
from circuitsim.units import format_quantity


@dataclass(frozen=True)
class DesignAxis:
    """An axis of a design space.

    Attributes:
        name: Its short name.
        keys: Keys that take its values.
        labels: Its values.
        unit: SI unit; empty where there is none.
    """

    name: str
    keys: tuple[str, ...]
    labels: tuple[str | int | float | bool, ...]
    unit: str


@dataclass(frozen=True)
class Objective:
    """A result of which less, or more, is better.

    Attributes:
        name: NAME.RESULT.
        sign: 1: less is better; −1: more is.
    """

    name: str
    sign: int


@dataclass(frozen=True)
class ResultLimit:
    """Values of a result that a design has to keep.

    Attributes:
        name: NAME.RESULT.
        low, high: Smallest and largest value; None: any.
    """

    name: str
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Finalist:
    """A point of the front beside what its finer measures found.

    Attributes:
        point: Its number among the points.
        cheap: Results at the cheap level, by NAME.RESULT.
        finer: Those of them that finer measures have too, with the same draws; empty: they failed, or there are none.
        others: Results of measures that finalists alone have, such as a certificate.
        state: "confirmed"; "out": a finer number breaks a limit; "dominated": another finalist is better in each
            objective by the finer numbers; "failed".
        why: The reason, in one sentence; empty for "confirmed".
    """

    point: int
    cheap: dict[str, float]
    finer: dict[str, float]
    others: dict[str, float]
    state: str
    why: str


@dataclass(frozen=True)
class GridCheck:
    """An exploration beside the whole grid.

    Attributes:
        points: Points of the grid; those that failed count, as they do among the points explored.
        front: Points of its front.
        found: Those that the exploration found too.
        volume: Hypervolume of the exploration's front relative to that of the grid's, both seen from a corner a tenth
            of its range beyond its worst values; None where that is 0.
        missed: Index on each axis of the points that the exploration did not find.
    """

    points: int
    front: int
    found: int
    volume: float | None
    missed: tuple[tuple[int, ...], ...]


@by_value
@dataclass(frozen=True)
class Exploration:
    """An exploration of a design space.

    Attributes:
        name: Its title.
        axes: The design space.
        size: Number of places in it, constraints left aside.
        budget: Largest number of points.
        objectives: What makes a point better.
        limits: What makes it allowed.
        units: Unit of each result, by NAME.RESULT, those of finalists included.
        index: (points, axes) place of each point on the axes, in the order in which they were asked for.
        values: (points, results) means over replicates, columns in the order of `results`; NaN where it failed.
        results: NAME.RESULT of each column of `values`.
        violation: (points,) how far a point is outside its limits, relative to them; 0: it keeps them; NaN: it failed.
        front: (points,) whether no other point that keeps the limits is at least as good in each objective and better
            in one.
        finalists: The best points beside their finer measures.
        failed: Why points failed, with their number.
        refused: Why places are no specification, with the number of times they were asked for.
        grid: Comparison with the whole grid; None: it was not measured.
    """

    name: str
    axes: tuple[DesignAxis, ...]
    size: int
    budget: int
    objectives: tuple[Objective, ...]
    limits: tuple[ResultLimit, ...]
    units: dict[str, str]
    index: np.ndarray
    values: np.ndarray
    results: tuple[str, ...]
    violation: np.ndarray
    front: np.ndarray
    finalists: tuple[Finalist, ...]
    failed: tuple[tuple[str, int], ...]
    refused: tuple[tuple[str, int], ...]
    grid: GridCheck | None

    def place(self, index: tuple[int, ...]) -> str:
        """Return a place in words: "rows 64, bits 7"."""
        pairs = zip(self.axes, index, strict=True)
        return ", ".join(f"{axis.name} {axis.labels[k]}" for axis, k in pairs)

    @property
    def failures(self) -> int:
        """Number of points that failed."""
        return int(np.isnan(self.violation).sum())

    @property
    def measured(self) -> int:
        """Number of points that did not fail."""
        return len(self.index) - self.failures

    def column(self, name: str) -> np.ndarray:
        """Return a result of all points (points,)."""
        return self.values[:, self.results.index(name)]


@checked
def result_in_words(value: float, unit: str) -> str:
    """Write a result with its unit; numbers without one keep their size."""
    return f"{value:.4g}" if unit in ("", "1") else format_quantity(value, unit)


@checked
def limit_in_words(limit: ResultLimit, unit: str) -> str:
    """Say what a limit of a result in this unit allows: "at most 1 pJ"."""
    ends = [("at least", limit.low), ("at most", limit.high)]
    return " and ".join(f"{word} {result_in_words(end, unit)}" for word, end in ends if end is not None)
