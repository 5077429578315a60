"""What carries points to workers: a pool of processes on this machine, Dask on many, or an executor of the user's."""

import importlib
import os
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from circuitsim.campaign.expansion import CampaignSetup
from circuitsim.campaign.work import hold_setup
from circuitsim.errors import InputError, require
from circuitsim.spec import Count, checked

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
"""Each worker computes with one thread: sums in another order would change the last bits of a result."""
_CONNECT = 20.0  # [s]


@dataclass(frozen=True)
class Started:
    """An executor at work.

    Attributes:
        executor: The executor.
        shared: What a point is sent with: the setup of the campaign, or what stands for it at the workers.
        slots: Number of workers.
        stop: Ends it.
    """

    executor: Executor
    shared: Any
    slots: int
    stop: Callable[[], None]


@dataclass(frozen=True)
class Engine:
    """How points are carried.

    Attributes:
        start: Starts an executor for a campaign, and starts it anew after it broke.
        restarts: Whether it can be started anew.
    """

    start: Callable[[CampaignSetup], Started]
    restarts: bool = True


@checked
def local_engine(workers: Count = 2) -> Engine:
    """Carry points by a pool of processes on this machine (loky, of joblib); each works with one thread.

    The setup of the campaign is sent to each process once.
    """

    def start(setup: CampaignSetup) -> Started:
        from joblib.externals.loky import ProcessPoolExecutor  # takes 0.2 s to import

        name = f"campaign of {os.getpid()}"
        pool = ProcessPoolExecutor(workers, initializer=hold_setup, initargs=(name, setup), env=ONE_THREAD)
        return Started(pool, name, workers, lambda: pool.shutdown(wait=True, kill_workers=True))

    return Engine(start)


@checked
def given_engine(executor: Executor, workers: Count = 1) -> Engine:
    """Carry points by an executor of `concurrent.futures`, which the caller made and ends.

    The setup of the campaign is sent with each point. Results are the same to the bit as far as its workers compute
    with one thread, one point at a time in each process.

    Args:
        executor: The executor.
        workers: Number of its workers: twice as many points are handed to it at a time.
    """
    return Engine(lambda setup: Started(executor, setup, workers, lambda: None), restarts=False)


@checked
def dask_engine(scheduler: str) -> Engine:
    """Carry points by the workers of a Dask scheduler, to which the setup of the campaign is sent once.

    Dask moves points to idle workers, and hands those of a lost worker to another. The workers need the same circuitsim
    and ngspice, one thread each (`dask worker --nthreads 1`), and see the files of measures under the same paths.

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
        return Started(client.get_executor(pure=False), client.scatter(setup, broadcast=True), slots, client.close)

    return Engine(start)
