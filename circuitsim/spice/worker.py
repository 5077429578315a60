"""The worker process of a session: runs libngspice through PySpice and exchanges requests and vectors over a pipe.

`connection` starts it as a script, `python -P worker.py DESCRIPTOR PARENT LIBRARY`. It imports nothing from circuitsim
and therefore starts quickly. The simulator may crash in it without harm to the parent. Each request has one answer:
(value, error of PySpice or None, log). The parent judges the log.
"""

import logging
import os
import sys
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from PySpice.Spice.NgSpice.Shared import NgSpiceShared, ffi

Analysis = tuple[str, tuple[str, ...], np.ndarray]

_LOOK_S = 0.5  # time between looks at the parent
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
        return [self._read_plot(name) for name in reversed(names)]

    def _read_plot(self, plot: str) -> Analysis:
        api: Any = self._ngspice_shared
        names = self._convert_string_array(api.ngSpice_AllVecs(plot.encode()))
        vectors = [self._read_vector(plot, name) for name in reversed(names)]
        data = np.stack([values for _, values in vectors], axis=1) if vectors else np.empty((0, 0))
        return plot, tuple(name for name, _ in vectors), data

    def _read_vector(self, plot: str, name: str) -> tuple[str, np.ndarray]:
        api: Any = self._ngspice_shared
        info = api.ngGet_Vec_Info(f"{plot}.{name}".encode())
        real = info.v_compdata == ffi.NULL
        kind = np.dtype(np.float64 if real else np.complex128)
        memory: Any = ffi.buffer(info.v_realdata if real else info.v_compdata, info.v_length * kind.itemsize)
        values = np.frombuffer(memory, kind).copy()
        return raw_name(name, voltage=info.v_type == _VOLTAGE), values


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


COMMANDS = {"load": load, "alter": alter, "run": run}


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


def main(descriptor: int, parent: int, path: str) -> None:
    """Serve requests until the other end closes or process `parent` ends."""
    threading.Thread(target=watch, args=(parent,), daemon=True).start()
    logging.disable(logging.CRITICAL)
    channel = Connection(descriptor)
    Library.LIBRARY_PATH = path.replace("{", "{{").replace("}", "}}")  # PySpice calls str.format on this path
    library = Library()
    library.take_log()
    channel.send((library.ngspice_version, library.has_xspice))
    while True:
        try:
            command, *arguments = channel.recv()
        except EOFError:
            return
        channel.send(answer(library, command, arguments))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
