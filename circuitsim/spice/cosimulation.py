"""Co-simulation: one transient of ngspice that pauses at instants, where Python reads voltages and sets sources."""

import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.errors import InputError, SimulatorError
from circuitsim.library import Assembly, assemble, tell_left_out
from circuitsim.spice.batch import Deck
from circuitsim.spice.connection import CrashError, RefusalError, Worker
from circuitsim.spice.cosimulated_deck import end_and_sources, vector_name, with_corners, with_saved
from circuitsim.spice.folders import LOG
from circuitsim.spice.libngspice import find_library
from circuitsim.spice.options import TRANSIENT_OPTIONS, add_options, choose_options
from circuitsim.spice.process import DECK
from circuitsim.spice.raw import Plot
from circuitsim.spice.result import Attempt, RawResult
from circuitsim.spice.verdict import NO_RESULTS, check_values


@dataclass(frozen=True)
class Snapshot:
    """A paused transient to come back to, see `Cosimulation.snapshot`.

    Attributes:
        time: When it paused [s].
        sources: Values set until then [V, A].
        plot: The waveforms until then.
        file: File of the simulator's state.
    """

    time: float
    sources: dict[str, float]
    plot: Plot
    file: Path


class Cosimulation:
    """A transient under Python's control.

        with Cosimulation(deck, read=["v(out)"], instants=[20e-9, 50e-9]) as run:
            found = run.advance(20e-9)
            run.advance(50e-9, {"vin": 0.3 if found["v(out)"] > 0.5 else 0.1})
            waveforms = run.finish()

    A pause comes at the first accepted point after its instant: at most one step of the simulator late, and less than a
    hundredth of that at the `instants` named beforehand, where the deck gets a corner. `time` is when it came. A source
    that is altered jumps within the next step. For edges of a given slope, let a PULSE source of the deck have the
    shape, and a B source multiply it by the source that you alter: `bx top 0 v = v(amplitude) * v(shape)`.

    Args:
        deck: Whole deck with its `.tran`; solver options are added.
        read: Vectors to return at each pause, as ngspice writes them: "v(out)", "i(vin)".
        instants: Times known beforehand [s], increasing.
        library: Path of libngspice; None: `find_library()`.
        options: Solver options; None: `TRANSIENT_OPTIONS`.
        time_limit_s: Limit for each stretch between two pauses [s].

    Raises:
        UnsafeFileError, SimulatorMissingError: As `Session`.
        InputError: The deck has no `.tran`, or an argument cannot be used.
        SimulatorError: ngspice does not accept the deck.
    """

    def __init__(
        self,
        deck: str | Deck,
        *,
        read: Sequence[str],
        instants: ArrayLike = (),
        library: str | Path | None = None,
        options: Mapping[str, str] | None = None,
        time_limit_s: float = 600.0,
    ):
        text = deck if isinstance(deck, str) else deck.text
        self._read = tuple(vector_name(name) for name in read)
        self._options = choose_options(TRANSIENT_OPTIONS if options is None else options, text, klu=False)
        self._worker = Worker(find_library(library), time_limit_s=time_limit_s)
        try:
            assembly = assemble(with_corners(with_saved(text, self._read), instants), self._worker.folder)
            tell_left_out(assembly)
            self._assembly = replace(assembly, deck=add_options(assembly.deck, self._options))
            self._end, self._sources = end_and_sources(self._assembly.deck)
            self._assembly.write(self._worker.folder, DECK)
        except BaseException:
            self._worker.close()
            raise
        self._values: dict[str, float] = {}
        self._plot: Plot | None = None
        self._kept = 0
        self._log = ""
        self._snapshots = 0
        self._closed = self._ended = False
        self._ask("load", self._assembly.deck)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def time(self) -> float:
        """When the transient paused last [s]; 0 before it began."""
        return 0.0 if self._plot is None else float(self._plot.data[-1, 0])

    @property
    def worker_pid(self) -> int:
        """Process id of the simulator's process."""
        return self._worker.pid

    @property
    def ended(self) -> bool:
        """Whether the transient is at its end."""
        return self._ended

    @property
    def end(self) -> float:
        """The end of the transient that the deck asks for [s]."""
        return self._end

    def advance(self, instant: float, sources: Mapping[str, float] | None = None) -> dict[str, float]:
        """Set sources and go on to an instant, or to the end of the transient if that comes first.

        Args:
            instant: When to pause [s], later than `time`.
            sources: Values from now on [V, A], by the names of sources of the deck that have no waveform of their own.

        Returns:
            The vectors to read, at `time`.

        Raises:
            InputError: A source is not one of the deck, a value is not finite, or the instant is not in the future.
            SimulatorError: ngspice failed; the error names the folder with deck, log and the waveforms so far.
        """
        if not (isinstance(instant, int | float) and instant > self.time and math.isfinite(instant)):
            raise InputError(f"instant = {instant!r} s: expected a time later than {self.time:g} s, the last pause")
        self._go(instant, sources)
        assert self._plot is not None
        return {name: float(self._plot[name][-1]) for name in self._read}

    def finish(self, sources: Mapping[str, float] | None = None) -> RawResult:
        """Set sources, go on to the end of the transient, and return its waveforms; errors as `advance`."""
        if not self._ended:
            self._go(None, sources)
        return self.waveforms()

    def waveforms(self) -> RawResult:
        """Return the waveforms up to now, of every vector that the deck saves.

        Raises:
            InputError: The transient has not begun.
        """
        if self._plot is None:
            raise InputError("the transient has not begun: expected a call of advance or finish")
        attempt = Attempt("co-simulation", dict(self._options), None, 0.0)
        worker = self._worker
        return RawResult(
            (self._plot,),
            worker.simulator,
            dict(self._options),
            (attempt,),
            self._assembly.digest,
            self._log,
            folder=None,
        )

    def snapshot(self) -> Snapshot:
        """Keep the paused transient as a point to come back to.

        Raises:
            InputError: The transient has not begun, or has ended.
        """
        if self._plot is None or self._ended:
            raise InputError(
                f"snapshot at {self.time:g} s: expected a paused transient, neither before its begin nor at its end"
            )
        self._snapshots += 1
        file = self._worker.folder / f"state_{self._snapshots}.sn"
        self._ask("save_state", file.name)
        return Snapshot(self.time, dict(self._values), self._plot, file)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this co-simulation; `time`, sources and waveforms are as they were.

        Raises:
            InputError: The snapshot is of another co-simulation.
        """
        if snapshot.file.parent != self._worker.folder or not snapshot.file.is_file():
            raise InputError(f"snapshot at {snapshot.time:g} s: expected one of this co-simulation, still open")
        self._ask("load_state", DECK, snapshot.file.name)
        self._ask("alter", snapshot.sources)
        self._values, self._plot, self._kept, self._ended = dict(snapshot.sources), snapshot.plot, 0, False

    def close(self) -> None:
        """End the worker; waveforms that were returned stay."""
        self._worker.close()
        self._closed = True

    def keep(self) -> Path:
        """Write deck, log and the waveforms so far (`waveforms.npz`, by vector) into a new folder, and return it."""
        return keep_waveforms(self._assembly, self._log, self._plot)

    def _go(self, instant: float | None, sources: Mapping[str, float] | None) -> None:
        if self._closed:
            raise InputError("the co-simulation is closed: expected calls inside its `with` block")
        if self._ended:
            raise InputError(f"the transient ended at {self.time:g} s, expected a longer .tran")
        values = self._checked(sources or {})
        self._values |= values
        if self._plot is None:
            self._ask("alter", values)
            ended, analysis = self._ask("begin", instant)
        else:
            ended, analysis = self._ask("advance", values, instant, self._kept)
        name, variables, data = analysis
        self._kept += len(data)
        if self._plot is not None and len(data):
            data = np.concatenate([self._plot.columns(variables), data])
        if len(data):
            self._plot = Plot(name, tuple(variables), data)
        failure = NO_RESULTS if self._plot is None else check_values((self._plot,))
        if failure:
            raise self._failed(failure.sentence, self._log)
        self._ended = ended
        if ended and self.time < self._end * (1 - 1e-6):
            raise self._failed(
                f"ngspice ended the transient at {self.time:g} s, before its end at {self._end:g} s", self._log
            )

    def _checked(self, sources: Mapping[str, float]) -> dict[str, float]:
        values = {}
        for name, value in sources.items():
            key = str(name).lower()
            where = f"at t = {self.time:g} s, source {name!r}"
            if key not in self._sources:
                some = ", ".join(sorted(self._sources)[:8]) or "none"
                raise InputError(f"{where}: the deck has no such source without a waveform of its own; it has {some}")
            if not isinstance(value, int | float | np.number) or isinstance(value, bool) or not math.isfinite(value):
                raise InputError(f"{where} = {value!r}: expected a finite number [V, A]")
            values[key] = float(value)
        return values

    def _ask(self, command: str, *arguments: Any) -> Any:
        """Send a request to the worker; a failure ends the run, and its folder is kept."""
        try:
            value, log = self._worker.ask(command, *arguments)
        except CrashError as crash:
            raise self._failed(f"ngspice crashed at t = {self.time:g} s: {crash}", self._log) from None
        except RefusalError as refusal:
            raise self._failed(f"at t = {self.time:g} s: {refusal}", refusal.log) from None
        except SimulatorError as error:
            raise self._failed(f"at t = {self.time:g} s: {error}", self._log) from None
        self._log += log
        return value

    def _failed(self, sentence: str, log: str) -> SimulatorError:
        """End the worker, and return an error that names the folder with what was kept."""
        self._log += log
        folder = self.keep()
        self.close()
        return SimulatorError(sentence, folder)


def keep_waveforms(assembly: Assembly, log: str, plot: Plot | None) -> Path:
    """Write deck, log and waveforms (`waveforms.npz`, by vector) into a new folder, and return it."""
    folder = Path(tempfile.mkdtemp(prefix="circuitsim-"))
    assembly.write(folder, DECK)
    (folder / LOG).write_text(log, encoding="utf-8")
    if plot is not None:
        np.savez(folder / "waveforms.npz", allow_pickle=False, **{name: plot[name] for name in plot.variables})
    return folder
