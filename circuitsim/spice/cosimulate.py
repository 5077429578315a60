"""Let a Python function set the sources of a transient."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from circuitsim.errors import ControllerError, InputError
from circuitsim.spec import checked
from circuitsim.spice.batch import Deck
from circuitsim.spice.cosimulation import Cosimulation
from circuitsim.spice.result import RawResult

Controller = Callable[[float, dict[str, float]], Mapping[str, float] | None]


@checked
def cosimulate(
    deck: str | Deck,
    controller: Controller,
    *,
    read: Sequence[str],
    instants: Iterable[float],
    library: str | Path | None = None,
    options: Mapping[str, str] | None = None,
    time_limit_s: float = 600.0,
    controller_limit_s: float | None = None,
) -> RawResult:
    """Run one transient of ngspice whose sources a Python function sets at instants.

    ngspice pauses at each instant, `controller(t, values)` looks at the vectors to read and returns new values of
    sources, and ngspice resumes. The controller is plain Python: it may keep state, raise, or be stepped through.

    Args:
        deck: Whole deck with its `.tran`.
        controller: Function of the time [s] and of the vectors at that time, by name. It returns values by the names of
            sources [V, A], an empty mapping to change nothing, or None to stop the transient there.
        read: Vectors for the controller, as ngspice writes them: "v(out)", "i(vin)".
        instants: Times at which the controller is called [s], increasing. A sequence gives the deck a corner at each;
            an iterator may depend on what the controller decided. After the last one the transient goes on to its end.
        library, options, time_limit_s: As in `Cosimulation`, which tells how exact instants are.
        controller_limit_s: Longest time for one call of the controller [s]; it then runs in a thread of its own. None:
            no limit.

    Returns:
        The waveforms of every vector that the deck saves, up to the end or to where the controller stopped.

    Raises:
        ControllerError: The controller raised an exception or exceeded its limit; says when, and the folder with the
            waveforms up to there.
        InputError: A source, a value or an instant cannot be used; says when.
        SimulatorError, UnsafeFileError: As `Cosimulation`.
    """
    known = instants if isinstance(instants, Sequence | np.ndarray) else ()
    with Cosimulation(
        deck, read=read, instants=known, library=library, options=options, time_limit_s=time_limit_s
    ) as live:
        sources: Mapping[str, float] = {}
        for instant in instants:
            if isinstance(instant, int | float) and instant > live.end:
                raise InputError(
                    f"instant = {instant:g} s: expected times up to the end of the transient, {live.end:g} s"
                )
            values = live.advance(instant, sources)
            if live.ended:
                return live.waveforms()
            wanted = _call(live, controller, values, controller_limit_s)
            if wanted is None:
                return live.waveforms()
            if not isinstance(wanted, Mapping):
                raise InputError(
                    f"the controller returned {wanted!r} at t = {live.time:g} s: expected values by the names of "
                    "sources, or None to stop"
                )
            sources = wanted
        return live.finish(sources)


def _call(live: Cosimulation, controller: Controller, values: dict[str, float], limit_s: float | None) -> Any:
    """Call the controller; an exception or a call that takes too long keeps the waveforms and ends the live."""
    found: list[Any] = []
    raised: list[BaseException] = []

    def call() -> None:
        try:
            found.append(controller(live.time, values))
        except Exception as error:
            raised.append(error)

    if limit_s is None:
        call()
    else:
        thread = threading.Thread(target=call, daemon=True)
        thread.start()
        thread.join(limit_s)
        if thread.is_alive():
            raise ControllerError(
                f"the controller did not return within {limit_s:g} s at t = {live.time:g} s", live.keep()
            )
    if raised:
        error = raised[0]
        raise ControllerError(
            f"the controller raised {type(error).__name__} at t = {live.time:g} s: {error}", live.keep()
        ) from error
    return found[0]
