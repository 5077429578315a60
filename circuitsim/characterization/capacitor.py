"""Characterize a charge-domain cell: its small-signal admittances, as a capacitor behind a resistance."""

import numpy as np
from numpy.polynomial import chebyshev

from circuitsim import spice
from circuitsim.characterization.cell_parts import (
    FREQUENCIES,
    MeasuredPart,
    admittance_deck,
    admittances,
    saved_currents,
    whole_part,
)
from circuitsim.characterization.chebyshev import nodes
from circuitsim.characterization.chord import check_chord
from circuitsim.characterization.kept_runs import deck_provenance
from circuitsim.errors import OutsideRangeError
from circuitsim.results import CapacitorCell
from circuitsim.spec import ArraySpec

_FITTED, _HELD_OUT = 5, 3  # capacitances
_ALLOWED = 1e-6  # error of an admittance, relative to the largest of its frequency
_OMEGA = 2 * np.pi * np.array(FREQUENCIES)


def capacitor_cell(
    spec: ArraySpec, *, g_range: tuple[float, float] | None = None, simulator: spice.Simulator | None = None
) -> CapacitorCell:
    """Characterize the cell of an array of cells "1c".

    Args:
        spec: The array.
        g_range: Range of the programmed capacitances [F]; None: g_min to g_max.
        simulator: The ngspice to use; None: the one that `spice.find_ngspice` finds.

    Raises:
        OutsideRangeError: The cell is not a constant capacitor behind one resistance; says how far off it is.
        InputError, SimulatorError: As `characterization.cell`.

    Valid for: voltages of inputs from v_ref − v_read to v_ref + v_read; times above 1e-10 s.
    """
    check_chord(spec)
    simulator = simulator or spice.find_ngspice()
    low, high = g_range or (spec.device.g_min, spec.device.g_max)
    v_ref, v_read = spec.sense.v_ref, spec.driver.v_read
    part = whole_part(spec, (low, high), 1.0, (v_ref - v_read, v_ref + v_read), 0.0)
    middle = 0.5 * (low + high) + 0.5 * (high - low) * nodes(_FITTED, -1.0, 1.0)
    g = np.concatenate([middle, np.tile(np.linspace(low, high, _HELD_OUT), 3)])
    v_bl = np.concatenate([np.full(_FITTED, v_ref), np.repeat([v_ref + v_read, v_ref - v_read, v_ref], _HELD_OUT)])
    v_sl = np.where(np.arange(len(g)) < len(g) - _HELD_OUT, v_ref, v_ref + v_read)
    y, raw = _measured(part, g, v_bl, v_sl, simulator)
    unit = nodes(_FITTED, -1.0, 1.0)
    coefficients = np.linalg.solve(chebyshev.chebvander(unit, _FITTED - 1), _parts(y[:, :_FITTED]).T).T
    found = CapacitorCell(coefficients, (low, high), 0.0, deck_provenance(raw, part.text.digest, simulator))
    largest = np.abs(y).max(axis=(1, 2, 3), keepdims=True)
    bound = float((np.abs(_admittance(found.parts(g)) - y) / largest).max())
    if not bound <= _ALLOWED:
        raise OutsideRangeError(
            "array.cell = '1c': level 'nodal' takes a constant capacitor behind one resistance, and the admittance of "
            f"this cell between {v_ref - v_read:g} V and {v_ref + v_read:g} V differs from one by {bound:.1e}; "
            f"expected at most {_ALLOWED:g}, or level = 'ngspice'"
        )
    return CapacitorCell(coefficients, (low, high), bound, found.provenance)


def _measured(
    part: MeasuredPart, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray, simulator: spice.Simulator
) -> tuple[np.ndarray, spice.RawResult]:
    """Measure admittances (frequencies, points, excited, terminals) [S] between bit line and source line."""
    text = admittance_deck(part, g, v_bl, v_sl)
    raw = spice.run(
        text, simulator=simulator, time_limit_s=spice.time_limit(text, simulator, least_s=spice.LEAST_OF_CELLS_S)
    )
    small = next(plot for plot in raw.plots if "frequency" in plot.variables)
    return admittances(small.columns(saved_currents(len(g))), len(g))[:, :, :, :2], raw


def _parts(y: np.ndarray) -> np.ndarray:
    """Return c, τ and the capacitances to ground (4, points) that explain admittances."""
    through, low, high = -y[:, :, 0, 1], 0, len(_OMEGA) - 1
    tau = np.real(through[high]) / (_OMEGA[high] * np.imag(through[high]))
    to_ground = [np.imag(y[low, :, k, k] + y[low, :, k, 1 - k]) / _OMEGA[low] for k in range(2)]
    return np.array([np.imag(through[low]) / _OMEGA[low], tau, *to_ground])


def _admittance(parts: np.ndarray) -> np.ndarray:
    """Return the admittances (frequencies, points, excited, terminals) [S] of cells of `_parts`."""
    c, tau, *to_ground = parts
    s = 1j * _OMEGA[:, None]
    through = s * c / (1 + s * tau)
    y = np.empty((*through.shape, 2, 2), dtype=complex)
    for k in range(2):
        y[:, :, k, k], y[:, :, k, 1 - k] = through + s * to_ground[k], -through
    return y
