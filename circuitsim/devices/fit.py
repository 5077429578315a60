"""Fit a read current to a measured I–V, and write it as a device folder."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from circuitsim.errors import InputError

MIN_POINTS = 8
FLOOR = 1e-3  # residuals are relative to the current, but never to less than this fraction of the largest one


@dataclass(frozen=True)
class Measurement:
    """A measured read current.

    Attributes:
        file: Where it was read from.
        v, i: (points,) voltage [V] and current [A].
        gap: (points,) gap of the state each point was measured in [nm], or None.
    """

    file: Path
    v: np.ndarray
    i: np.ndarray
    gap: np.ndarray | None


@dataclass(frozen=True)
class Fit:
    """Parameters of a form, and how well they describe the measurement.

    Attributes:
        form: "sinh" i = g v_read sinh(v/v0)/sinh(v_read/v0); "cubic" i = g v (1 + k v²)/(1 + k v_read²);
            "gap" i = i0 exp(−gap/gap0) sinh(v/v0).
        values, units: Parameters by name.
        rms, worst: Residual relative to max(|i|, 1e-3 of the largest |i|).
        v_max: Largest |v| of the measurement: the range the fit holds in [V].
        v_read: Voltage at which g is the chord conductance [V].
        g: Smallest and largest chord conductance at `v_read` that the fit saw [S].
        measurement: What was fitted.
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

    @property
    def current(self) -> np.ndarray:
        """(points,) fitted current at the measured voltages [A]."""
        gap = self.measurement.gap
        return FORMS[self.form].current(self.values, self.measurement.v, gap, self.v_read)


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


def read_measurement(path: str | Path) -> Measurement:
    """Read a CSV file with a heading: columns `v` [V], `i` [A], and for the gap form `gap` [nm].

    A heading may carry its unit: `v_V`, `i_A`, `gap_nm`.

    Raises:
        InputError: The file cannot be read, a column is missing, a value is not a finite number, or there are fewer
            than 8 points with a voltage other than 0; names the file and line.
    """
    path = Path(path)
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{path}: cannot be read, expected a CSV file with the columns v_V and i_A") from None
    heading = [word.strip().lower().split("_")[0] for word in rows[0]] if rows else []
    for name in ("v", "i"):
        if name not in heading:
            raise InputError(f"{path}:1: no column {name!r}; expected a heading such as v_V,i_A (and gap_nm)")
    numbers = []
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            values = [float(row[heading.index(name)]) for name in heading if name in ("v", "i", "gap")]
        except (ValueError, IndexError):
            raise InputError(f"{path}:{line}: {','.join(row)!r}, expected {len(heading)} numbers") from None
        if not np.isfinite(values).all():
            raise InputError(f"{path}:{line}: {','.join(row)!r}, expected finite numbers")
        numbers.append(values)
    columns = dict(zip([name for name in heading if name in ("v", "i", "gap")], np.array(numbers).T, strict=False))
    useful = int(np.count_nonzero(columns.get("v", np.array([]))))
    if useful < MIN_POINTS:
        raise InputError(f"{path}: {useful} points with a voltage other than 0, expected {MIN_POINTS} or more")
    return Measurement(path, columns["v"], columns["i"], columns.get("gap"))


def fit_current(measurement: Measurement, form: str = "auto", *, v_read: float = 0.2) -> Fit:
    """Fit a form to a measured current by least squares of the relative residual.

    Args:
        measurement: From `read_measurement`.
        form: "sinh", "cubic", "gap", or "auto" for the better of sinh and cubic.
        v_read: Voltage at which g shall be the chord conductance [V].

    Raises:
        InputError: The form is unknown, the gap form has no two gaps, or v_read lies outside the measured voltages.
    """
    if form == "auto":
        return min((fit_current(measurement, each, v_read=v_read) for each in ("sinh", "cubic")), key=lambda f: f.rms)
    if form not in FORMS:
        raise InputError(f"form = {form!r}, expected auto, {', '.join(FORMS)}")
    v_max = float(np.abs(measurement.v).max())
    if not 0 < v_read <= v_max:
        raise InputError(f"v_read = {v_read:g} V, expected a voltage up to the largest measured one, {v_max:g} V")
    if form == "gap" and (measurement.gap is None or len(np.unique(measurement.gap)) < 2):
        raise InputError(f"{measurement.file}: the gap form needs a column gap_nm with two values or more")
    how = FORMS[form]
    start = how.start(measurement, v_read)
    names = list(start)
    scale = np.maximum(np.abs(measurement.i), FLOOR * np.abs(measurement.i).max())

    def residual(logs: np.ndarray) -> np.ndarray:
        values = dict(zip(names, np.exp(logs), strict=True))
        return (how.current(values, measurement.v, measurement.gap, v_read) - measurement.i) / scale

    low, high = np.log(1e-18), np.log(1e6)
    bounds = [(np.log(2e-2), np.log(1e3)) if name == "v0" else (low, high) for name in names]
    solution = least_squares(
        residual, np.log(list(start.values())), bounds=tuple(zip(*bounds, strict=True)), xtol=1e-14, ftol=1e-14
    )
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


def _range(how: Form, values: dict[str, float], m: Measurement, v_read: float) -> tuple[float, float]:
    gaps = np.unique(m.gap) if m.gap is not None and "gap0" in values else np.array([0.0])
    chords = how.current(values, np.full(len(gaps), v_read), gaps, v_read) / v_read
    if "gap0" in values:
        return float(chords.min()), float(chords.max())
    return float(chords[0]) / 100, float(chords[0]) * 100
