"""An engine whose workers stay between campaigns that share a setup: they load what they need once."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from circuitsim.campaign.batches import Arrival
from circuitsim.campaign.engines import Engine, Started
from circuitsim.campaign.expansion import CampaignSetup


@dataclass
class _Held:
    engine: Engine
    started: Started | None = None
    broken: bool = False

    def start(self, setup: CampaignSetup) -> Started:
        """Return the workers at work, or start them, also where they broke."""
        if self.broken:
            self.stop()
        if self.started is None:
            self.started, self.broken = self.engine.start(setup), False
        return replace(self.started, arrivals=self._arrivals, stop=lambda: None)

    def stop(self) -> None:
        if self.started is not None:
            self.started.stop()
            self.started = None

    def _arrivals(self) -> list[Arrival]:
        assert self.started is not None
        found = self.started.arrivals()
        self.broken = any(each.broken for each in found)
        return found


@contextlib.contextmanager
def held_engine(engine: Engine) -> Iterator[Engine]:
    """Yield an engine that starts once for all campaigns of one setup within the block, and ends with it."""
    held = _Held(engine)
    try:
        yield replace(engine, start=held.start)
    finally:
        held.stop()
