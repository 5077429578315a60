"""The worker process of a session: runs libngspice through PySpice and exchanges requests and vectors over a pipe.

`connection` starts it as a script, `python -P worker.py DESCRIPTOR PARENT LIBRARY POINTS`. It imports nothing from
circuitsim and therefore starts quickly. The simulator may crash in it without harm to the parent. Each request has one
answer: (value, error of PySpice or None, log). The parent judges the log.
"""

import logging
import math
import os
import pickle
import sys
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from PySpice.Spice.NgSpice.Shared import NgSpiceShared, ffi

Analysis = tuple[str, tuple[str, ...], np.ndarray]

_LOOK_S = 0.5  # time between looks at the parent
_PAUSE = ("condition met", "pause requested", "simulation interrupted")
_VOLTAGE = 3  # SV_VOLTAGE of ngspice's sim.h


class Library(NgSpiceShared):
    """PySpice's libngspice, which here collects what is printed instead of raising.

    PySpice 1.5 raises on everything printed to stderr, even on messages that are not errors, such as "Using SPARSE 1.3
    as Direct Linear Solver" of ngspice 42 and later or the notes of gmin stepping.
    """

    # PySpice finds this method through the class, with the object in `user_data`.
    @staticmethod
    def _send_char(message_c: Any, ngspice_id: int, user_data: Any) -> int:
        library = ffi.from_handle(user_data)
        message: Any = ffi.string(message_c)
        library.note(message.decode("utf-8", errors="replace"))
        return 0

    def note(self, message: str) -> None:
        """Store one line that ngspice printed, without its prefix "stdout" or "stderr"."""
        self._stdout.append(message.partition(" ")[2])

    def take_log(self) -> str:
        """Return and clear what was printed since the last call."""
        log = "\n".join(self._stdout)
        self._stdout = []
        return log

    def clear_output(self) -> None:
        """Do nothing: PySpice calls this before every command, which would discard the log."""

    def read_plots(self) -> list[Analysis]:
        """Return name, vector names and data (points, vectors) of every analysis since `destroy all`, oldest first."""
        names = [name for name in self.plot_names if name != "const"]
        return [self.read_plot(name) for name in reversed(names)]

    def stops(self) -> list[int]:
        """Return the numbers of the breakpoints; `delete all` would forget the vectors to save as well."""
        self.take_log()
        self.exec_command("status")
        return [int(line.split()[0]) for line in self.take_log().splitlines() if " stop " in line]

    def read_plot(self, plot: str, first: int = 0) -> Analysis:
        """Return name, vector names and data (points, vectors) of one analysis, from point `first` on."""
        api: Any = self._ngspice_shared
        names = self._convert_string_array(api.ngSpice_AllVecs(plot.encode()))
        vectors = [self._read_vector(plot, name, first) for name in reversed(names)]
        data = np.stack([values for _, values in vectors], axis=1) if vectors else np.empty((0, 0))
        return plot, tuple(name for name, _ in vectors), data

    def _read_vector(self, plot: str, name: str, first: int) -> tuple[str, np.ndarray]:
        api: Any = self._ngspice_shared
        info = api.ngGet_Vec_Info(f"{plot}.{name}".encode())
        real = info.v_compdata == ffi.NULL
        kind = np.dtype(np.float64 if real else np.complex128)
        memory: Any = ffi.buffer(info.v_realdata if real else info.v_compdata, info.v_length * kind.itemsize)
        values = np.frombuffer(memory, kind)[first:].copy()
        return raw_name(name, voltage=info.v_type == _VOLTAGE), values


class RefusedError(Exception):
    """A controller returned what no source can take; caught within this process."""


class PointLibrary(Library):
    """A library that asks a controller at every accepted point, and holds what it returned until the next one.

    ngspice asks for a source several times a point, at steps that it rejects too: what it gets must not depend on that.
    """

    def control(self, controller: Any, read: list[str], values: dict[str, float], halt: str) -> None:
        """Take a controller, the vectors that it reads, the first values of its sources, and the source that halts."""
        self.controller, self.read, self.places = controller, read, None
        self.values = {name.encode(): value for name, value in values.items()}
        self.halting = f"v{halt}".encode()
        self.values[self.halting] = 0.0
        self.time, self.failure, self.refused = 0.0, "", False

    def find(self, vectors: Any, count: int) -> dict[str, int]:
        """Return the places of time and of the vectors to read."""
        places = {}
        for k in range(count):
            name = _text(vectors[k].name).lower()
            for written in (name, raw_name(name, voltage=True), raw_name(name, voltage=False)):
                places[written] = k
        if missing := [name for name in self.read if name not in places]:
            raise RefusedError(f"read: {missing[0]!r}: the transient has no such vector")
        return {name: places[name] for name in ("time", *self.read)}

    def meet(self, vectors: Any, count: int) -> None:
        """Ask the controller for new values; an exception or None halts the transient."""
        if self.places is None:
            self.places = self.find(vectors, count)
        found = {name: vectors[k].creal for name, k in self.places.items()}
        self.time = found.pop("time")
        wanted = self.controller(self.time, found)
        if wanted is None:
            self.values[self.halting] = 1.0
            return
        if not isinstance(wanted, dict):
            raise RefusedError(f"it returned {wanted!r}, expected values by the names of sources, or None to stop")
        for name, value in wanted.items():
            key = str(name).lower().encode()
            if key not in self.values:
                raise RefusedError(f"source {name!r}: expected one of those named in `sources`")
            if not isinstance(value, int | float | np.number) or not math.isfinite(value):
                raise RefusedError(f"source {name!r} = {value!r}: expected a finite number [V, A]")
            self.values[key] = float(value)

    # PySpice finds these methods through the class, with the object in `user_data`.
    @staticmethod
    def _get_vsrc_data(voltage: Any, time: float, node: Any, ngspice_id: int, user_data: Any) -> int:
        voltage[0] = _points(user_data).values.get(ffi.string(node), 0.0)
        return 0

    @staticmethod
    def _get_isrc_data(current: Any, time: float, node: Any, ngspice_id: int, user_data: Any) -> int:
        current[0] = _points(user_data).values.get(ffi.string(node), 0.0)
        return 0

    @staticmethod
    def _send_data(data: Any, number_of_vectors: int, ngspice_id: int, user_data: Any) -> int:
        library = _points(user_data)
        if not library.values[library.halting]:
            try:
                library.meet(data.vecsa, number_of_vectors)
            except BaseException as error:  # an exception that leaves a callback is printed and ignored
                refused = isinstance(error, RefusedError)
                library.failure = str(error) if refused else f"it raised {type(error).__name__}: {error}"
                library.refused = refused
                library.values[library.halting] = 1.0
        return 0


def _points(user_data: Any) -> Any:
    return ffi.from_handle(user_data)


def _text(characters: Any) -> str:
    written: Any = ffi.string(characters)
    return written.decode()


def raw_name(name: str, *, voltage: bool) -> str:
    """Return the name of a libngspice vector in a raw file: "i(vin_3)" for "vin_3#branch", "v(bl_3_5)" for "bl_3_5"."""
    name = name.lower()
    if name.endswith("#branch"):
        return f"i({name.removesuffix('#branch')})"
    return f"v({name})" if voltage and "(" not in name else name


def load(library: Library, deck: str) -> None:
    """Replace the circuit."""
    library.load_circuit(deck)


def alter(library: Library, values: dict[str, float]) -> None:
    """Change the main value of elements: DC values of sources [V, A], resistances [ohm], …"""
    for name, value in values.items():
        library.exec_command(f"alter {name} = {value:.17g}")


def run(library: Library) -> list[Analysis]:
    """Run the analyses of the deck, after dropping earlier results, which would slow down later runs."""
    library.exec_command("destroy all")
    library.exec_command("run")
    return library.read_plots()


def begin(library: Library, instant: float | None) -> tuple[bool, Analysis]:
    """Start the transient of the deck and pause after an instant; see `advance`."""
    library.exec_command("destroy all")
    return _go_on(library, "run", instant, 0)


def advance(library: Library, values: dict[str, float], instant: float | None, kept: int) -> tuple[bool, Analysis]:
    """Alter sources and go on with a paused transient.

    Args:
        values: DC values of sources [V, A].
        instant: Time [s] after which to pause; None: go on to the end.
        kept: Points that the parent has already.

    Returns:
        Whether the transient is at its end, and the analysis without the points that the parent has.
    """
    alter(library, values)
    return _go_on(library, "resume", instant, kept)


def _go_on(library: Library, command: str, instant: float | None, kept: int) -> tuple[bool, Analysis]:
    before = library.take_log()
    if instant is not None:
        library.exec_command(f"stop when time > {instant:.17g}")
    library.exec_command(command)
    said = library.take_log()
    for number in library.stops():
        library.exec_command(f"delete {number}")
    library.take_log()
    paused = "pause requested" in said
    # Lines that say how it paused are no failure.
    told = [line for line in said.splitlines() if not (paused and any(word in line for word in _PAUSE))]
    library.note("stdout " + "\n".join([before, *told]))
    return not paused, library.read_plot(library.plot_names[0], kept)


def run_points(
    library: PointLibrary, path: list[str], controller: bytes, read: list[str], values: dict[str, float], halt: str
) -> tuple[float, str, bool, bytes | None, Analysis]:
    """Run the transient of the deck under a controller.

    Returns:
        Time of the last call [s], what ended the transient before its time, whether a value that the controller
        returned did so, the controller as the run left it (None if it cannot be pickled), and the analysis.
    """
    sys.path.extend(entry for entry in path if entry not in sys.path)
    library.control(pickle.loads(controller), read, values, halt)
    library.exec_command("destroy all")
    library.exec_command(f"stop when v({halt}) > 0.5")
    library.take_log()
    library.exec_command("run")
    paused = "pause requested" in (said := library.take_log())
    told = [line for line in said.splitlines() if not (paused and any(word in line for word in _PAUSE))]
    library.note("stdout " + "\n".join(told))
    import cloudpickle  # only controllers need it

    try:
        left = cloudpickle.dumps(library.controller)
    except Exception:  # a controller may hold what no pickle takes: an open file
        left = None
    return library.time, library.failure, library.refused, left, library.read_plot(library.plot_names[0])


def save_state(library: Library, path: str) -> None:
    """Write the state of a paused transient to a file."""
    library.exec_command(f"snsave {path}")


def load_state(library: Library, deck: str, path: str) -> None:
    """Go back to a state: ngspice loads the deck anew; altered values are those of the deck."""
    library.exec_command("remcirc")
    library.exec_command("destroy all")
    library.exec_command(f"snload {deck} {path}")


COMMANDS = {
    "load": load,
    "alter": alter,
    "run": run,
    "begin": begin,
    "advance": advance,
    "save_state": save_state,
    "load_state": load_state,
    "run_points": run_points,
}


def answer(library: Library, command: str, arguments: list[Any]) -> tuple[Any, str | None, str]:
    """Carry out one request."""
    try:
        value, refusal = COMMANDS[command](library, *arguments), None
    except NameError as error:  # PySpice raises this for a command that ngspice refused
        value, refusal = None, str(error)
    return value, refusal, library.take_log()


def watch(parent: int) -> None:
    """End this process, even in the middle of a run, once process `parent` has ended."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(0)


def main(descriptor: int, parent: int, path: str, points: bool) -> None:
    """Serve requests until the other end closes or process `parent` ends."""
    threading.Thread(target=watch, args=(parent,), daemon=True).start()
    logging.disable(logging.CRITICAL)
    channel = Connection(descriptor)
    Library.LIBRARY_PATH = path.replace("{", "{{").replace("}", "}}")  # PySpice calls str.format on this path
    library = PointLibrary(send_data=True) if points else Library()
    library.take_log()
    channel.send((library.ngspice_version, library.has_xspice))
    while True:
        try:
            command, *arguments = channel.recv()
        except EOFError:
            return
        channel.send(answer(library, command, arguments))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4] == "points")
