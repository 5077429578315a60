"""What one write pulse does to a conductance, and how far pulses of equal amplitude reach."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from circuitsim.errors import InputError
from circuitsim.spec import by_value, checked

_STATED = ("write_noise", "step_spread", "bound_spread", "endurance", "energy_up", "energy_down", "duration")
_WIDEST = 0.25  # of the range, in which pairs may cancel about a symmetry point
_ROUNDING = 1e-9  # of the size of steps: differences below it are no asymmetry


@by_value
@dataclass(frozen=True)
class PulseResponse:
    """Change of a device's conductance by an up and by a down pulse, as a table over its conductance.

    Between the points a change is linear in g; cells stop at both ends. Soft bounds are the two points
    `up = (step, 0)`, `down = (0, −step)`.

    Attributes:
        g: (points,) conductances, rising [S]; the first and the last are the bounds.
        up: (points,) mean change by an up pulse [S], 0 or above.
        down: (points,) mean change by a down pulse [S], 0 or below.
        write_noise: Standard deviation of the change of one pulse, in parts of its mean.
        step_spread: Standard deviation from device to device of a factor on its up steps, and of one on its down steps.
        bound_spread: Standard deviation from device to device of each bound, in parts of the range.
        endurance: Pulses after which a cell no longer responds; None: unknown.
        energy_up, energy_down: (points,) energy of one pulse [J]; None: unknown.
        duration: Of one pulse, with what follows until the next [s]; None: unknown.
        step_error: What each step may be off by [S]. Steps up and down whose sizes differ by no more count as equal.
        sources: Where values come from, by the names of these attributes ("steps" for g, up and down).

    Raises:
        InputError: The table or a value cannot be used.

    Source: soft bounds and linear steps as in T. Gokmen, Y. Vlasov, Front. Neurosci. 10, 333 (2016), and M. J. Rasch et
        al., IEEE AICAS 2021.
    """

    g: np.ndarray
    up: np.ndarray
    down: np.ndarray
    write_noise: float = 0.0
    step_spread: float = 0.0
    bound_spread: float = 0.0
    endurance: float | None = None
    energy_up: np.ndarray | None = None
    energy_down: np.ndarray | None = None
    duration: float | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    step_error: float = 0.0

    def __post_init__(self) -> None:
        for name in ("g", "up", "down", "energy_up", "energy_down"):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, _row(name, given, len(np.atleast_1d(self.g))))
        if len(self.g) < 2 or self.g[0] < 0 or np.any(np.diff(self.g) <= 0):
            raise InputError("g: expected two or more conductances, 0 S or above, rising")
        if np.any(self.up < 0) or np.any(self.down > 0):
            raise InputError("an up pulse lowers g or a down pulse raises it: expected up >= 0 and down <= 0")
        if not (np.any(self.up > 0) and np.any(self.down < 0)):
            raise InputError("up or down is 0 everywhere: expected pulses that change the conductance")
        for name in ("write_noise", "step_spread", "bound_spread", "step_error"):
            if not 0.0 <= getattr(self, name) < np.inf:
                raise InputError(f"{name} = {getattr(self, name)!r}: expected a number, 0 or above")
        for name, unit in (("endurance", "pulses"), ("duration", "s")):
            value = getattr(self, name)
            if value is not None and not 0.0 < value < np.inf:
                raise InputError(f"{name} = {value!r} {unit}: expected a number above 0, or None where it is unknown")

    @property
    def pair_drift(self) -> np.ndarray:
        """(points,) change by an up and a down pulse [S], 0 where `step_error` or rounding does not tell it from 0."""
        drift, size = self.up + self.down, self.up - self.down
        return np.where(np.abs(drift) <= np.maximum(self.step_error, _ROUNDING * size), 0.0, drift)

    @property
    def has_symmetry_point(self) -> bool:
        """Whether pairs of pulses drift from both bounds to one conductance, known to a quarter of the range."""
        level = self._level
        return level is not None and level[1] - level[0] <= _WIDEST * float(self.g[-1] - self.g[0])

    @property
    def symmetry_point(self) -> float:
        """Conductance [S] at which an up and a down pulse cancel; where they never do, the end to which pairs drift.

        Where they cancel over a range, as far as `step_error` tells, its middle.
        """
        if self._level is not None:
            return float(sum(self._level) / 2)
        drift = self.pair_drift
        if not drift.any():
            return float((self.g[0] + self.g[-1]) / 2)
        return float(self.g[-1] if drift[-1] > 0 or not (drift < 0).any() else self.g[0])

    @property
    def _level(self) -> tuple[float, float] | None:
        """The ends [S] of the range towards which pairs drift from both sides and in which they cancel."""
        drift = self.pair_drift
        moving = np.flatnonzero(drift)
        falls = np.flatnonzero((drift[moving[:-1]] > 0) & (drift[moving[1:]] < 0))
        if not len(falls):
            return None
        before, after = moving[falls[0]], moving[falls[0] + 1]
        if after > before + 1:
            return float(self.g[before + 1]), float(self.g[after - 1])
        share = drift[before] / (drift[before] - drift[after])
        crossing = float(self.g[before] + share * (self.g[after] - self.g[before]))
        return crossing, crossing

    @property
    def step(self) -> float:
        """Mean size of an up and a down step at the symmetry point [S]: what one pulse is taken for."""
        up, down = (float(np.interp(self.symmetry_point, self.g, steps)) for steps in (self.up, self.down))
        size = (up - down) / 2
        return size if size > 0 else float((self.up.mean() - self.down.mean()) / 2)

    @property
    def asymmetry(self) -> np.ndarray:
        """(points,) (up + down)/(up − down): 0 where steps are alike, 1 and −1 where only one side moves."""
        size = self.up - self.down
        return np.where(size > 0, (self.up + self.down) / np.where(size > 0, size, 1.0), 0.0)

    @property
    def unverified(self) -> tuple[str, ...]:
        """Names of the values that are given without a source, or whose source says that they are unverified."""
        given = [
            "steps",
            *(name for name in _STATED if getattr(self, name) is not None and np.any(getattr(self, name))),
        ]
        return tuple(name for name in given if "unverified" in self.sources.get(name, "unverified"))


@checked
def stated_pulses(response: PulseResponse, values: Mapping[str, float], *, source: str | None = None) -> PulseResponse:
    """Return a response with values that a run cannot measure, such as its noise, spread or endurance.

    Args:
        response: The response.
        values: By name: `write_noise`, `step_spread`, `bound_spread`, `endurance`, `duration` [s]; or `energy_up` and
            `energy_down`, one number for all conductances [J].
        source: Where the values come from; None marks them as unverified.

    Raises:
        InputError: A name is none of these, or a value cannot be used.
    """
    if wrong := [name for name in values if name not in _STATED]:
        raise InputError(f"{wrong[0]} = {values[wrong[0]]!r}: expected one of {', '.join(_STATED)}")
    filled = {
        name: np.full(len(response.g), value) if name.startswith("energy") else value for name, value in values.items()
    }
    given = dict.fromkeys(values, source or "unverified")
    return replace(response, **filled, sources={**response.sources, **given})


def _row(name: str, given: object, points: int) -> np.ndarray:
    row = np.asarray(given, dtype=np.float64)
    if row.shape != (points,) or not np.all(np.isfinite(row)):
        raise InputError(f"{name} has shape {row.shape}: expected ({points},) finite numbers")
    return row
