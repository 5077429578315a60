"""Error budget of a network: what each cause and each layer takes from its score."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import stdtrit

from circuitsim.spec import by_value

BudgetKind = Literal["all", "cause alone", "cause removed", "layer alone on arrays", "layer alone digital"]
"""All causes in all layers; one cause without the others, or all others without it; one layer on arrays and the others
digital, or it digital and the others on arrays."""


@by_value
@dataclass(frozen=True)
class BudgetEntry:
    """What is left of a network's score with some causes, in some layers.

    Attributes:
        kind: What is varied.
        name: The cause or the layer; "" for all.
        scores: (seeds,) scores; one where nothing is drawn.
        losses: (seeds,) by how much they are worse than that of the float network: lower accuracy, larger rmse.
        differences: (seeds,) rms of outputs less those of the float network, relative to the rms of these.
        images_half_width: Half of the 95 % confidence interval of the mean loss from the images alone, which are a
            sample: normal, paired with the float network, and at least 3 images; None for a score that is no mean over
            images.
    """

    kind: BudgetKind
    name: str
    scores: np.ndarray
    losses: np.ndarray
    differences: np.ndarray
    images_half_width: float | None

    @property
    def loss(self) -> float:
        """Mean loss over the draws."""
        return float(self.losses.mean())

    @property
    def sigma(self) -> float | None:
        """Standard deviation of the loss from draw to draw; None for one draw."""
        return None if len(self.losses) < 2 else float(self.losses.std(ddof=1))

    @property
    def half_width(self) -> float | None:
        """Half of the 95 % confidence interval of the mean loss from the draws alone (Student's t); None for one."""
        n = len(self.losses)
        return None if self.sigma is None else float(stdtrit(n - 1, 0.975) * self.sigma / np.sqrt(n))


@by_value
@dataclass(frozen=True)
class NetworkBudget:
    """Error budget of a network.

    Attributes:
        metric: "accuracy" [1], or "rmse" in the unit of the labels.
        floating: Score of the float network.
        causes: The causes, by name.
        entries: All causes together first; then causes, and layers in the order of the network.
        seeds: Seed of each draw.
        images: Number of images.
        left_out: What is no cause here, and why, one sentence each.
    """

    metric: str
    floating: float
    causes: tuple[str, ...]
    entries: tuple[BudgetEntry, ...]
    seeds: tuple[int, ...]
    images: int
    left_out: tuple[str, ...] = ()
