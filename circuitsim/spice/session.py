"""A session of ngspice: load a deck once, then alter values and run it again any number of times."""

import json
import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Self

from circuitsim.errors import InputError, SimulatorError
from circuitsim.library import Assembly, assemble, tell_left_out
from circuitsim.spice.batch import Deck
from circuitsim.spice.connection import CrashError, RefusalError, Worker
from circuitsim.spice.libngspice import find_library
from circuitsim.spice.options import add_options, choose_options
from circuitsim.spice.process import DECK
from circuitsim.spice.raw import Plot
from circuitsim.spice.result import Attempt, RawResult
from circuitsim.spice.simulator import Simulator
from circuitsim.spice.verdict import NO_RESULTS, check_values

_ELEMENT = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_RETRIES = 1


class Session:
    """libngspice in a worker process, with one deck loaded.

    Use it for loops in which Python decides the next input. If all inputs are known beforehand, one deck with an index
    sweep is faster. If the simulator crashes, the run is repeated once in a new process with every value altered so
    far, and the crash is recorded in the attempts of the result. The process is replaced after `recycle_after` runs,
    because the memory of libngspice grows.

    Args:
        deck: Whole deck, with its analysis and `.save`; solver options are added.
        library: Path of libngspice; None: `find_library()`.
        options: Solver options; None: the truth options of the simulator. `klu` is added to large decks if the
            simulator supports it.
        recycle_after: Runs per worker process.
        time_limit_s: Limit for loading and for each run [s].

    Raises:
        UnsafeFileError: The deck or a file it includes contains commands that ngspice would execute.
        InputError: An included file is missing (paths must be absolute), or an option is unknown.
        SimulatorMissingError: libngspice was not found or cannot be loaded.
        SimulatorError: ngspice does not accept the deck.
    """

    def __init__(
        self,
        deck: str | Deck,
        *,
        library: str | Path | None = None,
        options: Mapping[str, str] | None = None,
        recycle_after: int = 1000,
        time_limit_s: float = 600.0,
    ):
        if recycle_after < 1:
            raise InputError(f"recycle_after must be >= 1, got {recycle_after}")
        self._text = deck if isinstance(deck, str) else deck.text
        self._library = find_library(library)
        self._wanted = options
        self._options = choose_options(options, self._text, klu=False)
        self._recycle_after = recycle_after
        self._time_limit_s = time_limit_s
        self._values: dict[str, float] = {}
        self._runs = 0
        self._worker: Worker | None = None
        self._assembly: Assembly | None = None
        try:
            self._start()
        except CrashError as crash:
            raise self._failed(f"ngspice crashed while it read the deck: {crash}", "") from None
        except RefusalError as refusal:
            raise self._failed(str(refusal), refusal.log) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def worker_pid(self) -> int | None:
        """Process id of the current worker; None if there is none."""
        return self._worker.pid if self._worker else None

    def run(self, values: Mapping[str, float] | None = None) -> RawResult:
        """Alter elements, run the deck's analyses, and return the results.

        Args:
            values: Main value by element name: DC values of sources [V, A], resistances [ohm]. Elements of a
                sub-circuit have the names that ngspice gives them, `r.xcell_0_0.r1`. Values stay until they are altered
                again; if this run fails, the previous values are restored. A B source cannot be altered.

        Raises:
            InputError: A name is not an element name.
            SimulatorError: ngspice found no solution, refused a value, did not answer, or crashed twice in a row. Deck,
                log and values are kept in a folder that the error names.
        """
        for name in values or {}:
            if not _ELEMENT.fullmatch(name):
                raise InputError(f"element name {name!r}: expected letters, digits, _ and .")
        before = dict(self._values)
        self._values |= {name.lower(): float(value) for name, value in (values or {}).items()}
        if self._worker and self._runs >= self._recycle_after:
            self.close()
        attempts: list[Attempt] = []
        while True:
            change = "session" if not attempts else "new process"
            start = time.perf_counter()
            try:
                plots, log, simulator = self._try(values or {})
            except CrashError as crash:
                self.close()
                attempts.append(self._attempt(change, f"ngspice crashed: {crash}", start))
                if len(attempts) > _RETRIES:
                    raise self._failed(f"{attempts[0].failure}, and once more in a new process", "") from None
            except (RefusalError, SimulatorError) as error:
                failure = self._failed(str(error), error.log if isinstance(error, RefusalError) else "")
                self._values = before
                self.close()
                raise failure from None
            else:
                attempts.append(self._attempt(change, None, start))
                return RawResult(plots, simulator, dict(self._options), tuple(attempts), self._digest, log, folder=None)

    def close(self) -> None:
        """End the worker; a later `run` starts a new one."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _try(self, values: Mapping[str, float]) -> tuple[tuple[Plot, ...], str, Simulator]:
        if self._worker is None:
            worker = self._start()
        else:
            worker = self._worker
            worker.ask("alter", dict(values))
        analyses, log = worker.ask("run")
        self._runs += 1
        plots = tuple(Plot(*analysis) for analysis in analyses)
        failure = check_values(plots) if plots else NO_RESULTS
        if failure:
            raise RefusalError(failure.sentence, log)
        return plots, log, worker.simulator

    def _start(self) -> Worker:
        """Start a worker, load the deck, and restore every altered value."""
        worker = Worker(self._library, time_limit_s=self._time_limit_s)
        self._worker = worker
        self._runs = 0
        self._options = choose_options(self._wanted, self._text, klu=worker.simulator.klu)
        if self._assembly is None:  # once: a file that changes later does not change the session
            self._assembly = assemble(self._text, worker.folder)
            tell_left_out(self._assembly)
        whole = self._with_options(self._assembly)
        self._digest = whole.digest
        whole.write(worker.folder, DECK)
        worker.ask("load", whole.deck)
        worker.ask("alter", self._values)
        return worker

    def _attempt(self, change: str, failure: str | None, start: float) -> Attempt:
        return Attempt(change, dict(self._options), failure, time.perf_counter() - start)

    def _with_options(self, assembly: Assembly) -> Assembly:
        return replace(assembly, deck=add_options(assembly.deck, self._options))

    def _failed(self, sentence: str, log: str) -> SimulatorError:
        """Save what is needed to repeat a failure, and return an error that names the folder."""
        folder = Path(tempfile.mkdtemp(prefix="circuitsim-"))
        if self._assembly is None:
            (folder / DECK).write_text(self._text, encoding="utf-8")
        else:
            self._with_options(self._assembly).write(folder, DECK)
        (folder / "deck.log").write_text(log, encoding="utf-8")
        (folder / "altered.json").write_text(json.dumps(self._values, indent=1), encoding="utf-8")
        return SimulatorError(sentence, folder)
