"""What the device makes of conductances at each step of training: written with an error, drifted, stuck, noisy."""

from dataclasses import dataclass

import numpy as np
import torch

from circuitsim.calibration.drawn import device_statistics
from circuitsim.devices.statistics import Statistics, draw_conductances, read_sigma
from circuitsim.errors import InputError
from circuitsim.evaluation.drawn_tiles import tile_entropy
from circuitsim.network import TilePlace
from circuitsim.results import TileModel


@dataclass(frozen=True)
class TrainingDraws:
    """Random deviations of every cell, drawn at every read in training from a separate generator.

    Held, they are those of one array: drawn when a tile is programmed, the same in training and outside of it until
    its conductances change, and those that `evaluation.DrawnProduct` of the same seed and time draws. Read noise is
    drawn at each read in training in any case.

    Attributes:
        causes: Of `devices.statistics.CAUSES`: "programming", "drift", "stuck", "read_noise", as the card states them.
        seed: Of the generator.
        t: Time since the end of programming [s].
        extrapolate: Go on outside the range of the source, with a warning.
        relative_sigma: Standard deviation of a further Gaussian deviation of each cell, in parts of g_max − g_min.
        proportional_sigma: The same in parts of the cell's own conductance. Neither needs a card with statistics.
        held: The deviations of an array stay until it is programmed again.

    Raises:
        InputError: Nothing is drawn, or nothing that an array could hold.
    """

    causes: frozenset[str] = frozenset()
    seed: int = 0
    t: float = 0.0
    extrapolate: bool = False
    relative_sigma: float = 0.0
    proportional_sigma: float = 0.0
    held: bool = False

    def __post_init__(self) -> None:
        sigmas = {name: getattr(self, name) for name in ("relative_sigma", "proportional_sigma")}
        if not self.causes and not any(sigmas.values()):
            raise InputError(
                "TrainingDraws without causes, relative_sigma and proportional_sigma: expected one of them, or no draws"
            )
        if self.held and not self.causes - {"read_noise"}:
            raise InputError("held = True without a cause that stays: expected programming, drift or stuck in causes")
        for name, value in sigmas.items():
            if not 0.0 <= value < np.inf:
                raise InputError(f"{name} = {value:g}: expected a number >= 0")
            if self.held and value:
                raise InputError(
                    f"held = True with {name} = {value:g}: expected causes alone, which DrawnProduct draws for the "
                    "same array"
                )


class DrawnCells:
    """Draws the deviations of the tiles of one module, in the order in which they are read.

    The numbers come from a generator of NumPy, alike on every device, and go where the tile is.

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

    def programmed(self, g: np.ndarray, place: TilePlace, times: int) -> np.ndarray:
        """Return the cells [S] of the array that is held, whose tile at a place was programmed so many times before."""
        entropy = [*tile_entropy(self.draws.seed, place), 0, *([times] if times else [])]  # as `drawn_cells` at first
        return self._of_card(g, np.random.default_rng(entropy))

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
        of = {"dtype": v.dtype, "device": v.device}
        variance = (v.detach() ** 2) @ (torch.as_tensor(sigma, **of) * factors) ** 2
        return variance.sqrt() * torch.as_tensor(self.rng.standard_normal(tuple(variance.shape)), **of)
