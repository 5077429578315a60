"""Run one ngspice child process in one run folder."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from circuitsim.errors import SimulatorError
from circuitsim.spice import guard
from circuitsim.spice.environment import child_environment
from circuitsim.spice.folders import DECK, LOG, RAW
from circuitsim.spice.simulator import Simulator

LOG_LIMIT = 64 << 20  # bytes that a simulator may print
_LOOK_S = 0.25  # time between looks at the size of the log

Launcher = Callable[[Callable[[], subprocess.Popen]], subprocess.Popen]
"""Calls the given function, which starts a child process, and returns that process."""


@dataclass(frozen=True)
class Exit:
    """How a child process ended.

    Attributes:
        code: Exit code; −n if signal n ended the process.
        timed_out: True if the process was ended because it exceeded the time limit.
        seconds: Wall-clock time [s].
        flooded: True if the process was ended because it printed more than `LOG_LIMIT` bytes.
    """

    code: int
    timed_out: bool
    seconds: float
    flooded: bool = False


def guarded(command: Sequence[str], folder: Path, *, parent: int) -> list[str]:
    """Return the command that starts `command` so that it writes only in `folder` and ends with this process.

    Args:
        command: Program, with its path, and its arguments.
        folder: The only folder in which it may write, where the kernel has Landlock.
        parent: Number of this process; 0: the program itself watches its parent.
    """
    return [sys.executable, "-I", "-S", guard.__file__, str(parent), str(folder), *command]


def execute(
    simulator: Simulator,
    folder: Path,
    *,
    time_limit_s: float,
    launcher: Launcher | None = None,
    lock: int | None = None,
) -> Exit:
    """Run `ngspice -n -b` on `deck.cir` in `folder`, and write deck.log and deck.raw there.

    `-n` ignores the start-up files of the user and of the folder. The child runs inside the folder, so that blanks or
    non-ASCII letters in its name do not reach ngspice. It has its own process group, so that all its descendants can be
    ended; it ends with this process, even if that is killed. A `launcher` starts the child in place of this function
    and may refuse by raising an error. The child keeps the descriptor `lock` of its folder open, which holds the folder
    until it ends.

    Raises:
        SimulatorError: The process cannot be started or its log cannot be written.
    """
    command = guarded([str(simulator.path), "-n", "-b", "-r", RAW, DECK], folder, parent=os.getpid())

    def launch() -> subprocess.Popen:
        with (folder / LOG).open("xb") as log:
            return subprocess.Popen(
                command,
                cwd=folder,
                env=child_environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=() if lock is None else (lock,),
                start_new_session=True,
            )

    start = time.perf_counter()
    try:
        child = launch() if launcher is None else launcher(launch)
    except OSError as error:
        raise SimulatorError(f"{simulator.path} cannot be started: {error.strerror}", folder) from None
    try:
        stopped = _wait(child, folder / LOG, start + time_limit_s)
    finally:
        end(child)
    if reason := _refusal(child.returncode, folder / LOG):
        raise SimulatorError(f"{simulator.path} cannot be started: {reason}", folder)
    return Exit(child.returncode, stopped == "time", time.perf_counter() - start, stopped == "log")


def _wait(child: subprocess.Popen, log: Path, deadline: float) -> str | None:
    """Wait for the child; return "time" or "log" if it exceeded a limit, and cut a log that is too long."""
    while True:
        left = deadline - time.perf_counter()
        ended = _ended(child, max(min(left, _LOOK_S), 0.0))
        if log.stat().st_size > LOG_LIMIT:
            end(child)
            os.truncate(log, LOG_LIMIT)
            return "log"
        if ended:
            return None
        if left <= _LOOK_S:
            return "time"


def _ended(child: subprocess.Popen, timeout_s: float) -> bool:
    """Wait for the child at most so long; `Popen.wait` would look only every 50 ms, longer than a small deck takes."""
    if hasattr(os, "pidfd_open"):
        with contextlib.suppress(OSError):
            descriptor = os.pidfd_open(child.pid)
            try:
                end_of = select.poll()
                end_of.register(descriptor, select.POLLIN)
                end_of.poll(1000 * timeout_s)
            finally:
                os.close(descriptor)
            return child.poll() is not None
    try:
        child.wait(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        return False
    return True


def _refusal(code: int, log: Path) -> str | None:
    """Return why the guard could not start the program; None if it did."""
    said = log.read_bytes()[:200].decode("utf-8", errors="replace") if code == guard.NOT_STARTED else ""
    return said.partition("guard: ")[2].strip() if said.startswith("guard: ") else None


def end(child: subprocess.Popen) -> None:
    """End a child and all its descendants; does nothing if the child has ended."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
