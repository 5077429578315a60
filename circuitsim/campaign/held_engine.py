"""An engine whose workers stay between campaigns that share a setup: they load what they need once."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field, replace

from circuitsim.campaign.engines import Engine, Started
from circuitsim.campaign.expansion import CampaignSetup


@dataclass(frozen=True)
class _Held:
    engine: Engine
    started: list[Started] = field(default_factory=list)

    def start(self, setup: CampaignSetup) -> Started:
        """Return the workers at work, or start them, also where they broke."""
        if self.started and not _answers(self.started[0]):
            self.stop()
        if not self.started:
            self.started.append(self.engine.start(setup))
        return replace(self.started[0], stop=lambda: None)

    def stop(self) -> None:
        while self.started:
            self.started.pop().stop()


@contextlib.contextmanager
def held_engine(engine: Engine) -> Iterator[Engine]:
    """Yield an engine that starts once for all campaigns of one setup within the block, and ends with it."""
    held = _Held(engine)
    try:
        yield Engine(held.start, engine.restarts)
    finally:
        held.stop()


def _answers(started: Started) -> bool:
    try:
        return started.executor.submit(int).result() == 0
    except (BrokenExecutor, RuntimeError):
        return False
