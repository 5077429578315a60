"""Fit one smooth law of voltage and state to a read current in several states."""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from circuitsim.devices.current_forms import FLOOR, Fit
from circuitsim.devices.measurement import Measurement
from circuitsim.errors import InputError
from circuitsim.spec import by_value

MOST_IN_VOLTAGE, MOST_IN_STATE = 8, 5  # highest powers that are tried
SAME = 1e-6  # difference of ln g below which states are one
ROUNDS = 3  # the conductance of a state stands in the law that it is found with


@by_value
@dataclass(frozen=True, kw_only=True)
class StatesFit(Fit):
    """ln(i/(g v)) as a polynomial of voltage and ln g, from the measured states.

    i = g v exp(p(u, l) − p(u_read, l)), p = Σ a_mn u^m l^n with m ≥ 1, u = v/v_max held within the measured voltages
    (|v|/v_max where only one sign was measured), l = ln g from −1 at the smallest to 1 at the largest measured g.

    Attributes:
        g_states: (states,) chord conductances at `v_read`, in the order of the states [S].
        coefficients: (powers of u from 1, powers of l from 0) a_mn.
        u_range: Measured voltages over v_max; (0, 1) where one sign was measured.
    """

    g_states: np.ndarray
    coefficients: np.ndarray
    u_range: tuple[float, float]

    @property
    def current(self) -> np.ndarray:
        """(points,) fitted current at the measured voltages [A]."""
        m = self.measurement
        g = self.g_states[_labels(m)[1]]
        at = _terms(_coordinate(self.u_range, m.v, self.v_max), _place(g, self.g), self.coefficients.shape)
        read = _terms(np.full(len(g), self.u_read), _place(g, self.g), self.coefficients.shape)
        return g * m.v * np.exp((at - read) @ self.coefficients.ravel())

    @property
    def u_read(self) -> float:
        """u at v_read."""
        return self.v_read / self.v_max


def search_states(measurement: Measurement, v_read: float) -> StatesFit:
    """Fit the law by least squares of the relative residual; its powers are the ones that the data justify (BIC).

    Args:
        measurement: With two states or more, told apart by the column state or gap_nm.
        v_read: Voltage at which g shall be the chord conductance [V].

    Raises:
        InputError: There are no two states, v_read lies outside the voltages of a state, or the currents of a state
            have no common sign with its voltages.
    """
    labels, index = _labels(measurement)
    v, i = measurement.v, measurement.i
    v_max = float(np.abs(v).max())
    one_sign = not (v.min() < 0 < v.max())
    u_range = (0.0, 1.0) if one_sign else (float(v.min()) / v_max, float(v.max()) / v_max)
    _check(measurement, labels, index, v_read, one_sign)
    scale = np.maximum(np.abs(i), FLOOR * _largest(i, index))
    used = (v * i > 0) & (np.abs(i) >= scale)
    u = _coordinate(u_range, v, v_max)[used]
    y = np.log(i[used] / v[used])
    u_read = v_read / v_max
    start = _alone(u, y, index[used], u_read)
    if np.ptp(start) < SAME:
        raise InputError(f"{measurement.file}: its states have the same conductance; expected states that differ")
    best: tuple[float, np.ndarray, np.ndarray] | None = None
    shapes = product(range(1, MOST_IN_VOLTAGE + 1), range(1, min(MOST_IN_STATE, len(labels)) + 1))
    for shape in shapes:
        if 2 * (shape[0] * shape[1] + len(labels)) > len(y):
            continue
        logs, a, left = _solve(u, y, index[used], start, u_read, shape)
        score = len(y) * np.log(left + 1e-24) + (a.size + len(labels)) * np.log(len(y))
        if best is None or score < best[0]:
            best = (score, logs, a)
    if best is None:
        raise InputError(f"{measurement.file}: {len(y)} points in {len(labels)} states, expected more in each")
    return _judge(measurement, best[1], best[2], v_read, v_max, u_range, scale)


def _labels(m: Measurement) -> tuple[np.ndarray, np.ndarray]:
    """The states and the place of each point's state among them."""
    by = m.state if m.state is not None else m.gap
    if by is None or len(np.unique(by)) < 2:
        raise InputError(f"{m.file}: the states form needs a column state (or gap_nm) with two values or more")
    return np.unique(by, return_inverse=True)


def _check(m: Measurement, labels: np.ndarray, index: np.ndarray, v_read: float, one_sign: bool) -> None:
    for k, label in enumerate(labels):
        v, i = m.v[index == k], m.i[index == k]
        reach = np.abs(v).max() if one_sign else v.max()
        if not 0 < v_read <= reach:
            measured = f"state {label:g} was measured up to {reach:g} V"
            raise InputError(f"{m.file}: v_read = {v_read:g} V, but {measured}; expected a voltage above 0 up to it")
        if np.count_nonzero(v * i > 0) < 2:
            raise InputError(f"{m.file}: state {label:g}: expected currents with the sign of their voltages")


def _largest(i: np.ndarray, index: np.ndarray) -> np.ndarray:
    """(points,) largest |i| of each point's state."""
    top = np.zeros(index.max() + 1)
    np.maximum.at(top, index, np.abs(i))
    return top[index]


def _coordinate(u_range: tuple[float, float], v: np.ndarray, v_max: float) -> np.ndarray:
    return np.abs(v) / v_max if u_range == (0.0, 1.0) else np.clip(v / v_max, *u_range)


def _place(g: np.ndarray, g_range: tuple[float, float]) -> np.ndarray:
    low, high = np.log(g_range)
    return 2 * (np.log(g) - low) / (high - low) - 1


def _terms(u: np.ndarray, place: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(points, powers) u^m l^n for m = 1 … and n = 0 …"""
    powers_u = u[:, None] ** np.arange(1, shape[0] + 1)
    return (powers_u[:, :, None] * place[:, None, None] ** np.arange(shape[1])).reshape(len(u), -1)


def _alone(u: np.ndarray, y: np.ndarray, index: np.ndarray, u_read: float) -> np.ndarray:
    """(states,) ln g of each state by itself: a parabola through its ln(i/v)."""
    found = np.empty(index.max() + 1)
    for k in range(len(found)):
        mine = index == k
        degree = min(2, len(np.unique(u[mine])) - 1)
        found[k] = np.polyval(np.polyfit(u[mine], y[mine], degree), u_read)
    return found


def _solve(
    u: np.ndarray, y: np.ndarray, index: np.ndarray, logs: np.ndarray, u_read: float, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, float]:
    """ln g of the states, the coefficients, and the mean square that they leave."""
    states = np.eye(len(logs))[index]
    coefficients, left = np.zeros(shape), np.inf
    for _ in range(ROUNDS):
        place = _place(np.exp(logs), (float(np.exp(logs.min())), float(np.exp(logs.max()))))[index]
        law = _terms(u, place, shape) - _terms(np.full(len(u), u_read), place, shape)
        found = np.linalg.lstsq(np.hstack([states, law]), y, rcond=None)[0]
        logs, coefficients = found[: len(logs)], found[len(logs) :].reshape(shape)
        left = float(np.mean((np.hstack([states, law]) @ found - y) ** 2))
    return logs, coefficients, left


def _judge(
    m: Measurement,
    logs: np.ndarray,
    a: np.ndarray,
    v_read: float,
    v_max: float,
    u_range: tuple[float, float],
    scale: np.ndarray,
) -> StatesFit:
    g = np.exp(logs)
    values = {f"a{i + 1}_{n}": float(value) for (i, n), value in np.ndenumerate(a)}
    fit = StatesFit(
        form="states",
        values=values,
        units=dict.fromkeys(values, "1"),
        rms=np.nan,
        worst=np.nan,
        v_max=v_max,
        v_read=v_read,
        g=(float(g.min()), float(g.max())),
        measurement=m,
        g_states=g,
        coefficients=a,
        u_range=u_range,
    )
    off = (fit.current - m.i) / scale
    mirrored = ("only one sign of the voltage was measured; the other is taken as its mirror image",)
    notes = mirrored if u_range == (0.0, 1.0) else ()
    return replace(fit, rms=float(np.sqrt(np.mean(off**2))), worst=float(np.abs(off).max()), notes=notes)
