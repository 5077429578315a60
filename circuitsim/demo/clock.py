"""Time the steps of the demo and show their progress."""

import contextlib
import time
from collections.abc import Callable, Iterator

from circuitsim.results import Step
from circuitsim.spice import Progress

Show = Callable[[str], contextlib.AbstractContextManager[Progress]]
"""Opens the progress display of a step with the given title; yields a function (finished, total)."""


class Clock:
    """Times the steps of the demo, one after the other."""

    def __init__(self, show: Show | None = None):
        self._show = show
        self._steps: list[Step] = []

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[Progress]:
        """Time a step; yield a function (finished, total) that shows its progress."""
        start = time.perf_counter()
        with self._show(title) if self._show else contextlib.nullcontext(lambda finished, total: None) as progress:
            yield progress
        self._steps.append(Step(title, time.perf_counter() - start))

    @property
    def steps(self) -> tuple[Step, ...]:
        """The finished steps, in order."""
        return tuple(self._steps)
