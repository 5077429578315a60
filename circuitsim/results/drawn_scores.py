"""Scores of a network over draws of its cells: times after programming, compensations, seeds."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from circuitsim.spec import by_value

if TYPE_CHECKING:
    import xarray as xr


@by_value
@dataclass(frozen=True)
class DrawnScores:
    """Scores of one network on arrays whose cells are what their device makes of them.

    Attributes:
        metric: "accuracy" [1], or "rmse" in the unit of the labels.
        causes: What was drawn, see `devices.statistics.CAUSES`.
        times: (times,) seconds since the end of programming.
        compensations: What was compensated, see `evaluation.DriftCompensation`.
        seeds: Seed of each draw.
        scores: (times, compensations, seeds).
        gains: (times, compensations, seeds) mean digital gain over layers or columns that the compensation took; 1 for
            none.
        undrawn: Score of the same network, model and ranges with cells that are as wanted.
        floating: Score of the float network.
        temperature_c: Temperature of the reads [°C].
        notes: What is not known of this temperature, and which noise of circuits was not drawn, one sentence each.
    """

    metric: str
    causes: tuple[str, ...]
    times: tuple[float, ...]
    compensations: tuple[str, ...]
    seeds: tuple[int, ...]
    scores: np.ndarray
    gains: np.ndarray
    undrawn: float
    floating: float
    temperature_c: float = 27.0
    notes: tuple[str, ...] = ()

    @property
    def mean(self) -> np.ndarray:
        """(times, compensations) mean over the draws."""
        return self.scores.mean(axis=2)

    @property
    def sigma(self) -> np.ndarray:
        """(times, compensations) standard deviation from draw to draw; nan for one draw."""
        if len(self.seeds) < 2:
            return np.full(self.scores.shape[:2], np.nan)
        return self.scores.std(axis=2, ddof=1)

    def half_width(self, confidence: float = 0.95) -> np.ndarray:
        """(times, compensations) half of the confidence interval of the mean (Student's t); nan for one draw.

        It counts the draws of cells alone, and not that the images are a sample.
        """
        n = len(self.seeds)
        return stdtrit(max(n - 1, 1), (1 + confidence) / 2) * self.sigma / np.sqrt(n)

    def to_dataset(self) -> "xr.Dataset":
        """Scores and gains over time [s], compensation and seed; mean, sigma and half width of its 95 % interval."""
        import xarray as xr  # takes 0.4 s to import

        coords = {
            "time": ("time", list(self.times), {"units": "s"}),
            "compensation": list(self.compensations),
            "seed": list(self.seeds),
        }
        axes = ("time", "compensation", "seed")
        given = {"undrawn": self.undrawn, "float": self.floating, "causes": ", ".join(self.causes)}
        given["temperature_c"] = self.temperature_c
        drawn = {self.metric: (axes, self.scores), "gain": (axes, self.gains)}
        spread = {"mean": self.mean, "sigma": self.sigma, "half_width_95": self.half_width()}
        found = {**drawn, **{name: (axes[:2], value) for name, value in spread.items()}}
        return xr.Dataset(found, coords=coords, attrs=given)
