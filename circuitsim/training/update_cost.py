"""What updates of cells have taken: pulses, wear, energy and time."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from circuitsim.results import PulseResponse
from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True)
class UpdateCost:
    """Totals of all updates since the cells were taken over; reads, and writing the first weights, are left out.

    Attributes:
        pulses: (cells,) pulses that each cell has received, by the layer's name; fast arrays as "layer: fast array".
        response: What a pulse does; states endurance, energy and duration, as far as they are known.
        clipped_share: Share of the pulses whose step a bound cut.
        cut_share: Share of the updates by trains in which a probability was cut at 1; nan without trains.
        bounds_cut: Share of the cells one of whose bounds is the array's g_min or g_max, beyond which it was drawn.
        worn: Number of cells that no longer respond; 0 where the endurance is unknown.
        energy: Of all pulses [J]; None: the response states none.
        time: Of all pulses, all tiles at the same time [s]; None: the response states no duration.
    """

    pulses: Mapping[str, np.ndarray]
    response: PulseResponse
    clipped_share: float
    cut_share: float
    bounds_cut: float
    worn: int
    energy: float | None
    time: float | None

    @property
    def wear(self) -> float | None:
        """Largest number of pulses of a cell over its endurance; None where that is unknown."""
        endurance = self.response.endurance
        return None if endurance is None else self._most / endurance

    @property
    def _most(self) -> int:
        return max(int(each.max()) for each in self.pulses.values())

    @property
    def sentence(self) -> str:
        """All in a few words, what is unknown or unverified included."""
        every = np.concatenate(list(self.pulses.values()))
        words = [f"{every.mean():.4g} pulses a cell, {self._most} at most"]
        if self.wear is None:
            words.append("endurance unknown")
        else:
            words.append(f"{100 * self.wear:.3g} % of the endurance, {self.worn} of {every.size} cells worn")
        words.append(f"{100 * self.clipped_share:.3g} % of the pulses cut by a bound")
        if not np.isnan(self.cut_share):
            words.append(f"{100 * self.cut_share:.3g} % of the updates cut at a probability of 1")
        if self.bounds_cut:
            words.append(f"{100 * self.bounds_cut:.3g} % of the cells with a bound at an end of the array's range")
        words.append("energy unknown" if self.energy is None else f"{self.energy:.3g} J")
        words.append("time unknown" if self.time is None else f"{self.time:.3g} s")
        unverified = ", ".join(self.response.unverified)
        return ", ".join(words) + (f" (unverified: {unverified})" if unverified else "")
