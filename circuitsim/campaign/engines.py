"""What carries points to workers: processes of this machine, Dask on many, or an executor of the user's."""

import importlib
import os
import queue
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import dataclass
from typing import Any

from circuitsim.campaign.batches import LARGEST, Arrival
from circuitsim.campaign.expansion import CampaignSetup
from circuitsim.campaign.sent_files import gather_files
from circuitsim.campaign.work import CampaignPoint, SharedSetup, work_on_batch
from circuitsim.campaign.worker_pool import WorkerPool
from circuitsim.errors import InputError, require
from circuitsim.spec import Count, checked

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
"""Each worker computes with one thread: sums in another order would change the last bits of a result."""
BATCH = 0.25
"""Time [s] that a batch of points takes, which a worker gets at once."""
_CONNECT = 20.0  # [s]


@dataclass(frozen=True)
class Started:
    """Workers at work.

    Attributes:
        submit: Sends points under a ticket; after a time [s] no further one of them begins.
        arrivals: Waits until something comes back.
        slots: Number of workers.
        stop: Ends it.
    """

    submit: Callable[[int, Sequence[CampaignPoint], float], None]
    arrivals: Callable[[], list[Arrival]]
    slots: int
    stop: Callable[[], None]


@dataclass(frozen=True)
class Engine:
    """How points are carried.

    Attributes:
        start: Starts workers for a campaign, and starts them anew after they broke.
        restarts: Whether they can be started anew.
        batch: Time [s] that a batch should take; 0: each point travels alone.
    """

    start: Callable[[CampaignSetup], Started]
    restarts: bool = True
    batch: float = BATCH


@checked
def local_engine(workers: Count = 2, *, memory: float | None = None) -> Engine:
    """Carry points by processes of this machine; each works with one thread.

    What points need is imported once, by a process from which all workers are forked; each gets the setup of the
    campaign with it. A worker that dies costs no other one its points.

    Args:
        workers: Number of processes.
        memory: What each may allocate [bytes]: a point that wants more fails, and a worker that keeps more than 80 % of
            it after a point is replaced before the next. None: any amount.

    Raises:
        InputError: The system cannot fork processes.
    """
    if not hasattr(os, "fork"):
        raise InputError("local_engine: this system cannot fork processes; expected given_engine with an executor")
    limit = None if memory is None else int(memory)

    def start(setup: CampaignSetup) -> Started:
        pool = WorkerPool(SharedSetup(secrets.token_hex(8), setup), workers, ONE_THREAD, limit)
        return Started(pool.submit, pool.arrivals, workers, pool.stop)

    return Engine(start)


@checked
def given_engine(executor: Executor, workers: Count = 1, *, batch: float = 0.0) -> Engine:
    """Carry points by an executor of `concurrent.futures`, which the caller made and ends.

    The setup of the campaign is sent with each batch. Results are the same to the bit as far as its workers compute
    with one thread, one point at a time in each process.

    Args:
        executor: The executor.
        workers: Number of its workers: twice as many batches are handed to it at a time.
        batch: Time [s] that a batch should take: longer ones cost less of the executor's time, and are lost as a whole
            when the campaign is killed. 0: each point travels alone.
    """

    def start(setup: CampaignSetup) -> Started:
        return _by_futures(executor, SharedSetup(secrets.token_hex(8), setup), workers, lambda: None)

    return Engine(start, restarts=False, batch=batch)


@checked
def dask_engine(scheduler: str) -> Engine:
    """Carry points by the workers of a Dask scheduler, to which the setup of the campaign is sent once.

    Dask moves batches to idle workers, and hands those of a lost worker to another. The workers need the same
    circuitsim and ngspice, one thread each (`dask worker --nthreads 1`). Files of the campaign (SPICE files with what
    they include by relative names, networks, the modules beside its file) are sent with the setup; a worker that does
    not find them under the same paths places them in its own folder. One that has another content of anything on which
    a result depends says so instead of measuring.

    Args:
        scheduler: Its address, "tcp://host:8786".

    Raises:
        MissingExtraError: Dask is not installed.
    """
    require("distributed", extra="cluster")

    def start(setup: CampaignSetup) -> Started:
        distributed = importlib.import_module("distributed")
        try:
            client = distributed.Client(scheduler, timeout=_CONNECT, set_as_default=False)
        except (OSError, ValueError, TypeError):
            raise InputError(
                f"--scheduler {scheduler}: no Dask scheduler answers there; expected an address such as "
                "tcp://host:8786, which dask scheduler prints"
            ) from None
        slots = sum(client.nthreads().values())
        if slots == 0:
            client.close()
            raise InputError(f"--scheduler {scheduler}: it has no workers; start some by dask worker {scheduler}")
        try:
            files = gather_files(setup)
        except InputError:
            client.close()
            raise
        shared = client.scatter(SharedSetup(secrets.token_hex(8), setup, files), broadcast=True)
        return _by_futures(client.get_executor(pure=False), shared, slots, client.close)

    return Engine(start)


def _by_futures(executor: Executor, shared: Any, slots: int, stop: Callable[[], None]) -> Started:
    """Carry batches as futures.

    Args:
        executor: Takes them.
        shared: What a batch is sent with: the setup of the campaign, or what stands for it at the workers.
        slots: Number of workers.
        stop: Ends the executor.
    """
    came: queue.SimpleQueue[tuple[int, Future]] = queue.SimpleQueue()
    flying: dict[int, Future] = {}

    def submit(ticket: int, points: Sequence[CampaignPoint], seconds: float) -> None:
        flying[ticket] = executor.submit(work_on_batch, shared, tuple(points), seconds)
        flying[ticket].add_done_callback(lambda future: came.put((ticket, future)))

    def arrivals() -> list[Arrival]:
        ticket, future = came.get()
        flying.pop(ticket, None)
        return [_arrived(ticket, future)]

    def end() -> None:
        for future in flying.values():
            future.cancel()
        stop()

    return Started(submit, arrivals, slots, end)


def _arrived(ticket: int, future: Future) -> Arrival:
    try:
        return Arrival(ticket, future.result(), ended=True)
    except (BrokenExecutor, CancelledError, OSError):
        return Arrival(ticket, (), ended=True, broken=True)
    except Exception as error:
        if type(error).__name__ != "KilledWorker":  # of Dask, which has tried several workers
            raise
        return Arrival(ticket, (), ended=True, suspects=LARGEST)
