"""Extract figures of merit of a transistor from the transfer curves of its bench."""

from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError

THRESHOLD_CURRENT = 1e-7  # A, times w/l: the constant-current definition of the threshold


@dataclass(frozen=True)
class TransistorFigures:
    """Figures of merit of an access transistor, as magnitudes for NMOS and PMOS alike.

    Attributes:
        i_dsat: Drain current at full gate and drain voltage [A].
        r_on: Small drain voltage over its current at full gate voltage [ohm].
        i_off: Drain current at zero gate voltage and full drain voltage [A].
        v_th: Gate voltage at which the current at small drain voltage reaches 100 nA · w/l [V].
        body_shift: Increase of `v_th` at 0.5 V reverse bulk bias [V].
    """

    i_dsat: float
    r_on: float
    i_off: float
    v_th: float
    body_shift: float


def transistor_figures(
    v_gate: np.ndarray,
    i_lin: np.ndarray,
    i_sat: np.ndarray,
    i_body: np.ndarray,
    *,
    v_lin: float,
    w_over_l: float,
) -> TransistorFigures:
    """Extract the figures of merit from three transfer curves.

    Args:
        v_gate: (points,) gate voltages from 0 to full voltage [V].
        i_lin: (points,) drain current at the drain voltage `v_lin` [A].
        i_sat: (points,) drain current at full drain voltage [A].
        i_body: (points,) drain current at `v_lin` and 0.5 V reverse bulk bias [A].
        v_lin: Small drain voltage [V].
        w_over_l: Width over length of the transistor.

    Raises:
        InputError: A curve does not cross the threshold current.
    """
    gate, lin, sat, body = (np.abs(np.asarray(x, dtype=float)) for x in (v_gate, i_lin, i_sat, i_body))
    level = THRESHOLD_CURRENT * w_over_l
    v_th = _crossing(gate, lin, level)
    return TransistorFigures(
        i_dsat=float(sat[-1]),
        r_on=abs(v_lin) / float(lin[-1]),
        i_off=float(sat[0]),
        v_th=v_th,
        body_shift=_crossing(gate, body, level) - v_th,
    )


def _crossing(gate: np.ndarray, current: np.ndarray, level: float) -> float:
    above = np.flatnonzero(current >= level)
    if len(above) == 0 or above[0] == 0:
        raise InputError(f"the transfer curve does not cross {level:g} A, expected a threshold between 0 and full gate")
    k = int(above[0])
    low, high = np.log(np.maximum(current[k - 1 : k + 1], 1e-30))
    return float(gate[k - 1] + (gate[k] - gate[k - 1]) * (np.log(level) - low) / (high - low))
