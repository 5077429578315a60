"""Why no form describes a measurement: what its data show, in sentences that say what to do."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from circuitsim.devices.current_forms import Fit, search_parameters
from circuitsim.devices.many_states import search_states
from circuitsim.devices.measurement import Measurement
from circuitsim.devices.voltage_sweeps import APART, find_sweeps, sweep_ratio
from circuitsim.units import format_quantity

NEAR_ZERO = 0.05  # of the largest |v|: below, the sign of a current is noise
FLAT = 0.995  # of the largest |i|: a current above it over 5 % of the voltages is held by a limit
JUMP = 3.0  # ratio of currents of two neighbors that are at most 10 % of the largest |v| apart
FALLS = 0.9  # mean chord of the upper third of |v| over that of the lower third


def explain_misfit(fit: Fit) -> tuple[str, ...]:
    """Recognize in the data what leaves the residual of a fit; empty where nothing is recognized.

    Looks for currents without sign or with the wrong one, several gaps, two states, a compliance limit, switching, an
    offset, and a chord conductance that falls with the voltage.
    """
    m = fit.measurement
    offset = _offset(fit)
    if not offset and (signs := _signs(m)):  # a large offset moves every current to one sign
        return (signs,)
    if fit.form == "states":
        return (offset,) if offset else ()
    found = [_gaps(fit) or _states(fit), _two_states(m), _switching(m) or _compliance(m), offset]
    causes = tuple(each for each in found if each)
    return causes or tuple(each for each in (_falling(m),) if each)


def _signs(m: Measurement) -> str:
    positive, negative = (m.i[side * m.v > NEAR_ZERO * np.abs(m.v).max()] for side in (1, -1))
    up, down = (float(np.mean(np.sign(i))) if len(i) else 0.0 for i in (positive, negative))
    if up * down > 0.8:
        return "the voltage changes its sign and the current does not: the column holds |i|; write signed currents"
    if (len(positive) == 0 or up < -0.9) and (len(negative) == 0 or down > 0.9):
        reversed_sign = "the current runs against the voltage at every point: its sign is reversed"
        only_negative = " or the column holds |i|" if len(positive) == 0 else ""
        return f"{reversed_sign}{only_negative}; multiply the currents by -1"
    return ""


def _gaps(fit: Fit) -> str:
    gap = fit.measurement.gap
    if fit.form == "gap" or gap is None or len(np.unique(gap)) < 2:
        return ""
    return f"the file holds {len(np.unique(gap))} gaps and the {fit.form} form knows none: take --form gap"


def _states(fit: Fit) -> str:
    state = fit.measurement.state
    if state is None or len(np.unique(state)) < 2:
        return ""
    return f"the file holds {len(np.unique(state))} states and the {fit.form} form knows one: take --form states"


def _two_states(m: Measurement) -> str:
    if any(labels is not None and len(np.unique(labels)) > 1 for labels in (m.gap, m.state)):
        return ""
    ratio = sweep_ratio(m)
    if ratio < APART:
        return ""
    return (
        f"at equal voltages the currents of its {len(find_sweeps(m.v))} sweeps differ by a factor of {ratio:.3g}, as in"
        " a hysteresis loop: fit two states with --two-states, and keep one sweep of each where there are more"
    )


def _switching(m: Measurement) -> str:
    """The jump at the smallest |v|."""
    volts, limit = np.abs(m.v), 0.1 * np.abs(m.v).max()
    jumps = []
    for indices in find_sweeps(m.v):
        for a, b in pairwise(indices):
            near = min(volts[a], volts[b]) > limit and abs(m.v[a] - m.v[b]) <= limit
            smaller, larger = sorted((abs(m.i[a]), abs(m.i[b])))
            if near and larger > JUMP * smaller:
                jumps.append((min(volts[a], volts[b]), abs(m.i[a]), abs(m.i[b])))
    if not jumps:
        return ""
    at, before, after = min(jumps)
    below = volts[volts < at].max(initial=0.0)
    return (
        f"the current jumps from {format_quantity(before, 'A')} to {format_quantity(after, 'A')} at {at:.3g} V,"
        f" where the device switches: fit the voltages below with --v-max {(at + below) / 2:.4g}"
    )


def _compliance(m: Measurement) -> str:
    for side in (1, -1):
        at = side * m.v > 0
        v, i = np.abs(m.v[at]), np.abs(m.i[at])
        held = i >= FLAT * i.max(initial=0.0)
        flat = v[held]
        wide = len(np.unique(flat)) >= 3 and np.ptp(flat) >= NEAR_ZERO * v.max()
        if wide and np.mean(held[v >= flat.min()]) > 0.5:  # else noise
            below = v[v < flat.min()].max(initial=0.0)
            return (
                f"the current stays at {format_quantity(float(i.max()), 'A')} from {side * flat.min():.3g} V to"
                f" {side * flat.max():.3g} V, as under a compliance limit: fit the voltages below with"
                f" --v-max {(flat.min() + below) / 2:.4g}"
            )
    return ""


def _offset(fit: Fit) -> str:
    """A current at 0 V without which the residual is less than half as large."""
    m = fit.measurement
    order = np.argsort(m.v, kind="stable")
    if not m.v[order[0]] <= 0 <= m.v[order[-1]]:
        return ""
    at_rest = m.i[m.v == 0]
    offset = float(at_rest.mean() if len(at_rest) else np.interp(0.0, m.v[order], m.i[order]))
    if offset == 0 or not np.any(m.i != offset):
        return ""
    moved = replace(m, i=m.i - offset)
    by_states = fit.form == "states"
    without = search_states(moved, fit.v_read) if by_states else search_parameters(moved, fit.form, fit.v_read)
    if without.rms > fit.rms / 2:
        return ""
    return (
        f"{format_quantity(offset, 'A')} flow at 0 V, where every form is 0: subtract the offset of the instrument"
        f" from the currents, which leaves a residual of {without.rms:.2g} rms"
    )


def _falling(m: Measurement) -> str:
    volts = np.abs(m.v)
    used = volts > NEAR_ZERO * volts.max()
    v, chord = volts[used], np.abs(m.i[used] / m.v[used])
    low, high = chord[v <= np.quantile(v, 1 / 3)].mean(), chord[v >= np.quantile(v, 2 / 3)].mean()
    if high >= FALLS * low:
        return ""
    return (
        f"i/v falls from {format_quantity(float(low), 'S')} at low to {format_quantity(float(high), 'S')} at high"
        " voltages; every form here is linear or rises faster, none describes a sub-linear current"
    )
