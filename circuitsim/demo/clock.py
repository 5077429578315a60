"""Run time of each step, and what is shown while it runs."""

import contextlib
import time
from collections.abc import Callable, Iterator

from circuitsim.results import Step
from circuitsim.spice import Progress

Show = Callable[[str], contextlib.AbstractContextManager[Progress]]


class Clock:
    """Times steps one after the other; the only state the main job keeps."""

    def __init__(self, show: Show | None = None):
        self._show = show
        self._steps: list[Step] = []

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[Progress]:
        """Time a step; yields a function (finished, all) for its progress."""
        start = time.perf_counter()
        with self._show(title) if self._show else contextlib.nullcontext(lambda finished, total: None) as progress:
            yield progress
        self._steps.append(Step(title, time.perf_counter() - start))

    @property
    def steps(self) -> tuple[Step, ...]:
        """The finished steps, in order."""
        return tuple(self._steps)
