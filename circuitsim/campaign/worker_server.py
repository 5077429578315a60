"""The process from which workers of this machine are forked: it imports once what all of them need.

A worker reads batches of points from its channel and answers each point with what became of it. It ends when its
coordinator does, and when it has grown beyond its memory limit, between two points.
"""

import contextlib
import gc
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
_KEPT = 0.8  # part of its limit that a worker may hold after a point


def serve(number: int) -> None:
    """Fork workers until the coordinator ends.

    Args:
        number: Descriptor of a socket: first the setup and the memory limit [bytes] (None: there is none) come through
            it, then one byte and the channel of a worker for each worker; each is answered by its process.
    """
    with Connection(os.dup(number)) as first:
        shared, memory = first.recv()
        prepare_worker(shared)
        gc.freeze()  # workers neither look through what is imported nor copy its pages
        first.send(_memory())
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


def _memory() -> int:
    """Return the memory that this process has, or has allocated if that is more [bytes].

    Where the system does not say, it is the most that the process ever had.
    """
    with contextlib.suppress(OSError):
        fields = Path("/proc/self/statm").read_text().split()
        return max(int(fields[1]), int(fields[5])) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _work(channel: Connection, shared: SharedSetup, memory: int | None) -> None:
    """Work until the coordinator ends; never returns, so that nothing of the server runs twice."""
    try:
        if memory is not None:  # an allocation beyond it fails, and the point with it
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            resource.setrlimit(resource.RLIMIT_DATA, (memory, hard))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        fresh = True
        while True:
            points, seconds = channel.recv()
            _work_on(channel, shared, points, seconds, memory, fresh=fresh)
            fresh = False
    except (EOFError, OSError):
        pass  # the coordinator has ended
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _work_on(
    channel: Connection, shared: SharedSetup, points: list, seconds: float, memory: int | None, *, fresh: bool
) -> None:
    took = 0.0
    for k, point in enumerate(points):
        outcome = work_on(shared, point)
        if outcome.details.get("error") == "MemoryError" and not (fresh and k == 0):
            channel.send(FULL)  # it may fit into a worker that keeps nothing of others
            raise EOFError
        channel.send(outcome)
        took += outcome.took
        if memory is not None and _memory() > _KEPT * memory:
            channel.send(FULL)
            raise EOFError
        if took >= seconds:
            break
    channel.send(END)
