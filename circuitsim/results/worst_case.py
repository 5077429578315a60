"""The largest error that a search found, the read that shows it, and how it depends on the load of the columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from circuitsim.errors import InputError
from circuitsim.spec import checked

Runs = tuple[tuple[int, float], ...]
"""Numbers as (how often in a row, value): matrices found by search have long runs of equal values."""


@dataclass(frozen=True)
class ReadCase:
    """One read of one column: a programmed matrix and an input vector. `ReadCase.of` makes it from arrays.

    Attributes:
        shape: (rows, cols).
        g_runs: Conductances [S], row after row.
        v_runs: Inputs [V].
        column: The column that is read.
        family: Where the search met it: "hot column, first", "random start", …
    """

    shape: tuple[int, int]
    g_runs: Runs
    v_runs: Runs
    column: int
    family: str

    @classmethod
    def of(cls, g: np.ndarray, v_in: np.ndarray, column: int, family: str) -> "ReadCase":
        """Make a case from conductances (rows, cols) [S] and inputs (rows,) [V]."""
        return cls((g.shape[0], g.shape[1]), _runs(g.ravel()), _runs(v_in), int(column), family)

    @property
    def g(self) -> np.ndarray:
        """Conductances (rows, cols) [S]."""
        return _from_runs(self.g_runs).reshape(self.shape)

    @property
    def v_in(self) -> np.ndarray:
        """Inputs (rows,) [V]."""
        return _from_runs(self.v_runs)


@dataclass(frozen=True)
class Witness:
    """A case in which a tile errs, and the current of its column at each level.

    Attributes:
        case: The read.
        tile, nodal: Currents [A] of the behavioral model and of the array solver.
        ngspice: Current [A] in ngspice; None: not solved there.
    """

    case: ReadCase
    tile: float
    nodal: float
    ngspice: float | None = None


@dataclass(frozen=True)
class WorstFound:
    """The largest error of a model that a search over matrices and inputs found. No bound: no larger one is known.

    Attributes:
        error: |tile − array solver| of the witness, as a fraction of full scale.
        witness: The read that shows it.
        programs, vectors: Matrices programmed and input vectors compared by the search.
        stopped: Whether a limit of time or of matrices ended the search before its own end.
    """

    error: float
    witness: Witness
    programs: int
    vectors: int
    stopped: bool = False


@dataclass(frozen=True)
class LoadTable:
    """Largest error found among matrices whose column load is at most a cap.

    The load of a matrix is the largest column's mean conductance over g_max: max_j mean_i g_ij / g_max, from
    g_min / g_max to 1. The largest error of a tile follows it more closely than any other single number.

    Attributes:
        loads: Caps, rising; the last is 1.
        worst: Largest error found for each cap, as a fraction of full scale; it never falls.
        coefficient: Error per unit of load that contains all `worst`, with margin: worst ≤ coefficient · load.
        drawn: The same for tiles as networks make them, drawn from sparse to dense; None: none were drawn.
        fresh: Largest error of tiles drawn to test `drawn`, over drawn · load; at most 1. None: none were drawn.
    """

    loads: tuple[float, ...]
    worst: tuple[float, ...]
    coefficient: float
    drawn: float | None = None
    fresh: float | None = None

    def worst_at(self, load: float) -> float:
        """Return the largest error found up to the next cap from `load` on, as a fraction of full scale.

        Raises:
            InputError: The load is not between 0 and 1.
        """
        return self.worst[self.loads.index(self.cap_of(load))]

    def cap_of(self, load: float) -> float:
        """Return the smallest cap that is not below `load`.

        Raises:
            InputError: The load is not between 0 and 1.
        """
        if not 0 <= load <= self.loads[-1] * (1 + 1e-9):
            raise InputError(f"load = {load:g}: expected 0 to {self.loads[-1]:g}, the load of a matrix at g_max")
        return next(cap for cap in self.loads if load <= cap * (1 + 1e-9))

    def load_for(self, error: float) -> float | None:
        """Return the largest cap whose worst error found is at most `error`; None: none is."""
        fitting = [cap for cap, worst in zip(self.loads, self.worst, strict=True) if worst <= error]
        return max(fitting, default=None)


@checked
def column_load(g: np.ndarray, g_max: float) -> float:
    """Return max_j mean_i g_ij / g_max of conductances (rows, cols) [S]."""
    return float(g.mean(axis=0).max() / g_max)


def _runs(values: np.ndarray) -> Runs:
    return tuple((len(list(same)), value) for value, same in groupby(values.tolist()))


def _from_runs(runs: Sequence[tuple[int, float]]) -> np.ndarray:
    counts, values = zip(*runs, strict=True)
    return np.repeat(np.array(values, dtype=float), counts)
