"""Run a deck in a child process: check the results, retry along the ladder, keep the folder of a failed run."""

import logging
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from circuitsim.errors import InputError, SimulatorError
from circuitsim.library import Assembly, assemble, assemble_own, tell_left_out
from circuitsim.netlist import ChainNetlist, Netlist, TransientNetlist
from circuitsim.spec import checked
from circuitsim.spice.folders import DECK, LOG, RAW, clear, locked
from circuitsim.spice.ladder import AS_WRITTEN, climb, rungs_after
from circuitsim.spice.options import TRANSIENT_OPTIONS, add_options, choose_options
from circuitsim.spice.predict import check_size, predict
from circuitsim.spice.process import Exit, Launcher, execute
from circuitsim.spice.raw import Plot
from circuitsim.spice.result import Attempt, RawResult
from circuitsim.spice.simulator import Simulator, find_ngspice
from circuitsim.spice.time_limit import LEAST_S, time_limit
from circuitsim.spice.verdict import Failure, judge, read_log

_log = logging.getLogger(__name__)

_OWN = (Netlist, TransientNetlist, ChainNetlist)  # decks that circuitsim wrote
_Outcome = tuple[float, tuple[Plot, ...] | Failure]  # duration of an attempt [s], and its results or its failure


class Deck(Protocol):
    """Anything with the text of a whole deck, such as a `Netlist`."""

    @property
    def text(self) -> str: ...


@checked
def run(
    deck: str | Deck,
    *,
    folder: str | Path | None = None,
    time_limit_s: float | None = None,
    simulator: Simulator | None = None,
    options: Mapping[str, str] | None = None,
    keep: bool = False,
    launcher: Launcher | None = None,
) -> RawResult:
    """Run a deck with ngspice and return its checked results.

    Args:
        deck: Whole deck. The solver options are inserted before its `.end`, where they override earlier ones.
        folder: Run folder for deck.cir, deck.log and deck.raw. It is created if missing, and kept; run `ngspice -b -r
            deck.raw deck.cir` in it to repeat the run by hand. What an earlier run left in it is removed first. Runs
            in one folder wait for each other, and each returns its own results; the files are those of the last.
            None: a temporary folder, removed after success.
        time_limit_s: Wall-clock limit of each attempt [s]; None: half an hour, or more for an array's deck that is
            predicted to take long, see `time_limit`.
        simulator: The ngspice to use; None: `find_ngspice()`.
        options: Solver options; None: `TRANSIENT_OPTIONS` for a `TransientNetlist`, else the truth options of the
            simulator. `klu` is added to large decks if the simulator supports it.
        keep: Keep the temporary folder even after success.
        launcher: Starts each ngspice process, for a caller that must be able to end it.

    Raises:
        UnsafeFileError: The deck or a file it includes contains commands that ngspice would execute.
        InputError: An included file is missing, an option is unknown, the folder cannot be written, or the predicted
            time or memory exceeds the time limit or the memory of the machine.
        SimulatorMissingError: ngspice was not found.
        SimulatorError: The run failed on every rung of the ladder, or another run still uses the folder after the time
            limit. The folder is kept, and the error names it.
    """
    text = deck if isinstance(deck, str) else deck.text
    simulator = simulator or find_ngspice()
    if options is None and isinstance(deck, TransientNetlist):
        options = TRANSIENT_OPTIONS
    amplifiers = isinstance(deck, Netlist) and len(deck.v_out) > 0
    chosen = choose_options(options, text, klu=simulator.klu, amplifiers=amplifiers)
    if isinstance(deck, Netlist):
        prediction = predict(deck.shape, vectors=deck.points, simulator=simulator)
        check_size(prediction, time_limit_s=LEAST_S if time_limit_s is None else time_limit_s)
    if time_limit_s is None:
        time_limit_s = time_limit(deck, simulator) if isinstance(deck, _OWN) else LEAST_S
    place = _make_folder(folder)
    with locked(place, wait_s=time_limit_s) as lock:
        clear(place)
        try:
            start = partial(execute, simulator, place, time_limit_s=time_limit_s, launcher=launcher, lock=lock)
            assembly = _assemble(deck, place)
            result = _climb(assembly, place, simulator, chosen, partial(_attempt, place, start, time_limit_s))
        except InputError:
            _remove_empty(place)
            raise
    if folder is None and not keep:
        shutil.rmtree(place, ignore_errors=True)
        return replace(result, folder=None)
    return result


def _assemble(deck: str | Deck, folder: Path) -> Assembly:
    """Read what a deck includes; the lines of a deck that circuitsim wrote are taken as they are."""
    if isinstance(deck, _OWN):
        return assemble_own(deck.text)
    assembly = assemble(deck if isinstance(deck, str) else deck.text, folder)
    tell_left_out(assembly)
    return assembly


def _climb(
    assembly: Assembly,
    folder: Path,
    simulator: Simulator,
    options: dict[str, str],
    attempt: Callable[[Assembly], _Outcome],
) -> RawResult:
    """Run the deck as written, then with the changes of each rung of the ladder, until a run is accepted."""
    text = assembly.deck
    attempts: list[Attempt] = []
    rungs = [AS_WRITTEN]
    while rungs:
        rung = rungs.pop(0)
        if attempts:
            _log.info("%s: %s; trying %s", _title(text), attempts[-1].failure, rung.change)
        options = climb(options, rung)
        whole = replace(assembly, deck=add_options(text, options))
        seconds, outcome = attempt(whole)
        failed = isinstance(outcome, Failure)
        attempts.append(Attempt(rung.change, dict(options), outcome.sentence if failed else None, seconds))
        if not failed:
            log = read_log(folder)
            return RawResult(outcome, simulator, dict(options), tuple(attempts), whole.digest, log, folder)
        if len(attempts) == 1:
            rungs = list(rungs_after(outcome, options))
        elif outcome.kind in ("time", "disk", "deck"):
            rungs = []
        if rungs:
            _set_aside(folder, len(attempts))
    raise SimulatorError(_sentence(text, attempts), folder)


def _attempt(folder: Path, start: Callable[[], Exit], limit: float, assembly: Assembly) -> _Outcome:
    """Write the deck and run it once; the results count only if the deck is still the one that was written."""
    try:
        assembly.write(folder, DECK)
        content = (folder / DECK).read_bytes()
        end = start()
        changed = (folder / DECK).read_bytes() != content
    except OSError as error:
        raise SimulatorError(f"{folder / DECK} cannot be written: {error.strerror}", folder) from None
    if changed:
        raise SimulatorError(f"{folder / DECK} changed while ngspice ran: another program uses the folder", folder)
    return end.seconds, judge(end, folder, time_limit_s=limit)


def _make_folder(folder: str | Path | None) -> Path:
    try:
        if folder is None:
            return Path(tempfile.mkdtemp(prefix="circuitsim-"))
        folder = Path(folder).absolute()
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"run folder {folder or tempfile.gettempdir()} cannot be created: {error.strerror}") from None
    return folder


def _remove_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()


def _set_aside(folder: Path, number: int) -> None:
    """Rename deck, log and raw file of a failed attempt by its number, so that the next attempt keeps them."""
    for name in (DECK, LOG, RAW):
        if (folder / name).exists():
            (folder / name).replace(folder / f"attempt{number}_{name}")


def _sentence(text: str, attempts: list[Attempt]) -> str:
    retries = f" (also tried: {', '.join(a.change for a in attempts[1:])})" if len(attempts) > 1 else ""
    return f"{_title(text)}: {attempts[0].failure}{retries}"


def _title(text: str) -> str:
    return text.split("\n", 1)[0].strip("* ")[:60]
