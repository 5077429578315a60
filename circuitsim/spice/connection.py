"""Start a worker process, send it requests, and end it: the parent's side of the connection."""

import os
import shutil
import subprocess
import sys
import tempfile
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

from circuitsim.errors import SimulatorError, SimulatorMissingError
from circuitsim.spice.environment import child_environment, warn_of_ignored
from circuitsim.spice.process import guarded
from circuitsim.spice.simulator import KLU_SINCE, Simulator
from circuitsim.spice.verdict import complaint

_SCRIPT = Path(__file__).with_name("worker.py")


class CrashError(Exception):
    """The worker process ended unexpectedly; caught within the package."""


class RefusalError(Exception):
    """The simulator ran without success; caught within the package."""

    def __init__(self, sentence: str, log: str):
        super().__init__(sentence)
        self.log = log


class Worker:
    """One worker process that runs libngspice in a private working folder, which is also its home.

    libngspice reads a user's start-up file `.spiceinit` from the home and from the working folder, and the file would
    change results. The worker sees neither folder of the user.

    Args:
        library: Path or name of libngspice.
        time_limit_s: Limit for the answer to one request [s].
        points: Whether a controller is asked at every point, which makes other runs slower.

    Raises:
        SimulatorMissingError: libngspice cannot be loaded.
        SimulatorError: The worker did not answer in time.
    """

    def __init__(self, library: str, *, time_limit_s: float, points: bool = False):
        self.folder = Path(tempfile.mkdtemp(prefix="circuitsim-session-"))
        self.time_limit_s = time_limit_s
        self._channel, theirs = Pipe()
        warn_of_ignored()
        # -P keeps the folder of the script off the module path: its modules must not hide others of the same name.
        # The worker watches this process itself: the kernel would end it with the thread that started it.
        script = [sys.executable, "-P", str(_SCRIPT), str(theirs.fileno()), str(os.getpid()), library]
        script.append("points" if points else "runs")
        with (self.folder / "worker.log").open("wb") as log:
            self._child = subprocess.Popen(
                guarded(script, self.folder, parent=0),
                cwd=self.folder,
                env=child_environment(self.folder, python=True),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        theirs.close()
        try:
            version, self.xspice = self._receive()
        except CrashError as crash:
            said = (self.folder / "worker.log").read_text(errors="replace").strip().splitlines()
            self.close()
            reason = said[-1].removeprefix("OSError: ") if said else str(crash)  # the last line of a traceback tells
            raise SimulatorMissingError(f"libngspice at {library} cannot be used: {reason}") from None
        self.simulator = Simulator(Path(library), version, f"libngspice-{version}", version >= KLU_SINCE)

    @property
    def pid(self) -> int:
        """Process id of the worker."""
        return self._child.pid

    def ask(self, command: str, *arguments: Any) -> tuple[Any, str]:
        """Send a request; return its value and the text that ngspice printed.

        Raises:
            CrashError: The process ended.
            RefusalError: ngspice reported an error.
            SimulatorError: ngspice did not answer in time.
        """
        try:
            self._channel.send((command, *arguments))
        except OSError:
            raise CrashError(self._how()) from None
        value, refusal, log = self._receive()
        if failure := complaint(log):
            raise RefusalError(failure.sentence, log)
        if refusal:
            raise RefusalError(f"ngspice refuses to {command}: {refusal}", log)
        return value, log

    def close(self) -> None:
        """End the process and remove its folder."""
        self._channel.close()
        self._child.kill()
        self._child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _receive(self) -> Any:
        try:
            if not self._channel.poll(self.time_limit_s):
                raise TimeoutError
            return self._channel.recv()
        except TimeoutError:
            self._child.kill()
            raise SimulatorError(f"ngspice did not answer within {self.time_limit_s:g} s and was stopped") from None
        except (EOFError, OSError):
            raise CrashError(self._how()) from None

    def _how(self) -> str:
        try:
            code = self._child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "its worker process closed the connection"
        return f"its worker process ended with {f'signal {-code}' if code < 0 else f'exit code {code}'}"
