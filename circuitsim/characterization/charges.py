"""Characterize the charges of a cell: small-signal capacitances over its bias, fitted as slopes of smooth charges.

The capacitance of terminal a by node b is Im(y_ab)/ω of the admittance at low frequency. It covers whatever stores
charge between the terminals, of any model: channel, overlaps, junctions, the capacitor of a user's sub-circuit, and
nodes within, as far as they follow at rest.

Source: D. E. Ward, R. W. Dutton, IEEE J. Solid-State Circuits 13, 703 (1978): terminal charges of a transistor, whose
derivatives by the node voltages are its capacitances.
"""

import hashlib
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.polynomial import chebyshev

from circuitsim import spice
from circuitsim.characterization.cache import cached
from circuitsim.characterization.cell_parts import (
    FREQUENCIES,
    MeasuredPart,
    admittance_deck,
    admittances,
    saved_currents,
)
from circuitsim.characterization.chebyshev import nodes
from circuitsim.characterization.kept_runs import deck_provenance
from circuitsim.characterization.sweep import voltages_between
from circuitsim.errors import OutsideRangeError
from circuitsim.library import assemble
from circuitsim.nodal.side_polynomials import charge_law
from circuitsim.nodal.surface import conductance_nodes
from circuitsim.resources import surface_cache
from circuitsim.results import CellCharges, load_charges, save_charges
from circuitsim.results.charge_files import CHARGES_SCHEMA

GRIDS = ((4, 5, 4), (6, 7, 6), (10, 9, 7), (20, 10, 8))  # nodes in (conductance, |U|, smaller voltage), tried in turn
SMOOTH = 5e-4  # bound, as a fraction of the largest capacitance, at which no finer grid is tried
ROUGH = 0.05  # bound above which charges are rejected
HELD_OUT = (3, 12)  # conductances, biases of each
NOTHING = 1e-22  # [F] below which a part has no capacitance: a wire of 1 nm has more
_RESOLVED = 1e-8  # of a conductance, that the solution of the small-signal system resolves
FIT_VERSION = 2  # increase it when the fit changes, so that charges in users' caches are computed again


def part_charges(part: MeasuredPart, simulator: spice.Simulator, cache: Path | None = None) -> CellCharges | None:
    """Characterize the charges of a part of a cell; None if it has no capacitance.

    Args:
        part: The part, with its ranges.
        simulator: The ngspice to use.
        cache: Folder of cached charges; None: the user's cache folder.

    Raises:
        SimulatorError: ngspice failed; the run folder is kept.
        OutsideRangeError: The capacitances are not smooth enough, for example because the device switches.
    """
    key = _key(part, simulator)
    charges = cached(
        (cache or surface_cache()) / f"{key}.npz",
        load=partial(load_charges, key=key),
        make=lambda: _best(part, simulator),
        save=partial(save_charges, key=key),
    )
    return charges if charges.c_max > NOTHING else None


def _key(part: MeasuredPart, simulator: spice.Simulator) -> str:
    """Digest of all inputs: circuit, files, states, voltages, simulator and its options, and the fit."""
    probe = admittance_deck(part, part.stored(np.array(part.g_range)), np.array(part.v_range), np.zeros(2))
    fit = (GRIDS, SMOOTH, ROUGH, HELD_OUT, FREQUENCIES, CHARGES_SCHEMA, FIT_VERSION)
    ranges = (part.g_range, part.g_scale, part.v_range, part.two_states, part.stores)
    truth = sorted(spice.TRUTH_OPTIONS.items())
    return hashlib.sha256(
        repr((assemble(probe, Path()).digest, ranges, simulator.version_text, truth, fit)).encode()
    ).hexdigest()


def _best(part: MeasuredPart, simulator: spice.Simulator) -> CellCharges:
    found: list[CellCharges] = []
    for grid in GRIDS:
        found.append(_fitted(part, simulator, grid))
        if found[-1].bound <= SMOOTH:
            break
    best = min(found, key=lambda each: each.bound)
    if not (best.bound <= ROUGH or best.c_max <= NOTHING):
        low, high = part.v_range
        raise OutsideRangeError(
            f"the capacitances of the cell are not smooth between {low:g} V and {high:g} V: the best charges are off "
            f"by {best.bound:.1e} of the largest one, expected at most {ROUGH:g}; narrow driver.v_read or check the "
            "model"
        )
    return best


def _fitted(part: MeasuredPart, simulator: spice.Simulator, grid: tuple[int, int, int]) -> CellCharges:
    g, g_out = _conductances(part, grid[0])
    low, high = part.v_range
    u, m = (
        axis.ravel() for axis in np.meshgrid(nodes(grid[1], 0, high - low), nodes(grid[2], low, high), indexing="ij")
    )
    v_bl, v_sl = np.concatenate([m + u, m]), np.concatenate([m, m + u])
    out_bl, out_sl = voltages_between(part.v_range, HELD_OUT[1])
    at_g = np.concatenate([np.repeat(g, len(v_bl)), np.repeat(g_out, len(out_bl))])
    at_bl = np.concatenate([np.tile(v_bl, len(g)), np.tile(out_bl, len(g_out))])
    at_sl = np.concatenate([np.tile(v_sl, len(g)), np.tile(out_sl, len(g_out))])
    y, raw = _measured(part, at_g, at_bl, at_sl, simulator)
    c = np.imag(y[0]) / (2 * np.pi * FREQUENCIES[0])  # (points, excited, terminals) [F]
    fitted = len(g) * len(v_bl)
    by_side = c[:fitted].reshape(len(g), 2, len(u), 2, 3)
    charges = CellCharges(
        forward=_integrated(part, by_side[:, 0], grid[1:], excited=0),
        reverse=_integrated(part, by_side[:, 1], grid[1:], excited=1),
        g_range=part.g_range,
        g_scale=part.g_scale,
        v_range=part.v_range,
        c_max=float(np.abs(c).max()),
        bound=0.0,
        lag=_lag(y),
        provenance=deck_provenance(raw, part.text.digest, simulator),
    )
    held_out = slice(fitted, None)
    found = np.moveaxis(charge_law(charges, at_g[held_out], at_bl[held_out], at_sl[held_out])[:, 1:], (2, 1), (0, 1))
    return replace(charges, bound=float(np.abs(found - c[held_out]).max() / max(charges.c_max, NOTHING)))


def _measured(
    part: MeasuredPart, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray, simulator: spice.Simulator
) -> tuple[np.ndarray, spice.RawResult]:
    """Measure admittances (frequencies, points, excited, terminals) [S]."""
    kinds, which = np.unique(g, return_inverse=True)
    text = admittance_deck(part, part.stored(kinds)[which], v_bl, v_sl)
    limit = spice.time_limit(text, simulator, least_s=spice.LEAST_OF_CELLS_S)
    raw = spice.run(text, simulator=simulator, time_limit_s=limit)
    small = next(plot for plot in raw.plots if "frequency" in plot.variables)
    return admittances(small.columns(saved_currents(len(g))), len(g)), raw


def _conductances(part: MeasuredPart, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Conductances [S] of the grid and of the held-out points."""
    least, most = part.g_range
    if not part.stores:
        return np.array([1.0]), np.array([1.0])
    if part.two_states:
        return np.array([most, least]), np.array([most, least])
    return conductance_nodes(count, part.g_range, part.g_scale), np.geomspace(least, most, HELD_OUT[0])


def _integrated(part: MeasuredPart, c: np.ndarray, terms: tuple[int, int], *, excited: int) -> np.ndarray:
    """Fit the charges of one side to capacitances (conductances, points, excited, terminals) [F] by least squares.

    At constant m the charge rises with |U| by the capacitance of the terminal whose voltage `excited` is the higher
    one; at constant U it rises with m by that of both.

    Returns:
        (terminals, conductances, n_u, n_m) Chebyshev coefficients [C], over the coordinate of the conductance too.
    """
    at_g = charges_of_side(part.v_range, c, terms, excited=excited)
    if len(c) == 1:
        return at_g
    unit = np.array([1.0, -1.0]) if part.two_states else nodes(len(c), -1.0, 1.0)
    over_t = np.linalg.inv(chebyshev.chebvander(unit, len(c) - 1))
    return np.ascontiguousarray(np.einsum("tg,qgum->qtum", over_t, at_g))


def charges_of_side(v_range: tuple[float, float], c: np.ndarray, terms: tuple[int, int], *, excited: int) -> np.ndarray:
    """Fit charges as `_integrated` at each conductance, or each gate voltage, by itself; the same shape."""
    per_volt = 2 / (v_range[1] - v_range[0])
    (in_u, d_u), (in_m, d_m) = (_polynomials(count) for count in terms)
    # Every capacitance at every point is a slope of the same charge; its constant is set below.
    system = per_volt * np.vstack([np.kron(d_u, in_m), np.kron(in_u, d_m)])[:, 1:]
    wanted = np.stack([c[:, :, excited], c.sum(axis=2)])  # (slopes, conductances, points, terminals)
    wanted = np.moveaxis(wanted, 1, 2).reshape(len(system), -1)
    found = np.linalg.lstsq(system, wanted, rcond=None)[0]
    whole = np.vstack([np.zeros((1, found.shape[1])), found])
    corner = np.kron(*(chebyshev.chebvander(np.array([-1.0]), count - 1) for count in terms))
    whole[0] = -(corner @ whole)[0]
    return np.ascontiguousarray(np.moveaxis(whole.reshape(*terms, len(c), 3), (3, 2), (0, 1)))


def _polynomials(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Chebyshev polynomials and their slopes (nodes, terms) at as many nodes as terms."""
    x = nodes(count, -1.0, 1.0)
    return chebyshev.chebvander(x, count - 1), chebyshev.chebval(x, chebyshev.chebder(np.eye(count))).T


def _lag(y: np.ndarray) -> float:
    """Return the time constant τ [s] of Δy = jωC/(1 + jωτ), the largest at any point, of admittances by frequency [S].

    It is Re(Δy)/(ω Im(y)) at any frequency; where several time constants meet, the lowest frequency that resolves the
    real part shows their mean, which counts for slow waveforms.
    """
    omega = 2 * np.pi * np.array(FREQUENCIES[1:])[:, None, None, None]
    at_rest, size = np.real(y[0]), np.abs(np.imag(y[1:]))
    risen = np.abs(np.real(y[1:]) - at_rest)
    seen = (risen > _RESOLVED * np.abs(at_rest)) & (size > 1e-2 * size.max(axis=(1, 2, 3), keepdims=True))
    return float(np.max((risen / (omega * np.maximum(size, 1e-30)))[seen], initial=0.0))
