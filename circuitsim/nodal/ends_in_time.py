"""What the terminals of an array see of a read in time: currents, charges and energies."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from circuitsim.nodal.array_in_time import ArrayInTime
from circuitsim.nodal.time_steps import WEIGHTS, Moment


@dataclass(frozen=True)
class EndsInTime:
    """Waveforms and integrals at the terminals of an array; voltages are relative to v_ref.

    Attributes:
        time: (points,) [s].
        source: (points, rows) voltage of each row's source [V].
        i_row: (points, rows) current that each source delivers [A].
        i_out: (points, cols) current into each sense amplifier [A].
        row_charge: (rows,) charge that each source delivers [C].
        charge: (cols,) charge into each sense amplifier [C].
        energy: (rows,) energy that each source delivers, at its voltage relative to v_ref [J].
        other_charge: (others,) charge that each of the other terminals delivers [C].
        begin, end: (inner + nodes,) voltages at rest and at the end [V].
    """

    time: np.ndarray
    source: np.ndarray
    i_row: np.ndarray
    i_out: np.ndarray
    row_charge: np.ndarray
    charge: np.ndarray
    energy: np.ndarray
    other_charge: np.ndarray
    begin: np.ndarray
    end: np.ndarray


def ends_in_time(array: ArrayInTime, moments: Iterable[Moment]) -> EndsInTime:
    """Evaluate moments from `time_steps.moments`.

    Currents at rest are integrated by the weights by which the steps charge the capacitors, and charges are
    differences: none is lost or gained. A current into a capacitor at a terminal is the slope of its charge.
    """
    first = array.unknowns
    kept, begin, end = [], None, None
    for moment in moments:
        # Copies: a view would keep every node of every moment.
        kept.append((moment.time, *(each[first:].copy() for each in (moment.v, moment.q, moment.f))))
        begin, end = begin or moment, moment
    assert begin is not None and end is not None
    time, v, q, f = (np.array(part) for part in zip(*kept, strict=True))
    weights, rows, both = _weights(time), array.grid.rows, array.grid.rows + array.grid.cols
    source, entered = v[:, :rows], q[-1] - q[0]
    whole = weights @ f + entered
    into_capacitors = (source[1:] + source[:-1]) / 2 * np.diff(q[:, :rows], axis=0)
    current = f + _slopes(time, q)
    return EndsInTime(
        time=time,
        source=source,
        i_row=current[:, :rows],
        i_out=-current[:, rows:both],
        row_charge=whole[:rows],
        charge=-whole[rows:both],
        energy=weights @ (source * f[:, :rows]) + into_capacitors.sum(axis=0),
        other_charge=whole[both:],
        begin=begin.v,
        end=end.v,
    )


def _weights(time: np.ndarray) -> np.ndarray:
    """Weights (points,) [s] of the integral over all steps, each a start, a middle stage and an end."""
    weights, h = np.zeros(len(time)), np.diff(time[::2])
    for first, share in enumerate(WEIGHTS):
        weights[first : first + 2 * len(h) : 2] += share * h
    return weights


def _slopes(time: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Slopes (points, n) per second of the parabola through start, middle and end of each step.

    A point between two steps has that of the step before it: a source that stops rising charges until then.
    """
    before, after = np.diff(time)[::2, None], np.diff(time)[1::2, None]
    first, second = np.diff(q, axis=0)[::2] / before, np.diff(q, axis=0)[1::2] / after
    bend = (second - first) / (before + after)
    slopes = np.empty_like(q)
    slopes[0] = (first - bend * before)[0]
    slopes[1::2], slopes[2::2] = first + bend * before, second + bend * after
    return slopes
