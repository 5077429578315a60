"""Characterize the cells of an array whose transistors differ: a few corners of threshold and width, and weights.

A quadratic form in the threshold shift and the width factor passes through the corners. Its error is measured on a
transistor to which it was not fitted.
"""

from collections.abc import Sequence

import numpy as np

from circuitsim.characterization.cell import cell
from circuitsim.errors import OutsideRangeError, SpecError
from circuitsim.netlist import Mismatch
from circuitsim.nodal import VariedCells, cell_current
from circuitsim.results import CellSurface
from circuitsim.spec import ArraySpec, checked, gate_voltage_levels, has_bypass, with_ideal

_LEAST = 3.0  # standard deviations up to which transistors are characterized; a whole number of them, to share corners
_HELD_OUT = 0.58  # of the corners' deviations: between them, where a quadratic form is off most
_NARROWEST = 0.05  # least width factor of a corner


@checked
def varied_cells(spec: ArraySpec, mismatch: Mismatch, *, g_range: tuple[float, float] | None = None) -> VariedCells:
    """Characterize the cells of an array whose inputs switch gates and whose transistors differ.

    Args:
        spec: The array, with `array.input_line` "wl" or "string".
        mismatch: Deviation of each transistor (rows, cols).
        g_range: Range of the conductances [S]; None: g_min to g_max.

    Returns:
        The laws at the corners of each level of the gates, and what each cell takes of them.

    Raises:
        SpecError: The cells have no transistor, or inputs do not switch gates.
        SimulatorError: ngspice failed; the run folder is kept.
        OutsideRangeError: A current is not smooth enough, or a width factor is too small to be characterized.

    Valid for: deviations as `sample_mismatch` draws them; `VariedCells.errors` states how far currents are off.
    """
    if spec.access is None or spec.array.input_line == "bl":
        raise SpecError(
            f"array.cell = {spec.array.cell!r} with array.input_line = {spec.array.input_line!r}: expected cells with "
            "a transistor whose gate inputs switch, 'wl' or 'string'"
        )
    scale = 1 / np.sqrt(spec.access.w * spec.access.l)
    by_gate = _reach(mismatch.v_th, spec.access.a_vt * scale)
    by_width = _reach(mismatch.width - 1, spec.access.a_beta * scale)
    if by_width > 1 - _NARROWEST:
        raise OutsideRangeError(
            f"access.a_beta = {spec.access.a_beta:g} m: transistors are drawn down to {1 - by_width:.3g} times the "
            f"width, which is characterized from {_NARROWEST:g} times on; expected a smaller a_beta"
        )
    corners = _corners(by_gate > 0, by_width > 0)
    deviations = np.stack([_share(mismatch.v_th, by_gate), _share(mismatch.width - 1, by_width)])
    held_out = (-_HELD_OUT * (by_gate > 0), _HELD_OUT * (by_width > 0))
    laws, errors = [], []
    for v_gate in _gates(spec):

        def at(corner: tuple[float, float], v_gate: float = v_gate) -> CellSurface:
            return _cell(spec, v_gate - corner[0] * by_gate, 1 + corner[1] * by_width, g_range)

        laws.append(tuple(at(corner) for corner in corners))
        weights = _weights(corners, np.array(held_out)[:, None])[:, 0]
        errors.append(_error(laws[-1], weights, at(held_out)))
    return VariedCells(tuple(laws), _weights(corners, deviations), tuple(errors))


def _gates(spec: ArraySpec) -> list[float]:
    """Voltages of a gate at its levels, that of input 0 first [V]; in strings the gate of input 0 is on."""
    volts = [float(v) for v in gate_voltage_levels(spec)]
    return volts[::-1] if has_bypass(spec) else volts


def _reach(deviations: np.ndarray, sigma: float) -> float:
    """Largest deviation to characterize, a whole number of standard deviations; 0 where nothing deviates."""
    most = float(np.abs(deviations).max())
    if sigma == 0 or most == 0:
        return most
    return sigma * max(_LEAST, float(np.ceil(most / sigma * (1 - 1e-9))))


def _share(deviations: np.ndarray, reach: float) -> np.ndarray:
    return deviations / reach if reach > 0 else np.zeros_like(deviations)


def _corners(by_gate: bool, by_width: bool) -> list[tuple[float, float]]:
    """Deviations of the corners, as fractions of the reach: the middle, both ways along each axis, and one of both."""
    found = [(0.0, 0.0)]
    if by_gate:
        found += [(-1.0, 0.0), (1.0, 0.0)]
    if by_width:
        found += [(0.0, -1.0), (0.0, 1.0)]
    return [*found, (1.0, 1.0)] if by_gate and by_width else found


def _weights(corners: Sequence[tuple[float, float]], deviations: np.ndarray) -> np.ndarray:
    """Return the weights of the corners (corners, …) at deviations (2, …): 1 at their own corner, 0 at the others."""

    def terms(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        every = np.stack([np.ones_like(a), a, a**2, b, b**2, a * b])
        return every[[True, used[0], used[0], used[1], used[1], all(used)]]

    at = np.array(corners).T
    used = tuple(bool(np.any(axis)) for axis in at)
    return np.tensordot(np.linalg.inv(terms(*at)), terms(*deviations), axes=1)


def _cell(spec: ArraySpec, v_gate: float, width: float, g_range: tuple[float, float] | None) -> CellSurface:
    """Characterize the cell of a transistor whose threshold is as much lower as its gate is higher."""
    assert spec.access is not None
    other = with_ideal(spec, "driver", "adc")
    if width != 1:
        other = other.replace(access={"w": width * spec.access.w})
    return cell(other, g_range=g_range, v_gate=v_gate)


def _error(laws: Sequence[CellSurface], weights: np.ndarray, held_out: CellSurface) -> float:
    """Largest difference of a weighted sum of laws from the law of a transistor that none of them has [A]."""
    low, high = held_out.m_range
    g = np.geomspace(*held_out.g_range, 7)[:, None, None]
    v_bl, v_sl = np.meshgrid(np.linspace(low, high, 9), np.linspace(low, high, 9), indexing="ij")
    inside = v_bl >= v_sl
    points = g[:, :, 0], v_bl[inside][None], v_sl[inside][None]
    total = sum(weight * cell_current(law, *points) for law, weight in zip(laws, weights, strict=True))
    return float(np.abs(total - cell_current(held_out, *points)).max())
