"""Characterize an access transistor from gate off to gate on: its current and the charges of its terminals."""

import hashlib
from functools import partial
from pathlib import Path

import numpy as np

from circuitsim import spice
from circuitsim.characterization.cache import cached
from circuitsim.characterization.cell_parts import (
    FREQUENCIES,
    MeasuredPart,
    admittance_deck,
    admittances,
    current_deck,
    saved_currents,
)
from circuitsim.characterization.charges import charges_of_side
from circuitsim.characterization.chebyshev import nodes, tensor_fit
from circuitsim.characterization.kept_runs import deck_provenance
from circuitsim.library import assemble
from circuitsim.resources import surface_cache
from circuitsim.results import SwitchedAccess, load_switched, save_switched
from circuitsim.results.charge_files import SWITCHED_SCHEMA

GATE_STEP = 0.05  # [V] between gate voltages, about two thermal voltages: currents near threshold bend over as much
FINER = 4  # gate voltages of the gate's own charge in each step
CURRENT_GRID = (18, 11)  # nodes in (|U|, smaller voltage)
CHARGE_GRID = (7, 5)
VERSION = 2


def switched_access(part: MeasuredPart, simulator: spice.Simulator, cache: Path | None = None) -> SwitchedAccess:
    """Characterize a transistor between its gate at 0 V and at the part's gate voltage.

    Raises:
        SimulatorError: ngspice failed; the run folder is kept.
    """
    probe = admittance_deck(part, np.zeros(2), np.array(part.v_range), np.zeros(2))
    truth = sorted(spice.TRUTH_OPTIONS.items())
    fit = (GATE_STEP, FINER, CURRENT_GRID, CHARGE_GRID, FREQUENCIES, SWITCHED_SCHEMA, VERSION)
    about = (assemble(probe, Path()).digest, part.v_range, part.v_gate, simulator.version_text, truth, fit)
    key = hashlib.sha256(repr(about).encode()).hexdigest()
    return cached(
        (cache or surface_cache()) / f"{key}.npz",
        load=partial(load_switched, key=key),
        make=lambda: _measured(part, simulator),
        save=partial(save_switched, key=key),
    )


def _measured(part: MeasuredPart, simulator: spice.Simulator) -> SwitchedAccess:
    gates = np.linspace(0.0, part.v_gate, 2 + int(abs(part.v_gate) / GATE_STEP))
    k, raw = _currents(part, gates, simulator)
    q, c_max = _charges(part, gates, simulator)
    return SwitchedAccess(
        v_gates=gates,
        v_range=part.v_range,
        k=k,
        q=q,
        c_max=c_max,
        provenance=deck_provenance(raw, part.text.digest, simulator),
    )


def _points(part: MeasuredPart, grid: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return |U| (n,), and bit and source line (2 n,) [V], those of U >= 0 first."""
    low, high = part.v_range
    axes = nodes(grid[0], 0, high - low), nodes(grid[1], low, high)
    u, m = (axis.ravel() for axis in np.meshgrid(*axes, indexing="ij"))
    return u, np.concatenate([m + u, m]), np.concatenate([m, m + u])


def _currents(part: MeasuredPart, gates: np.ndarray, simulator: spice.Simulator) -> tuple[np.ndarray, spice.RawResult]:
    """Coefficients (2, gates, n_u, n_m) of i/U [S], forward and reverse."""
    u, v_bl, v_sl = _points(part, CURRENT_GRID)
    at = (np.tile(v_bl, len(gates)), np.tile(v_sl, len(gates)), np.repeat(gates, len(v_bl)))
    raw = spice.run(current_deck(part, *at), simulator=simulator)
    k = raw["i(vm)"].reshape(len(gates), 2, len(u)) / (np.array([1.0, -1.0])[:, None] * u)
    fits = [[tensor_fit(one.reshape(CURRENT_GRID)) for one in side] for side in np.moveaxis(k, 1, 0)]
    return np.array(fits), raw


def _charges(part: MeasuredPart, gates: np.ndarray, simulator: spice.Simulator) -> tuple[np.ndarray, float]:
    """Coefficients (2, gates, 3, n_u, n_m) of the charges [C], forward and reverse, and the largest capacitance [F].

    What the gate drives into the terminals is measured where both voltages are lowest, and integrated from gate off.
    """
    from scipy.interpolate import CubicSpline  # takes 0.3 s to import; only gates that switch need it

    u, v_bl, v_sl = _points(part, CHARGE_GRID)
    at = (np.tile(v_bl, len(gates)), np.tile(v_sl, len(gates)), np.repeat(gates, len(v_bl)))
    c = _capacitances(part, *at, ("bl", "sl"), simulator).reshape(len(gates), 2, len(u), 2, 3)
    sides = [np.moveaxis(charges_of_side(part.v_range, c[:, side], CHARGE_GRID, excited=side), 0, 1) for side in (0, 1)]
    fine = np.linspace(gates[0], gates[-1], FINER * (len(gates) - 1) + 1)
    lowest = np.full(len(fine), part.v_range[0])
    by_gate = _capacitances(part, lowest, lowest, fine, ("wl",), simulator)[:, 0]
    q = np.array(sides)
    q[..., 0, 0] += CubicSpline(fine, by_gate).antiderivative()(gates)
    return q, float(max(np.abs(c).max(), np.abs(by_gate).max()))


def _capacitances(
    part: MeasuredPart,
    v_bl: np.ndarray,
    v_sl: np.ndarray,
    v_gate: np.ndarray,
    lines: tuple[str, ...],
    simulator: spice.Simulator,
) -> np.ndarray:
    """Measure capacitances (points, excited, terminals) [F]."""
    count = len(v_bl)
    text = admittance_deck(part, np.zeros(count), v_bl, v_sl, v_gate, lines=lines)
    raw = spice.run(text, simulator=simulator, time_limit_s=spice.time_limit(text, simulator, least_s=60.0))
    small = next(plot for plot in raw.plots if "frequency" in plot.variables)
    y = admittances(small.columns(saved_currents(count, lines)), count, lines)
    return np.imag(y[0]) / (2 * np.pi * FREQUENCIES[0])
