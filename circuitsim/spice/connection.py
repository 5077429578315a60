"""The parent's end of a worker process: start it, ask it, end it."""

import shutil
import subprocess
import sys
import tempfile
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

from circuitsim.errors import SimulatorError, SimulatorMissingError
from circuitsim.spice.process import child_environment
from circuitsim.spice.simulator import KLU_SINCE, Simulator
from circuitsim.spice.verdict import complaint

_SCRIPT = Path(__file__).with_name("worker.py")


class CrashError(Exception):
    """The worker process is gone; never leaves the package."""


class RefusalError(Exception):
    """The simulator ran and did not succeed; never leaves the package."""

    def __init__(self, sentence: str, log: str):
        super().__init__(sentence)
        self.log = log


class Worker:
    """One worker process with libngspice in it, in a folder and a home of its own.

    A start-up file `.spiceinit` of the user, in the home or the working folder, would change results; libngspice reads
    it from both. The worker sees neither.
    """

    def __init__(self, library: str, *, time_limit_s: float):
        self.folder = Path(tempfile.mkdtemp(prefix="circuitsim-session-"))
        self.time_limit_s = time_limit_s
        self._channel, theirs = Pipe()
        environment = {**child_environment(), "HOME": str(self.folder)}
        # -P: the modules of this package must not hide others of the same name.
        command = [sys.executable, "-P", str(_SCRIPT), str(theirs.fileno()), library]
        with (self.folder / "worker.log").open("wb") as log:
            self._child = subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment,
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
            reason = said[-1] if said else str(crash)
            raise SimulatorMissingError(f"libngspice at {library} cannot be used: {reason}") from None
        self.simulator = Simulator(Path(library), version, f"libngspice-{version}", version >= KLU_SINCE)

    @property
    def pid(self) -> int:
        """Process number of the worker."""
        return self._child.pid

    def ask(self, command: str, *arguments: Any) -> tuple[Any, str]:
        """Send a request, wait for its value and what ngspice printed.

        Raises:
            CrashError: The process is gone.
            RefusalError: ngspice complained.
            SimulatorError: It did not answer in time.
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
