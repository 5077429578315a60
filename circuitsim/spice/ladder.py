"""The retry ladder: each rung changes solver options after a failed run and is recorded with the result."""

from dataclasses import dataclass

from circuitsim.spice.verdict import Failure


@dataclass(frozen=True)
class Rung:
    """One step of the ladder.

    Attributes:
        change: What the step changes, in words, for the log and for `RawResult.attempts`.
        options: Options that it adds to those of the previous attempt.
        without: Options that it removes.
    """

    change: str
    options: dict[str, str]
    without: tuple[str, ...] = ()


AS_WRITTEN = Rung("as written", {})
AGAIN = Rung("same options once more", {})
SPARSE = Rung("Sparse 1.3 instead of KLU", {}, without=("klu",))
ITERATIONS = Rung("more iterations", {"itl1": "1000", "itl2": "1000", "itl4": "200"})
GMIN_FIRST = Rung("gmin stepping at once", {"noopiter": "", "gminsteps": "1"})
LOOSER = Rung("tolerances of 1e-6", {"reltol": "1e-6", "abstol": "1e-15", "vntol": "1e-9"})


def rungs_after(failure: Failure, options: dict[str, str]) -> tuple[Rung, ...]:
    """Return the rungs to try after the first failure of a deck, in order.

    A deck that ngspice does not accept, a full disk and an exceeded time limit would only fail again. A process that
    was killed is run once more. A singular matrix may be due to KLU's pivoting, so Sparse is tried. Failures of
    convergence, and values that are not finite, go up the whole ladder.
    """
    solver = (SPARSE,) if "klu" in options else ()
    if failure.kind == "killed":
        return (AGAIN,)
    if failure.kind == "singular":
        return solver
    if failure.kind in ("convergence", "values"):
        return (*solver, ITERATIONS, GMIN_FIRST, LOOSER)
    return ()


def climb(options: dict[str, str], rung: Rung) -> dict[str, str]:
    """Apply a rung to the options of the previous attempt."""
    return {name: value for name, value in {**options, **rung.options}.items() if name not in rung.without}
