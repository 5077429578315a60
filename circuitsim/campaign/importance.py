"""Rare failures by importance sampling: cells are drawn where failures lie, and each draw counts by its likelihood."""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from circuitsim.errors import CampaignStatisticsWarning, InputError
from circuitsim.spec import Count, by_value, checked, real_numbers

FEWEST_EFFECTIVE = 30.0
"""Draws of equal weight that failures have to be worth before an interval is told."""


@by_value
@dataclass(frozen=True)
class NormalProposal:
    """How standard normal numbers are drawn instead: wider, and about another place.

    Attributes:
        shift: (n,) mean of each number, in standard deviations.
        scale: Standard deviation of each.
    """

    shift: np.ndarray
    scale: float


@dataclass(frozen=True)
class RareShare:
    """A small probability from weighted draws.

    Attributes:
        value: The probability.
        low, high: Its interval; 0 and 1 where the weights say too little.
        level: Confidence of the interval.
        draws, failed: Number of draws, and of those that failed.
        effective: Number of draws of equal weight that the failures are worth: (sum of weights)² / sum of squares.
    """

    value: float
    low: float
    high: float
    level: float
    draws: int
    failed: int
    effective: float

    @property
    def is_sure(self) -> bool:
        """Whether the failures are worth 30 draws or more, so that the interval says something."""
        return self.effective >= FEWEST_EFFECTIVE


@checked
def normal_proposal(shift: ArrayLike, scale: float = 1.0) -> NormalProposal:
    """Draw standard normal numbers about `shift` and `scale` times as wide.

    Args:
        shift: (n,) mean of each number, in standard deviations; 0 for those that stay.
        scale: Standard deviation of all of them, above 0.

    Raises:
        InputError: A number cannot be used.

    Valid for: failures that lie in one direction, with a shift to where they begin: it works for any number of cells. A
    scale works for few: the weights of n cells spread like scale to the power of n.
    """
    values = real_numbers("shift", shift)
    if values.ndim != 1 or values.size == 0 or not np.isfinite(values).all():
        raise InputError(f"shift has shape {values.shape}: expected finite numbers (n,), one for each cell")
    if not (np.isfinite(scale) and scale > 0):
        raise InputError(f"scale = {scale:g}: expected a number above 0")
    return NormalProposal(values, scale)


@checked
def weighted_draws(
    proposal: NormalProposal, draws: Count, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw numbers from a proposal.

    Args:
        proposal: From `normal_proposal`.
        draws: Number of draws.
        rng: Source of all randomness.

    Returns:
        Numbers z (draws, n), and the logarithm of the likelihood ratio of each draw (draws,): how many times as likely
        it is under standard normal numbers.
    """
    unit = rng.standard_normal((draws, proposal.shift.size))
    z = proposal.shift + proposal.scale * unit
    return z, np.sum(0.5 * unit**2 - 0.5 * z**2 + np.log(proposal.scale), axis=1)


@checked
def rare_share(failed: np.ndarray, log_weight: np.ndarray, *, level: float = 0.95) -> RareShare:
    """Estimate a small probability from draws of a proposal.

    Args:
        failed: (draws,) whether each draw failed.
        log_weight: (draws,) logarithm of its likelihood ratio, from `weighted_draws`.
        level: Confidence of the interval.

    Returns:
        The probability without bias, and an interval of its logarithm. Where the failures are worth fewer than 30 draws
        of equal weight, the interval is 0 to 1, and a warning says so.

    Raises:
        InputError: Shapes differ, there are fewer than two draws, or the level is none.

    Valid for: proposals that reach every way to fail. A part of the failures that was never drawn is in no weight: an
    interval cannot know of it, and another proposal or a wider scale can.
    Source: Owen, Monte Carlo theory, methods and examples (2013), chapter 9
    """
    hit, log_weight = real_numbers("failed", failed) != 0, real_numbers("log_weight", log_weight)
    if hit.shape != log_weight.shape or hit.ndim != 1 or hit.size < 2:
        raise InputError(
            f"failed {hit.shape}, log_weight {log_weight.shape}: expected one entry a draw, two draws or more"
        )
    if not 0 < level < 1:
        raise InputError(f"level = {level:g}: expected a confidence between 0 and 1")
    largest = float(log_weight[hit].max()) if hit.any() else 0.0  # squares of weights relative to it do not overflow
    weight = np.where(hit, np.exp(np.minimum(log_weight - largest, 0.0)), 0.0)
    total, squares, draws = float(weight.sum()), float(np.sum(weight**2)), hit.size
    effective = total**2 / squares if squares > 0 else 0.0
    value = total / draws * float(np.exp(min(largest, 700.0)))
    if effective < FEWEST_EFFECTIVE:
        warnings.warn(
            f"{int(hit.sum())} of {draws} draws failed, worth {effective:.3g} draws of equal weight: the interval is 0 "
            f"to 1, expected {FEWEST_EFFECTIVE:g} or more; shift towards the failures, scale less, or draw more",
            CampaignStatisticsWarning,
            stacklevel=3,
        )
        return RareShare(value, 0.0, 1.0, level, draws, int(hit.sum()), effective)
    relative = np.sqrt(max(squares / total**2 - 1 / draws, 0.0) * draws / (draws - 1))
    spread = float(np.exp(ndtri((1 + level) / 2) * relative))
    return RareShare(value, value / spread, min(value * spread, 1.0), level, draws, int(hit.sum()), effective)
