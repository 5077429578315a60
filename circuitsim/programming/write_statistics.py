"""The spread of what write pulses reach, in the form in which a device card states it."""

from dataclasses import dataclass

import numpy as np
import tomli_w
from scipy.optimize import minimize
from scipy.stats import chi2

from circuitsim.errors import InputError
from circuitsim.results import WrittenArray, WrittenCells
from circuitsim.spec import checked

LEAST_CELLS = 20
CONFIDENCE = 0.95
_UNIT = 1e-6  # [S] in which a card counts a standard deviation


@dataclass(frozen=True)
class WriteSpread:
    """Standard deviation of conductance around its target, linear in the target, and how it holds for other targets.

    Attributes:
        g_min, g_max: Smallest and largest target [S].
        sigma: Standard deviation at both [S].
        mean: Mean of g − target [S]; a card states none, so it is part of the error that remains.
        cells, held_out: Cells of the fit, and cells that it was held against.
        ratio: rms over these of (g − target) over the standard deviation that was fitted; 1 where the fit is right.
        interval: 95 % interval of this ratio for as many normal errors.
        given_up: Share of all cells that were given up; they are in neither.
        source: Deck and simulator.
    """

    g_min: float
    g_max: float
    sigma: tuple[float, float]
    mean: float
    cells: int
    held_out: int
    ratio: float
    interval: tuple[float, float]
    given_up: float
    source: str

    @property
    def holds(self) -> bool:
        """Whether the ratio is within its interval."""
        return self.interval[0] <= self.ratio <= self.interval[1]

    def at(self, target: np.ndarray) -> np.ndarray:
        """Return the standard deviation [S] at targets [S], beyond both ends that of the nearer one."""
        return np.interp(target, (self.g_min, self.g_max), self.sigma)

    @property
    def toml(self) -> str:
        """`[statistics]` and `[statistics.programming]` for the `device.toml` of the cell's device."""
        slope = (self.sigma[1] - self.sigma[0]) / (1 - self.g_min / self.g_max)  # over x = g / g_max
        first = self.sigma[1] - slope
        low, high = self.interval
        note = (
            f"{self.cells} simulated cells; over {self.held_out} others the rms error is {self.ratio:.2f} of sigma "
            f"({100 * CONFIDENCE:.0f} % of such sets: {low:.2f} to {high:.2f}); mean {self.mean / _UNIT:.2g} uS; "
            f"{100 * self.given_up:.3g} % given up; of whole cells, with all that is in series; what scheme and "
            "tolerance leave of a model without variability"
        )
        curve = {"form": "polynomial", "coefficients": [first / _UNIT, slope / _UNIT]}
        programming = {"sigma": curve, "g_min": self.g_min, "g_max": self.g_max, "note": note}
        table = {"g_ref": self.g_max, "unit": _UNIT, "source": self.source, "fit": "fit of", "programming": programming}
        return tomli_w.dumps({"statistics": table})


@checked
def fit_write_spread(written: WrittenCells | WrittenArray, *, rng: np.random.Generator) -> WriteSpread:
    """Fit the spread around the target to one half of the cells that reached it, and hold it against the other half.

    Args:
        written: From `write_verify` or `write_array`, with targets over the range in which the spread is wanted. Cells
            of an array are taken as they are at the end, after all others were written.
        rng: Parts the cells.

    Raises:
        InputError: Fewer than 20 different cells reached their targets, or all exactly, or all targets are equal.

    Valid for: the tolerance, scheme and pulses of `written`, whose conductances are those of whole cells, in an array
    of their wires as well. A card's are those of the device: with a transistor of a tenth of its resistance in series,
    sigma there is larger by a fifth.
    Source: maximum likelihood of normal errors.
    """
    single = isinstance(written, WrittenCells)
    pairs = np.stack([written.target, written.g if single else written.g_end], axis=-1)[written.reached]
    # Runs repeat themselves: of equal cells one tells all, and would stand in both halves.
    target, g = np.unique(pairs, axis=0).T
    if len(target) < LEAST_CELLS:
        raise InputError(
            f"{len(target)} different cells reached their targets: expected {LEAST_CELLS} or more; cells that are "
            "written alone to equal targets are equal"
        )
    error = g - target
    low, high = float(target.min()), float(target.max())
    if low == high:
        raise InputError(f"all targets are {low:g} S: expected targets over the range in which the spread is wanted")
    if not error.any():
        raise InputError("every cell is exactly at its target: expected what a scheme of pulses reached")
    order = rng.permutation(len(target))
    fitted, other = order[: len(order) // 2], order[len(order) // 2 :]
    sigma = _likeliest(error[fitted], (target[fitted] - low) / (high - low))
    ratio = float(np.sqrt(np.mean((error[other] / np.interp(target[other], (low, high), sigma)) ** 2)))
    tails = (1 - CONFIDENCE) / 2
    interval = np.sqrt(chi2.ppf([tails, 1 - tails], len(other)) / len(other))
    origin = written.provenance
    return WriteSpread(
        g_min=low,
        g_max=high,
        sigma=sigma,
        mean=float(error.mean()),
        cells=len(fitted),
        held_out=len(other),
        ratio=ratio,
        interval=(float(interval[0]), float(interval[1])),
        given_up=1 - float(written.reached.mean()),
        source=(
            f"write-verify of {'one cell' if single else 'an array'}, ngspice {origin.ngspice}, "
            f"deck {str(origin.deck_digest)[:12]}"
        ),
    )


def _likeliest(error: np.ndarray, place: np.ndarray) -> tuple[float, float]:
    """Return the standard deviations at places 0 and 1 that make these errors most likely; both are above 0."""
    rms = float(np.sqrt(np.mean(error**2)))

    def unlikely(logs: np.ndarray) -> float:
        sigma = (1 - place) * np.exp(logs[0]) + place * np.exp(logs[1])
        return float(np.sum(np.log(sigma) + 0.5 * (error / rms / sigma) ** 2))

    found = minimize(unlikely, np.zeros(2), bounds=[(-3.0, 3.0)] * 2)
    first, last = np.exp(found.x) * rms
    return float(first), float(last)
