"""Workers of this machine: points go to them through channels, and a worker that ends is replaced at once."""

import contextlib
import json
import logging
import os
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait

from circuitsim.campaign.batches import Arrival
from circuitsim.campaign.forking import compute_alone, is_forkable
from circuitsim.campaign.work import CampaignPoint, PointOutcome, SharedSetup
from circuitsim.campaign.worker_server import END, serve
from circuitsim.errors import InputError, SimulatorError

_log = logging.getLogger(__name__)

_BASE = 0.75  # part of its limit that a worker may take before it measures
_GATHERED = 0.02  # least time between two looks at what workers answered [s]
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    "from circuitsim.campaign.worker_server import serve; serve(int(sys.argv[1]))"
)


@dataclass(eq=False)
class _Worker:
    """A worker, its channel, and the tickets of its batches in their order."""

    pid: int
    channel: Connection
    batches: deque[int] = field(default_factory=deque)


class WorkerPool:
    """A number of workers, forked from one process that has imported what they need."""

    def __init__(self, shared: SharedSetup, workers: int, environment: Mapping[str, str], memory: int | None):
        """Start the process from which workers are forked; it imports while the caller goes on.

        Args:
            shared: What all points share.
            workers: Number of workers.
            environment: Variables of their environment besides those of this process.
            memory: What a worker may allocate [bytes]; None: any amount.
        """
        self._memory = memory
        self._control, other = socket.socketpair()
        with other:
            start = _forked if is_forkable(environment) else _spawned
            self._server = start(other, self._control, environment)
        with Connection(os.dup(self._control.fileno())) as first, contextlib.suppress(OSError):
            first.send((shared, memory))
        self._slots, self._workers, self._begun, self._looked = workers, [], False, 0.0

    def submit(self, ticket: int, points: Sequence[CampaignPoint], seconds: float) -> None:
        """Send points to the worker with the least to do; it begins no further one after a time [s]."""
        if len(self._workers) < self._slots:
            self._workers.append(self._fork())
        worker = min(self._workers, key=lambda each: len(each.batches))
        worker.batches.append(ticket)
        with contextlib.suppress(OSError):  # that it has ended is found when it is asked
            worker.channel.send((list(points), seconds))

    def arrivals(self) -> list[Arrival]:
        """Wait until some worker answers; return what came.

        It returns at most every `_GATHERED`: a look for each short point would take time of the workers' processors,
        and each of them has a second batch to go on with.
        """
        found: list[Arrival] = []
        channels = {each.channel: each for each in self._workers if each.batches}
        ready = wait(list(channels))
        if (left := self._looked + _GATHERED - time.monotonic()) > 0:
            time.sleep(left)
            ready = wait(list(channels), timeout=0)
        self._looked = time.monotonic()
        for channel in ready:
            found += self._read(channels[channel])  # type: ignore[index]
        return found

    def stop(self) -> None:
        """End all workers, whatever they do, and wait until they have ended."""
        for each in self._workers:
            if each.batches:
                _kill(each.pid)
            each.channel.close()
        self._workers.clear()
        self._control.close()
        if not self._begun:
            _kill(self._server)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._server, 0)

    def _fork(self) -> _Worker:
        if not self._begun:
            self._begin()
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [b"w"], [theirs.fileno()])
                pid = int.from_bytes(self._control.recv(8, socket.MSG_WAITALL), "little")
            except OSError:
                pid = 0
        if pid == 0:
            ours.close()
            raise SimulatorError("the process that starts workers has ended; results that were complete stay")
        return _Worker(pid, Connection(ours.detach()))

    def _begin(self) -> None:
        """Wait until the server has imported what workers need."""
        with Connection(os.dup(self._control.fileno())) as first:
            try:
                base = first.recv()
            except (EOFError, OSError):
                raise SimulatorError("the process that starts workers has ended before it was ready") from None
        if self._memory is not None and base > _BASE * self._memory:
            raise InputError(
                f"--memory: a worker takes {base / 1e6:.0f} MB before it measures, and may take "
                f"{self._memory / 1e6:.0f} MB: expected more"
            )
        self._begun = True

    def _read(self, worker: _Worker) -> list[Arrival]:
        """Read all that a worker has answered; replace it if it has ended."""
        found: list[Arrival] = []
        try:
            while worker.batches and worker.channel.poll():
                answer, ticket = worker.channel.recv(), worker.batches[0]
                if isinstance(answer, PointOutcome):
                    found.append(Arrival(ticket, (answer,)))
                elif answer == END:
                    found.append(Arrival(worker.batches.popleft(), (), ended=True))
                else:
                    _log.info("worker %d has reached its memory limit and is replaced", worker.pid)
                    return found + self._taken_away(worker, suspects=0)
        except (EOFError, OSError):
            return found + self._taken_away(worker, suspects=1)
        return found

    def _taken_away(self, worker: _Worker, *, suspects: int) -> list[Arrival]:
        """Forget a worker that has ended; its batches end with it, at the first of which it was at work."""
        self._workers.remove(worker)
        worker.channel.close()
        _kill(worker.pid)
        return [
            Arrival(ticket, (), ended=True, suspects=0 if k else suspects) for k, ticket in enumerate(worker.batches)
        ]


def _forked(other: socket.socket, ours: socket.socket, environment: Mapping[str, str]) -> int:
    """Let a copy of this process start workers: it has imported already what they need."""
    pid = os.fork()
    if pid:
        return pid
    try:
        ours.close()
        os.setpgid(0, 0)  # an interrupt at the terminal is for the coordinator
        compute_alone(environment)
        serve(other.detach())
    finally:
        os._exit(0)


def _spawned(other: socket.socket, ours: socket.socket, environment: Mapping[str, str]) -> int:
    """Let a new process start workers: it imports what they need, while the caller goes on."""
    del ours  # it is not inherited
    os.set_inheritable(other.fileno(), True)
    arguments = [sys.executable, "-c", _PROGRAM, str(other.fileno()), json.dumps(sys.path)]
    return os.posix_spawn(sys.executable, arguments, {**os.environ, **environment}, setpgroup=0)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
