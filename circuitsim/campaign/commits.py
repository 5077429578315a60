"""A coordinator's own file of results: each result is readable at once, and on the disk before its claim is given back.

A process that is killed loses none that it wrote; a loss of power takes those of the last moments, whose points are
measured again.
"""

import os
import time
from collections.abc import Mapping
from typing import Any, Self

from circuitsim.campaign.journals import journal_line
from circuitsim.campaign.leases import Coordinator, release_point
from circuitsim.campaign.store import told

GROUP = 0.5
"""Time [s] for which claims may wait, so that one wait for the disk serves many results."""


class Journal:
    """Results of a coordinator on their way to the disk, and the claims that wait for them; a context manager."""

    def __init__(self, own: Coordinator):
        self.own = own
        self._waiting: list[str] = []
        self._settled = time.perf_counter()
        with told(own.store.root):
            place = own.store.root / "results" / f"{own.token}.jsonl"
            self._file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.settle()
        finally:
            os.close(self._file)

    def write(self, key: str, content: Mapping[str, Any]) -> None:
        """Append a result; its claim is given back when it is on the disk.

        Raises:
            InputError: The store cannot be written, such as on a full disk.
        """
        line = journal_line(key, content)
        with told(self.own.store.root):
            if os.write(self._file, line) < len(line):  # the rest is refused with a reason
                os.write(self._file, b"\n" + line)
        self._waiting.append(key)

    def settle(self, *, due: bool = True) -> None:
        """Wait until all results are on the disk, and give their claims back.

        Args:
            due: False: only if the last time was `GROUP` ago.

        Raises:
            InputError: The store cannot be written.
        """
        if not self._waiting or not (due or time.perf_counter() - self._settled > GROUP):
            return
        with told(self.own.store.root):
            os.fsync(self._file)
        for key in self._waiting:
            release_point(self.own, key)
        self._waiting.clear()
        self._settled = time.perf_counter()
