"""What the device makes of conductances at each step of training: written with an error, drifted, stuck, noisy."""

from dataclasses import dataclass

import numpy as np
import torch

from circuitsim.calibration.drawn import device_statistics
from circuitsim.devices.statistics import Statistics, draw_conductances, read_sigma
from circuitsim.errors import InputError
from circuitsim.results import TileModel


@dataclass(frozen=True)
class TrainingDraws:
    """Random deviations of every cell, drawn anew at every read in training from a generator of their own.

    Attributes:
        causes: Of `devices.statistics.CAUSES`: "programming", "drift", "stuck", "read_noise", as the card states them.
        seed: Of the generator.
        t: Time since the end of programming [s].
        extrapolate: Go on outside the range of the source, with a warning.
        relative_sigma: Standard deviation of a further Gaussian deviation of each cell, in parts of g_max − g_min.
        proportional_sigma: The same in parts of the cell's own conductance. Neither needs a card with statistics.
    """

    causes: frozenset[str] = frozenset()
    seed: int = 0
    t: float = 0.0
    extrapolate: bool = False
    relative_sigma: float = 0.0
    proportional_sigma: float = 0.0

    def __post_init__(self) -> None:
        if not self.causes and self.relative_sigma == self.proportional_sigma == 0.0:
            raise InputError(
                "TrainingDraws without causes, relative_sigma and proportional_sigma: expected one of them, or no draws"
            )
        for name in ("relative_sigma", "proportional_sigma"):
            if not 0.0 <= (value := getattr(self, name)) < np.inf:
                raise InputError(f"{name} = {value:g}: expected a number >= 0")


class DrawnCells:
    """Draws the deviations of the tiles of one module, in the order in which they are read.

    Attributes:
        draws: What is drawn.
        rng: The generator, which goes on from read to read.
    """

    def __init__(self, draws: TrainingDraws, model: TileModel) -> None:
        """Read the statistics of the model's device.

        Raises:
            InputError: The card states no statistics for these conductances.
        """
        self.draws, self.rng = draws, np.random.default_rng(draws.seed)
        device = model.spec.device
        self.span = device.g_max - device.g_min
        self.statistics: Statistics | None = None
        if draws.causes:
            self.statistics, reasons = device_statistics(model.spec)
            if self.statistics is None:
                raise InputError(f"causes = {sorted(draws.causes)}: {'; '.join(reasons)}")
            self._of_card(np.array([device.g_min, device.g_max]), np.random.default_rng(0))  # refuses what it must

    def cells(self, g: np.ndarray) -> np.ndarray:
        """Return what programming and time leave of conductances (rows, cols) [S]."""
        draws, drawn = self.draws, g
        if self.statistics is not None:
            drawn = self._of_card(g, self.rng)
        if draws.relative_sigma:
            drawn = drawn + draws.relative_sigma * self.span * self.rng.standard_normal(g.shape)
        if draws.proportional_sigma:
            drawn = drawn + draws.proportional_sigma * g * self.rng.standard_normal(g.shape)
        return np.maximum(drawn, 0.0)

    def _of_card(self, g: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        draws = self.draws
        assert self.statistics is not None  # the callers ask only then
        given = {"causes": draws.causes, "extrapolate": draws.extrapolate}
        return draw_conductances(self.statistics, g, draws.t, rng=rng, **given)

    def read(self, g: np.ndarray, drawn: np.ndarray, factors: torch.Tensor, v: torch.Tensor) -> torch.Tensor | float:
        """Return the noise (batch, cols) [A] of one read each of cells (rows, cols); 0 without read noise.

        Args:
            g: Conductances that were wanted [S].
            drawn: What programming and time left of them, see `cells` [S].
            factors: (rows, cols) share of a cell's current that reaches its column.
            v: Inputs less v_ref (batch, rows) [V].
        """
        if self.statistics is None or "read_noise" not in self.draws.causes:
            return 0.0
        inside = np.clip(g, self.statistics.g_min, self.statistics.g_max)
        sigma = read_sigma(self.statistics, inside, drawn, self.draws.t, extrapolate=self.draws.extrapolate)
        variance = (v.detach() ** 2) @ (torch.as_tensor(sigma, dtype=v.dtype) * factors) ** 2
        return variance.sqrt() * torch.as_tensor(self.rng.standard_normal(variance.shape), dtype=v.dtype)
