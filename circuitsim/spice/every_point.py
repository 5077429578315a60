"""Let a Python function set sources at every time point of a transient."""

import pickle
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from circuitsim.errors import ControllerError, InputError, SimulatorError
from circuitsim.library import assemble, spice_number, tell_left_out
from circuitsim.spec import checked
from circuitsim.spice.batch import Deck
from circuitsim.spice.connection import CrashError, RefusalError, Worker
from circuitsim.spice.cosimulated_deck import end_and_sources, vector_name, with_saved
from circuitsim.spice.cosimulation import keep_waveforms
from circuitsim.spice.libngspice import find_library
from circuitsim.spice.options import TRANSIENT_OPTIONS, add_options, choose_options
from circuitsim.spice.process import DECK
from circuitsim.spice.raw import Plot
from circuitsim.spice.result import Attempt, RawResult
from circuitsim.spice.verdict import check_values

HALT_NODE = "circuitsim_halt"  # its source ends the transient
PointController = Callable[[float, dict[str, float]], dict[str, float] | None]
# The controller holds a source for the whole of a step, so that the trapezoidal rule would ring at each of its jumps.
_OPTIONS = {**TRANSIENT_OPTIONS, "method": "gear"}


@checked
def cosimulate_points(
    deck: str | Deck,
    controller: PointController,
    *,
    read: Sequence[str],
    sources: Sequence[str],
    library: str | Path | None = None,
    options: Mapping[str, str] | None = None,
    time_limit_s: float = 600.0,
) -> tuple[RawResult, PointController]:
    """Run one transient of ngspice in which a Python function is asked at every accepted time point.

    For feedback that no list of instants describes: comparators, adaptive clocks, limiters. What the controller returns
    holds from the next step on. Where instants are known, `cosimulate` is as exact and runs the controller here.

    Args:
        deck: Whole deck with its `.tran`. Its step bounds how late the controller hears of anything.
        controller: Function of the time [s] and of the vectors to read at that time, by name. It returns values of
            sources [V, A] by name, an empty mapping to change nothing, or None to stop. It runs in the process of the
            simulator: it is copied there with what it refers to, and what it prints is lost.
        read: Vectors for the controller, as ngspice writes them: "v(out)", "i(vin)".
        sources: Names of the sources that it sets; each stands in the deck with a DC value, which holds until the
            controller returns another. Let a PULSE source have edges of a given slope, and multiply.
        library, time_limit_s: As in `Cosimulation`; the limit is for the whole transient.
        options: Solver options; None: `TRANSIENT_OPTIONS` with Gear's method, which does not ring where sources jump.

    Returns:
        The waveforms up to the end, or to where the controller stopped; and the controller as the run left it.

    Raises:
        ControllerError: The controller raised an exception; says when, and the folder with the waveforms up to there.
        InputError: A source, a vector or a returned value cannot be used, or the controller cannot be copied.
        SimulatorError: ngspice failed, or did not end in time: a controller that never returns is stopped so.
    """
    text = deck if isinstance(deck, str) else deck.text
    names = [vector_name(name) for name in read]
    chosen = choose_options(_OPTIONS if options is None else options, text, klu=False)
    packed = _packed(controller)
    worker = Worker(find_library(library), time_limit_s=time_limit_s, points=True)
    try:
        assembly = assemble(with_saved(text, [*names, f"v({HALT_NODE})"]), worker.folder)
        tell_left_out(assembly)
        text, values = _external(assembly.deck, sources)
        assembly = replace(assembly, deck=add_options(text, chosen))
        assembly.write(worker.folder, DECK)
        try:
            _, log = worker.ask("load", assembly.deck)
            found, said = worker.ask("run_points", sys.path, packed, names, values, HALT_NODE)
        except (CrashError, RefusalError, SimulatorError) as error:
            raise SimulatorError(f"co-simulation at every point: {error}", keep_waveforms(assembly, "", None)) from None
        time, failure, refused, left, analysis = found
        plot = _plot(*analysis)
        if failure:
            sentence = f"the controller at t = {time:g} s: {failure}"
            if refused:
                raise InputError(sentence)
            raise ControllerError(sentence, keep_waveforms(assembly, log + said, plot))
        if wrong := check_values((plot,)):
            raise SimulatorError(wrong.sentence, keep_waveforms(assembly, log + said, plot))
        attempt = Attempt("co-simulation at every point", dict(chosen), None, 0.0)
        raw = RawResult((plot,), worker.simulator, dict(chosen), (attempt,), assembly.digest, log + said, folder=None)
        return raw, controller if left is None else pickle.loads(left)
    finally:
        worker.close()


def _packed(controller: PointController) -> bytes:
    import cloudpickle  # only controllers need it

    try:
        return cloudpickle.dumps(controller)
    except Exception as error:
        raise InputError(
            f"controller: it cannot be copied to the process of the simulator ({type(error).__name__}: {error}): "
            "expected a function that refers to no open files, locks or generators"
        ) from None


def _external(deck: str, sources: Sequence[str]) -> tuple[str, dict[str, float]]:
    """Make sources external, add the one that halts, and return the deck and the DC values of these sources."""
    _, known = end_and_sources(deck)
    for line in deck.splitlines():
        words = line.split()
        if words[:1] and words[0].lower() == ".tran" and len(words) > 3 and (spice_number(words[3]) or 0.0) > 0:
            raise InputError(
                f"deck: {line.strip()!r}: ngspice shows nothing before a start time; expected .tran STEP END"
            )
    wanted = [str(name).lower() for name in sources]
    for name in wanted:
        if name not in known:
            some = ", ".join(sorted(known)[:8]) or "none"
            raise InputError(
                f"sources: {name!r}: the deck has no such source without a waveform of its own; it has {some}"
            )
    values, lines = {}, []
    for line in deck.splitlines():
        words = line.split()
        if words and (name := words[0].lower()) in wanted:
            given = re.sub(r"^dc[\s=]+", "", " ".join(words[3:]), flags=re.IGNORECASE).strip() or "0"
            values[name] = _value(name, given)
            line = f"{' '.join(words[:3])} external"
        lines.append(line)
    title, *body = lines
    halt = f"v{HALT_NODE} {HALT_NODE} 0 external"
    return "\n".join([title, halt, *body]) + "\n", values


def _value(name: str, given: str) -> float:
    value = spice_number(given)
    if value is None:
        raise InputError(f"sources: {name} = {given!r} in the deck: expected a plain number to begin with")
    return value


def _plot(name: str, variables: tuple[str, ...], data: np.ndarray) -> Plot:
    """Return the waveforms without that of the source that halts."""
    kept = [k for k, variable in enumerate(variables) if HALT_NODE not in variable]
    return Plot(name, tuple(variables[k] for k in kept), data[:, kept])
