"""The result of a run of ngspice."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from circuitsim.spice.raw import Plot
from circuitsim.spice.simulator import Simulator


@dataclass(frozen=True)
class Attempt:
    """One attempt to run a deck.

    Attributes:
        change: What the retry ladder changed, in words; "as written" for the first attempt.
        options: Solver options of this attempt.
        failure: Why the attempt was not accepted; None if it succeeded.
        seconds: Wall-clock time [s].
    """

    change: str
    options: dict[str, str]
    failure: str | None
    seconds: float


@dataclass(frozen=True)
class RawResult:
    """A finished run that passed all checks: exit code 0, points in every analysis, finite values, no error in the log.

    Attributes:
        plots: Every analysis in the raw file, in order; `variables`, `data` and `raw[name]` refer to the last one.
        simulator: The ngspice that ran.
        options: Solver options of the attempt that succeeded, as written into the deck.
        attempts: Every attempt, the successful one last.
        deck_digest: SHA-256 of the deck as it was run and of every file it includes.
        log: What ngspice printed.
        folder: Run folder with deck.cir, deck.log, deck.raw; None if it was temporary and has been removed.
    """

    plots: tuple[Plot, ...]
    simulator: Simulator
    options: dict[str, str]
    attempts: tuple[Attempt, ...]
    deck_digest: str
    log: str
    folder: Path | None

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the vectors in lower case, as ngspice writes them: "v(bl_3_5)", "i(vsense_5)"."""
        return self.plots[-1].variables

    @property
    def data(self) -> np.ndarray:
        """(points, len(variables)) values in SI units; read-only."""
        return self.plots[-1].data

    def __getitem__(self, vector: str) -> np.ndarray:
        """Return the values of one vector (points,), for example `raw["i(vsense_5)"]`.

        Raises:
            UnsavedVectorError: The run did not save it.
        """
        return self.plots[-1][vector]

    def columns(self, vectors: list[str] | tuple[str, ...]) -> np.ndarray:
        """Return the values of several vectors (points, len(vectors))."""
        return self.plots[-1].columns(vectors)

    @property
    def seconds(self) -> float:
        """Wall-clock time of all attempts [s]."""
        return sum(attempt.seconds for attempt in self.attempts)
