"""Run one ngspice child process in one run folder."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from circuitsim.errors import SimulatorError
from circuitsim.spice.simulator import Simulator

DECK = "deck.cir"
LOG = "deck.log"
RAW = "deck.raw"

# Environment variables that would change results: the format of the raw file, the search path of includes.
_UNWANTED = ("SPICE_ASCIIRAWFILE", "NGSPICE_INPUT_DIR")


Launcher = Callable[[Callable[[], subprocess.Popen]], subprocess.Popen]
"""Calls the given function, which starts a child process, and returns that process."""


@dataclass(frozen=True)
class Exit:
    """How a child process ended.

    Attributes:
        code: Exit code; −n if signal n ended the process.
        timed_out: True if the process was ended because it exceeded the time limit.
        seconds: Wall-clock time [s].
    """

    code: int
    timed_out: bool
    seconds: float


def child_environment() -> dict[str, str]:
    """Return the environment of a simulator: the user's, without variables that change results, on one thread."""
    kept = {key: value for key, value in os.environ.items() if key not in _UNWANTED}
    return {**kept, "OMP_NUM_THREADS": "1"}


def execute(
    simulator: Simulator,
    folder: Path,
    *,
    time_limit_s: float,
    launcher: Launcher | None = None,
) -> Exit:
    """Run `ngspice -n -b` on `deck.cir` in `folder`, and write deck.log and deck.raw there.

    `-n` ignores the start-up files of the user and of the folder. The child runs inside the folder, so that blanks or
    non-ASCII letters in its name do not reach ngspice. It has its own process group, so that all its descendants can be
    ended. A `launcher` starts the child in place of this function and may refuse by raising an error.

    Raises:
        SimulatorError: The process cannot be started or its log cannot be written.
    """
    command = [str(simulator.path), "-n", "-b", "-r", RAW, DECK]

    def launch() -> subprocess.Popen:
        with (folder / LOG).open("wb") as log:
            return subprocess.Popen(
                command,
                cwd=folder,
                env=child_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    start = time.perf_counter()
    try:
        child = launch() if launcher is None else launcher(launch)
    except OSError as error:
        raise SimulatorError(f"{simulator.path} cannot be started: {error}", folder) from None
    timed_out = False
    try:
        child.wait(timeout=time_limit_s)
    except subprocess.TimeoutExpired:
        timed_out = True
    finally:
        end(child)
    return Exit(child.returncode, timed_out, time.perf_counter() - start)


def end(child: subprocess.Popen) -> None:
    """End a child and all its descendants; does nothing if the child has ended."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
