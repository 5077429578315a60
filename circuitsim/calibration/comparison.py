"""Hold a tile against the array solver, matrix after matrix, and keep the largest difference met."""

import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim.behavioral import AnyTile, program, tile_outputs
from circuitsim.calibration.box import Box
from circuitsim.chain import ExactArray, exact_outputs, model_array
from circuitsim.errors import CellErrorWarning, UnbalancedWarning
from circuitsim.results import ReadCase, TileModel, Witness, WorstFound
from circuitsim.results.error_scale import error_scale, errors_relative_to

# Unbalanced current of a read that is only ranked, see `nodal.read`: outputs are then off by up to 3e-8 of full scale,
# a thousandth of the smallest worst case met. The witness is read to the solver's own tolerance.
RANKING_TOLERANCE = 1e-7


@dataclass(frozen=True)
class BothLevels:
    """A matrix as a tile and as an array of the solver."""

    g: np.ndarray
    tile: AnyTile
    array: ExactArray


@dataclass(frozen=True)
class Difference:
    """The largest difference among some reads of one matrix.

    Attributes:
        error: |tile − array solver|, as a fraction of full scale, or of the current itself, see `errors_relative_to`.
        both: The matrix.
        v_in: The read, inputs (rows,) [V].
        column: The column that differs.
        family: Where the search met it.
    """

    error: float
    both: BothLevels
    v_in: np.ndarray
    column: int
    family: str


def largest_of(error: np.ndarray, both: BothLevels, v_in: np.ndarray, family: str) -> Difference:
    """Return the largest of the differences `error` (batch, cols) between reads (batch, rows) [V] of a matrix."""
    vector, column = np.unravel_index(error.argmax(), error.shape)
    return Difference(float(error[vector, column]), both, v_in[vector].copy(), int(column), family)


class LimitReached(Exception):
    """A search has spent its time or its programs."""


class Search:
    """A search under way: reads a model and the array solver, counts the effort, keeps the largest difference.

    Attributes:
        model: The behavioral model.
        box: Where it is searched.
        full_scale: What errors are divided by [A], where they are fractions of full scale.
        programs, vectors: Matrices programmed and input vectors compared so far.
        largest: The largest difference so far; None before the first.
    """

    def __init__(
        self, model: TileModel, full_scale: float, *, most_programs: int | None = None, time_limit: float | None = None
    ):
        self.model, self.full_scale = model, full_scale
        self.box = Box.of(model.spec, model.v_range)
        self.programs = self.vectors = 0
        self.largest: Difference | None = None
        self._most_programs = most_programs
        self._deadline = None if time_limit is None else time.thread_time() + time_limit

    def program(self, g: np.ndarray) -> BothLevels:
        """Program a matrix (rows, cols) [S] at both levels; a device with two states takes g_min wherever g < g_max.

        Raises:
            LimitReached: The search has programmed as many matrices as it may, or its time is over.
        """
        self._check_limits(programming=True)
        self.programs += 1
        g = self.box.stored(g)
        return BothLevels(g, program(self.model, g), model_array(self.model, g))

    def errors(self, both: BothLevels, v_in: np.ndarray, family: str) -> np.ndarray:
        """Return |tile − array solver| of reads (batch, rows) [V] as fractions, (batch, cols).

        They are off by 3e-8 or less, see `RANKING_TOLERANCE`.

        Raises:
            LimitReached: The time of the search is over.
        """
        self._check_limits(programming=False)
        self.vectors += len(v_in)
        with warnings.catch_warnings():
            # Both speak of one vector's own currents; `worst_found` reads the witness once more and lets them speak.
            warnings.simplefilter("ignore", CellErrorWarning)
            warnings.simplefilter("ignore", UnbalancedWarning)
            exact = exact_outputs(both.array, v_in, tol=RANKING_TOLERANCE)
        error = np.abs(np.asarray(tile_outputs(both.tile, v_in)) - exact) / self._scale(exact)
        error[np.isnan(error)] = np.inf  # a tile without a finite answer
        found = largest_of(error, both, v_in, family)
        if self.largest is None or found.error > self.largest.error:
            self.largest = found
        return error

    def read(self, both: BothLevels, v_in: np.ndarray, family: str) -> Difference:
        """Return the largest difference among reads (batch, rows) [V]; as `errors` otherwise."""
        return largest_of(self.errors(both, v_in, family), both, v_in, family)

    def worst_found(self, *, stopped: bool) -> WorstFound:
        """State the largest difference with its currents, read by itself."""
        found = self.largest
        assert found is not None
        read = found.v_in[None]
        tile = float(np.asarray(tile_outputs(found.both.tile, read))[0, found.column])
        exact = float(exact_outputs(found.both.array, read)[0, found.column])
        case = ReadCase.of(found.both.g, found.v_in, found.column, found.family)
        error = float(abs(tile - exact) / self._scale(exact))
        return WorstFound(error, Witness(case, tile, exact), self.programs, self.vectors, stopped)

    def _scale(self, exact: np.ndarray | float) -> Any:
        return error_scale(exact, self.full_scale, errors_relative_to(self.model.spec))

    def _check_limits(self, *, programming: bool) -> None:
        if self.largest is None:  # a search has a result, however small its limits
            return
        spent = programming and self._most_programs is not None and self.programs >= self._most_programs
        if spent or (self._deadline is not None and time.thread_time() >= self._deadline):
            raise LimitReached
