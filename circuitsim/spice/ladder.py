"""The retry ladder: each rung changes solver options after a failed run and is recorded with the result."""

from dataclasses import dataclass, replace

from circuitsim.errors import InputError
from circuitsim.spice.verdict import Failure
from circuitsim.units import parse_quantity


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
# A line that floats carries the rounding of its own equations. With 2.5 ohm between cells and 1 Tohm to ground Newton's
# method meets no vntol below 1e-9 V, however many iterations it has: on 4 x 4 cells of 1T1R with such rows each of the
# next two rungs failed after 5 s of gmin and source steps. This one takes 0.05 s, and the currents balance to 3e-15 A.
ROUNDING = Rung("vntol of 1e-9, above the rounding of lines that float", {"vntol": "1e-9"})
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
        if not _has_tighter_vntol(options):
            return (*solver, ITERATIONS, GMIN_FIRST, LOOSER)
        iterations = replace(ITERATIONS, options=ITERATIONS.options | {"vntol": options["vntol"]})  # as tight as it was
        return (*solver, ROUNDING, iterations, GMIN_FIRST, LOOSER)
    return ()


def _has_tighter_vntol(options: dict[str, str]) -> bool:
    """Whether the rung would loosen: it must not tighten what a user asked for."""
    try:
        return parse_quantity(options["vntol"]) < float(ROUNDING.options["vntol"])
    except (KeyError, InputError):  # ngspice's own is 1e-6 V
        return False


def climb(options: dict[str, str], rung: Rung) -> dict[str, str]:
    """Apply a rung to the options of the previous attempt."""
    return {name: value for name, value in {**options, **rung.options}.items() if name not in rung.without}
