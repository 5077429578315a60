"""Characterize an access transistor from gate off to gate on: its current and the charges of its terminals.

Both are measured at the nodes of a uniform grid over gate, |U| and the smaller voltage, between which
`nodal.gate_splines` interpolates. The charges are what the gate drives into the terminals from gate off on, so that all
that a switching gate moves is right whatever the grid resolves of its course.
"""

import hashlib
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.polynomial.chebyshev import chebgrid2d

from circuitsim import spice
from circuitsim.characterization.cache import cached
from circuitsim.characterization.cell_parts import (
    FREQUENCIES,
    LINES,
    MeasuredPart,
    admittance_deck,
    admittances,
    current_deck,
    gate_sweep_deck,
    saved_currents,
)
from circuitsim.characterization.charges import charges_of_side
from circuitsim.characterization.chebyshev import nodes
from circuitsim.characterization.kept_runs import deck_provenance
from circuitsim.characterization.surface_fit import ROUGH
from circuitsim.errors import OutsideRangeError
from circuitsim.library import assemble
from circuitsim.nodal.gate_splines import gate_law, gate_splines
from circuitsim.nodal.side_polynomials import joined
from circuitsim.nodal.surface_points import to_unit
from circuitsim.resources import surface_cache
from circuitsim.results import SwitchedAccess, load_switched, save_switched
from circuitsim.results.charge_files import SWITCHED_SCHEMA

GRID = (61, 25, 29)  # nodes in (gate, |U|, smaller voltage): 26 mV of a gate of 1.3 V, one thermal voltage
BEYOND = 0.1  # of the gate's swing, by which its grid goes beyond both ends: lines beside a rising one are pushed
CHARGE_GRID = (11, 15)  # nodes in (|U|, smaller voltage) of what the gate drives into the terminals
U_SCALE = 0.15  # [V] above which nodes in |U| lie further and further apart
OFF_GRID = (9, 17)  # Chebyshev nodes in (|U|, smaller voltage) of the charges at the first gate voltage
FLOOR = 1e-9  # of the largest conductance: what conducts less is off, and right by this much
HELD_OUT = 160  # biases between nodes, at gate off, at gate on and between
COPIES = 400  # in one deck: each takes ngspice 0.35 ms, of 1500 in one deck 0.6 to 1.2 ms
VERSION = 3
_NEAR = 2.5e-4  # [V] on which the conductance at U = 0 is measured


def switched_access(part: MeasuredPart, simulator: spice.Simulator, cache: Path | None = None) -> SwitchedAccess:
    """Characterize a transistor between its gate at 0 V and at the part's gate voltage.

    Raises:
        SimulatorError: ngspice failed; the run folder is kept.
        OutsideRangeError: The grid does not resolve its current.
    """
    probe = admittance_deck(part, np.zeros(2), np.array(part.v_range), np.zeros(2))
    truth = sorted(spice.TRUTH_OPTIONS.items())
    fit = (GRID, BEYOND, U_SCALE, CHARGE_GRID, OFF_GRID, FLOOR, HELD_OUT, FREQUENCIES[0], SWITCHED_SCHEMA, VERSION)
    about = (assemble(probe, Path()).digest, part.v_range, part.v_gate, simulator.version_text, truth, fit)
    key = hashlib.sha256(repr(about).encode()).hexdigest()
    return cached(
        (cache or surface_cache()) / f"{key}.npz",
        load=partial(load_switched, key=key),
        make=lambda: _measured(part, simulator),
        save=partial(save_switched, key=key),
    )


def _measured(part: MeasuredPart, simulator: spice.Simulator) -> SwitchedAccess:
    low, high = part.v_range
    axes = (
        np.linspace(-BEYOND * part.v_gate, (1 + BEYOND) * part.v_gate, GRID[0]),
        _along(high - low, GRID[1]),
        np.linspace(low, high, GRID[2]),
    )
    k, raw = _conductances(part, axes, simulator)
    q, c_max = _charges(part, axes, simulator)
    access = SwitchedAccess(
        gate_range=(float(axes[0][0]), float(axes[0][-1])),
        v_range=part.v_range,
        u_scale=U_SCALE,
        k=k,
        k_floor=FLOOR * float(np.abs(k).max()),
        q=q,
        c_max=c_max,
        current_bound=0.0,
        leak_bound=0.0,
        bound=0.0,
        provenance=deck_provenance(raw, part.text.digest, simulator),
    )
    access = _judged(part, access, simulator)
    if not access.current_bound <= ROUGH:
        raise OutsideRangeError(
            f"the current of the transistor is not smooth from gate off to gate on: off by {access.current_bound:.1e} "
            f"of its largest between the nodes, expected at most {ROUGH:g}; check the model"
        )
    return access


def _along(u_max: float, count: int) -> np.ndarray:
    """Return |U| (count,) [V] from 0 to `u_max`, dense near 0."""
    return U_SCALE * np.sinh(np.linspace(0.0, np.arcsinh(u_max / U_SCALE), count))


def _conductances(
    part: MeasuredPart, axes: tuple[np.ndarray, ...], simulator: spice.Simulator
) -> tuple[np.ndarray, spice.RawResult]:
    """Measure i/U (2, gates, n_u, n_m) [S], forward and reverse; at U = 0 its limit."""
    gates, along, lowest = axes
    u = np.concatenate([[_NEAR, 2 * _NEAR], along[1:]])
    text, saved = gate_sweep_deck(part, gates, u, lowest)
    raw = spice.run(text, simulator=simulator, time_limit_s=spice.time_limit(text, simulator, least_s=120.0))
    i = raw.columns(saved).reshape(len(gates), len(lowest), 2, len(u))
    k = np.moveaxis(i / u, (2, 3), (0, 2))
    return np.concatenate([2 * k[:, :, :1] - k[:, :, 1:2], k[:, :, 2:]], axis=2), raw


def _charges(part: MeasuredPart, axes: tuple[np.ndarray, ...], simulator: spice.Simulator) -> tuple[np.ndarray, float]:
    """Charges (2, gates, 3, n_u, n_m) of drain, source and gate [C], forward and reverse, and the largest capacitance.

    Those at the first gate voltage are fitted to capacitances between the lines; what the gate adds is integrated at
    every bias.
    """
    from scipy.interpolate import CubicSpline, RectBivariateSpline  # take 0.3 s to import, for gates that switch alone

    gates, along, lowest = axes
    coarse = _along(along[-1], CHARGE_GRID[0]), np.linspace(lowest[0], lowest[-1], CHARGE_GRID[1])
    u, m = (each.ravel() for each in np.meshgrid(*coarse, indexing="ij"))
    v_bl, v_sl = np.concatenate([m + u, m]), np.concatenate([m, m + u])
    at = (np.tile(v_bl, len(gates)), np.tile(v_sl, len(gates)), np.repeat(gates, len(v_bl)))
    by_gate = _capacitances(part, *at, ("wl",), simulator)[:, 0].reshape(len(gates), 2, *CHARGE_GRID, 3)
    driven = CubicSpline(gates, by_gate).antiderivative()(gates)
    off, c_off = _first_charges(part, gates[0], (along, lowest), simulator)
    q = np.empty((2, len(gates), 3, len(along), len(lowest)))
    for side in (0, 1):
        for gate in range(len(gates)):
            for terminal in range(3):
                fine = RectBivariateSpline(*coarse, driven[gate, side, ..., terminal], s=0)
                q[side, gate, terminal] = off[side][terminal] + fine(along, lowest)
    return q, max(float(np.abs(by_gate).max()), c_off)


def _first_charges(
    part: MeasuredPart, gate: float, fine: tuple[np.ndarray, np.ndarray], simulator: spice.Simulator
) -> tuple[tuple[np.ndarray, np.ndarray], float]:
    """Charges (3, n_u, n_m) [C] at a gate voltage on a grid, forward and reverse, and the largest capacitance [F]."""
    low, high = part.v_range
    axes = nodes(OFF_GRID[0], 0, high - low), nodes(OFF_GRID[1], low, high)
    u, m = (axis.ravel() for axis in np.meshgrid(*axes, indexing="ij"))
    at = np.concatenate([m + u, m]), np.concatenate([m, m + u]), np.full(2 * len(u), gate)
    c = _capacitances(part, *at, LINES, simulator).reshape(1, 2, len(u), 2, 3)
    sides = [charges_of_side(part.v_range, c[:, side], OFF_GRID, excited=side)[:, 0] for side in (0, 1)]
    unit = to_unit(fine[0], 0.0, high - low), to_unit(fine[1], low, high)
    forward, reverse = (chebgrid2d(*unit, np.moveaxis(side, 0, -1)) for side in joined(*sides))
    return (forward, reverse), float(np.abs(c).max())


def _capacitances(
    part: MeasuredPart,
    v_bl: np.ndarray,
    v_sl: np.ndarray,
    v_gate: np.ndarray,
    lines: tuple[str, ...],
    simulator: spice.Simulator,
) -> np.ndarray:
    """Measure capacitances (points, excited, terminals) [F], in decks of a few copies."""
    found = []
    for first in range(0, len(v_bl), COPIES):
        some = slice(first, first + COPIES)
        count = len(v_bl[some])
        text = admittance_deck(part, np.zeros(count), v_bl[some], v_sl[some], v_gate[some], lines=lines)
        raw = spice.run(text, simulator=simulator, time_limit_s=spice.time_limit(text, simulator, least_s=60.0))
        small = next(plot for plot in raw.plots if "frequency" in plot.variables)
        y = admittances(small.columns(saved_currents(count, lines)), count, lines)
        found.append(np.imag(y[0]) / (2 * np.pi * FREQUENCIES[0]))
    return np.concatenate(found)


def _judged(part: MeasuredPart, access: SwitchedAccess, simulator: spice.Simulator) -> SwitchedAccess:
    """Compare with ngspice between the nodes, at gates off, on and between."""
    rng, (low, high) = np.random.default_rng(0), part.v_range
    v_bl, v_sl = rng.uniform(low, high, (2, HELD_OUT))
    share = np.repeat([0.0, 1.0], HELD_OUT // 4)
    gate = part.v_gate * np.concatenate([share, rng.uniform(0, 1, HELD_OUT - len(share))])
    i = spice.run(current_deck(part, v_bl, v_sl, gate), simulator=simulator)["i(vm)"]
    c = _capacitances(part, v_bl, v_sl, gate, (*LINES, "wl"), simulator)
    found = gate_law(gate_splines(access), gate, v_bl, v_sl)
    off = np.abs(found[0, 0] - i)
    shut = gate == 0
    measurable = np.abs(i[shut]) + access.k_floor * np.abs(v_bl - v_sl)[shut]
    charged = np.moveaxis(found[1:, 1:], (2, 1), (0, 1))
    return replace(
        access,
        current_bound=float(off.max() / np.abs(i).max()),
        leak_bound=float((off[shut] / measurable).max()),
        bound=float(np.abs(charged - c).max() / access.c_max),
    )
