"""The process from which workers of this machine are forked: it imports once what all of them need.

A worker reads batches of points from its channel and answers each point with what became of it. It ends when its
coordinator does, and when it has grown beyond its memory limit, between two points.
"""

import contextlib
import os
import resource
import signal
import socket
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from circuitsim.campaign.work import SharedSetup, prepare_worker, work_on

FULL = "full"
"""Answer of a worker that ends because of its memory."""
END = "end"
"""Answer of a worker after the last point that it measured of a batch."""


def serve(number: int) -> None:
    """Fork workers until the coordinator ends.

    Args:
        number: Descriptor of a socket: first the setup and the memory limit [bytes] (None: there is none) come through
            it, then one byte and the channel of a worker for each worker; each is answered by its process.
    """
    with Connection(os.dup(number)) as first:
        shared, memory = first.recv()
        prepare_worker(shared)
        first.send(resident_memory())
    control = socket.socket(fileno=number)
    while True:
        word, channels, _, _ = socket.recv_fds(control, 1, 1)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG if word else 0)[0]:
                pass
        if not word:
            return
        pid = os.fork()
        if pid == 0:
            control.close()
            _work(Connection(channels[0]), shared, memory)
        os.close(channels[0])
        control.sendall(pid.to_bytes(8, "little"))


def resident_memory() -> int:
    """Return the memory of this process [bytes]; where the system does not say, the most that it ever had."""
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def _work(channel: Connection, shared: SharedSetup, memory: int | None) -> None:
    """Work until the coordinator ends; never returns, so that nothing of the server runs twice."""
    try:
        if memory is not None:  # an allocation beyond it fails, and the point with it
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            resource.setrlimit(resource.RLIMIT_DATA, (memory, hard))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True:
            points, seconds = channel.recv()
            _work_on(channel, shared, points, seconds, memory)
    except (EOFError, OSError):
        pass  # the coordinator has ended
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _work_on(channel: Connection, shared: SharedSetup, points: list, seconds: float, memory: int | None) -> None:
    took = 0.0
    for point in points:
        outcome = work_on(shared, point)
        channel.send(outcome)
        took += outcome.took
        if memory is not None and resident_memory() > memory:
            channel.send(FULL)
            raise EOFError
        if took >= seconds:
            break
    channel.send(END)
