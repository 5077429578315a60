"""The forms of a read current, and the search for the parameters with which one describes a measurement."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from circuitsim.devices.measurement import Measurement
from circuitsim.errors import InputError

FLOOR = 1e-3  # residuals are relative to the current, but never to less than this fraction of the largest one


@dataclass(frozen=True)
class Fit:
    """Parameters of a form, and how well they describe the measurement.

    Attributes:
        form: "sinh" i = g v_read sinh(v/v0)/sinh(v_read/v0); "cubic" i = g v (1 + k v²)/(1 + k v_read²);
            "gap" i = i0 exp(−gap/gap0) sinh(v/v0); "states", see `StatesFit`.
        values, units: Parameters by name.
        rms, worst: Residual relative to max(|i|, 1e-3 of the largest |i|).
        v_max: Largest |v| of the measurement: the range the fit holds in [V].
        v_read: Voltage at which g is the chord conductance [V].
        g: Smallest and largest chord conductance at `v_read` that the fit saw [S].
        measurement: What was fitted.
        notes: What was assumed, and what the data show that the form does not describe, in sentences.
    """

    form: str
    values: dict[str, float]
    units: dict[str, str]
    rms: float
    worst: float
    v_max: float
    v_read: float
    g: tuple[float, float]
    measurement: Measurement
    notes: tuple[str, ...] = ()

    @property
    def current(self) -> np.ndarray:
        """(points,) fitted current at the measured voltages [A]."""
        gap = self.measurement.gap
        return FORMS[self.form].current(self.values, self.measurement.v, gap, self.v_read)

    @property
    def residual(self) -> np.ndarray:
        """(points,) fitted less measured current, relative to max(|i|, 1e-3 of the largest |i|)."""
        return (self.current - self.measurement.i) / _scale(self.measurement.i)


@dataclass(frozen=True)
class Form:
    """A form that can be fitted: its current, the start of the search, its parameters (fitted as logarithms)."""

    current: Callable[[dict[str, float], np.ndarray, np.ndarray | None, float], np.ndarray]
    start: Callable[[Measurement, float], dict[str, float]]
    units: dict[str, str]


def _sinh(p: dict[str, float], v: np.ndarray, gap: np.ndarray | None, v_read: float) -> np.ndarray:
    return p["g"] * v_read * np.sinh(v / p["v0"]) / np.sinh(v_read / p["v0"])


def _cubic(p: dict[str, float], v: np.ndarray, gap: np.ndarray | None, v_read: float) -> np.ndarray:
    return p["g"] * v * (1 + p["k"] * v**2) / (1 + p["k"] * v_read**2)


def _gap(p: dict[str, float], v: np.ndarray, gap: np.ndarray | None, v_read: float) -> np.ndarray:
    return p["i0"] * np.exp(-np.asarray(gap) / p["gap0"]) * np.sinh(v / p["v0"])


def _chord(m: Measurement, v_read: float) -> float:
    near = np.argsort(np.abs(np.abs(m.v) - v_read))[:4]
    near = near[m.v[near] != 0]
    return float(np.abs(m.i[near] / m.v[near]).mean())


FORMS = {
    "sinh": Form(_sinh, lambda m, v: {"g": _chord(m, v), "v0": 0.4}, {"g": "S", "v0": "V"}),
    "cubic": Form(_cubic, lambda m, v: {"g": _chord(m, v), "k": 1.0}, {"g": "S", "k": "1/V2"}),
    "gap": Form(
        _gap,
        lambda m, v: {"i0": float(np.abs(m.i).max()), "gap0": 0.3, "v0": 0.4},
        {"i0": "A", "gap0": "nm", "v0": "V"},
    ),
}


def search_parameters(measurement: Measurement, form: str, v_read: float) -> Fit:
    """Fit one form by least squares of the relative residual, however well it describes the measurement.

    Args:
        measurement: With a voltage and a current other than 0.
        form: "sinh", "cubic" or "gap".
        v_read: Voltage at which g shall be the chord conductance [V].

    Raises:
        InputError: The form is unknown, the gap form has no two gaps, v_read lies outside the measured voltages, or
            every current is 0.
    """
    how = _checked(measurement, form, v_read)
    v_max = float(np.abs(measurement.v).max())
    scale = _scale(measurement.i)
    start = how.start(measurement, v_read)
    names = list(start)

    def residual(logs: np.ndarray) -> np.ndarray:
        values = dict(zip(names, np.exp(logs), strict=True))
        return (how.current(values, measurement.v, measurement.gap, v_read) - measurement.i) / scale

    low, high = np.log(1e-18), np.log(1e6)
    steepest = max(2e-2, v_max / 600)  # sinh(v/v0) overflows at 710
    bounds = np.array([(np.log(steepest), np.log(1e3)) if name == "v0" else (low, high) for name in names]).T
    with np.errstate(divide="ignore"):
        logs = np.clip(np.log(list(start.values())), bounds[0] + 1e-3, bounds[1] - 1e-3)
    from scipy.optimize import least_squares  # takes 0.2 s to import, and only a fit needs it

    solution = least_squares(residual, logs, bounds=tuple(bounds), xtol=1e-14, ftol=1e-14)
    values = {name: float(value) for name, value in zip(names, np.exp(solution.x), strict=True)}
    return Fit(
        form=form,
        values=values,
        units=how.units,
        rms=float(np.sqrt(np.mean(solution.fun**2))),
        worst=float(np.abs(solution.fun).max()),
        v_max=v_max,
        v_read=v_read,
        g=_range(how, values, measurement, v_read),
        measurement=measurement,
    )


def _scale(i: np.ndarray) -> np.ndarray:
    return np.maximum(np.abs(i), FLOOR * np.abs(i).max())


def _checked(measurement: Measurement, form: str, v_read: float) -> Form:
    if form not in FORMS:
        raise InputError(f"form = {form!r}, expected auto, {', '.join(FORMS)}, states")
    if not np.any(measurement.i):
        raise InputError(f"{measurement.file}: every current is 0, expected a measured current")
    volts = np.abs(measurement.v[measurement.v != 0])
    if not 0 < v_read <= volts.max():
        raise InputError(f"v_read = {v_read:g} V, expected a voltage up to the largest measured one, {volts.max():g} V")
    if v_read < volts.min():
        raise InputError(
            f"v_read = {v_read:g} V, expected a voltage that was measured: {volts.min():g} V to {volts.max():g} V"
            " (are these mV? then write v_mV in the heading)"
        )
    if form == "gap" and (measurement.gap is None or len(np.unique(measurement.gap)) < 2):
        raise InputError(f"{measurement.file}: the gap form needs a column gap_nm with two values or more")
    return FORMS[form]


def _range(how: Form, values: dict[str, float], m: Measurement, v_read: float) -> tuple[float, float]:
    gaps = np.unique(m.gap) if m.gap is not None and "gap0" in values else np.array([0.0])
    chords = how.current(values, np.full(len(gaps), v_read), gaps, v_read) / v_read
    if "gap0" in values:
        return float(chords.min()), float(chords.max())
    return float(chords[0]) / 100, float(chords[0]) * 100
