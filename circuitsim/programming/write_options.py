"""Options of ngspice for writing, and the looser ones that are tried where it finds no solution."""

import logging
from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

from circuitsim.errors import SimulatorError, SimulatorMissingError

# Of a 1T1R Stanford cell, reads are within 0.06 µS of those with options a hundred times tighter, at a third of the
# points; with a reltol of 1e-3 within 0.1 µS. Only the filament's state, 1 V for 1 nm on 1 pF, stores more charge than
# chgtol: with 1e-14 every slot takes half as many points again, for 0.02 µS. The trapezoidal rule rings after the edge
# of a read pulse, and what was read was up to 3.5 µS off.
WRITE_OPTIONS = {
    "reltol": "1e-4",
    "abstol": "1e-12",
    "vntol": "1e-6",
    "gmin": "1e-15",
    "chgtol": "1e-13",
    "method": "gear",
    "num_threads": "1",
}
LOOSER = ("3e-4", "1e-3")
"""Values of reltol for a next attempt: a filament that sets at once may leave no time step that converges."""

_log = logging.getLogger(__name__)
T = TypeVar("T")


def along_ladder(attempt: Callable[[dict[str, str]], T]) -> T:
    """Write with `WRITE_OPTIONS`, and again from the start with each looser reltol where ngspice finds no solution.

    Args:
        attempt: Writes with these options of ngspice.

    Raises:
        SimulatorError: The last attempt failed as well.
    """
    ladder = (WRITE_OPTIONS, *(WRITE_OPTIONS | {"reltol": reltol} for reltol in LOOSER))
    for options, following in pairwise(ladder):
        try:
            return attempt(options)
        except SimulatorMissingError:
            raise
        except SimulatorError as error:
            _log.warning("writing begins again with a reltol of %s: %s", following["reltol"], error)
    return attempt(ladder[-1])
