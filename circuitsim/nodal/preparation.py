"""Prepare an array for reading: everything that does not depend on its inputs."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.errors import InputError
from circuitsim.nodal.abilities import SIMULATES
from circuitsim.nodal.array import TOLERANCE, PreparedArray
from circuitsim.nodal.charge import ChargeArray
from circuitsim.nodal.gated import NodalArray, gated_array
from circuitsim.nodal.grid import check_wires
from circuitsim.nodal.plain_law import plain_currents
from circuitsim.nodal.surface import check_cell, check_surface_range
from circuitsim.results import CapacitorCell, CellSurface
from circuitsim.spec import ArraySpec, WireGrid, check_able, check_voltage_range, checked
from circuitsim.spec.matrices import check_conductances


@checked
def prepare(
    spec: ArraySpec,
    g: ArrayLike,
    surface: CellSurface | CapacitorCell | None = None,
    *,
    off: CellSurface | None = None,
    between: tuple[CellSurface, ...] = (),
    wires: WireGrid | None = None,
    v_range: tuple[float, float] | None = None,
    g_range: tuple[float, float] | None = None,
) -> NodalArray:
    """Prepare an array: everything that does not depend on its inputs.

    Args:
        spec: The specification; `array.input_line` decides which kind of array it is.
        g: Conductances (rows, cols) [S]; 0 is an open cell, which a string cannot have.
        surface: The characterized cell; where the input switches gates, with its gate as it is for input 1. None is
            allowed for 1R cells and takes them as ohmic; 1C cells take a `CapacitorCell`.
        off: The cell with its gate as it is for input 0, for `input_line` "wl" and "string", and for "bl" with
            `technique.skip_zero_rows`. None where such a cell carries nothing worth counting; in
            a string every cell carries the column's current, so there it is needed.
        between: The cells at the levels between off and on where the gates have `driver.gate_levels`, the lowest first;
            see `characterization.gate_level_cells`.
        wires: Segment resistances [ohm] in place of the specification's, for wires that differ from each other.
        v_range: Smallest and largest input expected [V], for `input_line` "bl"; None: v_ref to v_ref + v_read.
        g_range: Conductances [S] that cells may take besides 0; None: g_min to g_max of the specification.

    Returns:
        A `PreparedArray` for inputs on the bit lines, a `GatedArray` for inputs that switch gates, a `ChargeArray` of
        capacitors; `read` takes all.

    Raises:
        SpecError: The solver does not simulate this kind of array.
        InputError: Shapes do not fit, a value is negative or not finite, a surface is missing or was made for another
            cell, or an argument does not apply to the array.
        OutsideRangeError: A conductance is outside `g_range` or a surface's range.
    """
    check_able(spec, SIMULATES, "the array solver")
    line, wires = spec.array.input_line, _wires(spec, wires)
    g = check_conductances(spec, g, g_range=g_range)
    if spec.array.cell == "1c":
        return _charge_array(spec, g, surface, off, wires)
    if isinstance(surface, CapacitorCell):
        raise InputError(f"surface is a CapacitorCell with array.cell = {spec.array.cell!r}: expected a CellSurface")
    if line == "bl":
        if off is not None and not spec.technique.skip_zero_rows:
            raise InputError(
                "off with array.input_line = 'bl': expected None, its inputs do not switch gates without "
                "technique.skip_zero_rows"
            )
        if between:
            raise InputError("between with array.input_line = 'bl': expected none, its inputs do not switch gates")
        return _bit_line_array(spec, g, surface, off, wires, v_range)
    if v_range is not None:
        raise InputError(f"v_range = {v_range} V with array.input_line = {line!r}: expected None, inputs switch gates")
    return gated_array(spec, g, surface, off, wires, between)


def _charge_array(spec: ArraySpec, g: np.ndarray, cell: object, off: object, wires: WireGrid) -> ChargeArray:
    """Prepare an array of capacitors; its capacitances were checked."""
    if not isinstance(cell, CapacitorCell) or off is not None:
        raise InputError(
            "array.cell = '1c' needs a CapacitorCell as surface, from characterization.capacitor_cell, and no off"
        )
    array = ChargeArray(spec, check_conductances(spec, g, g_range=cell.g_range), cell, wires)
    array.matrices  # noqa: B018  the work belongs here, not to the first read, but for the energy of the edge
    return array


def _bit_line_array(
    spec: ArraySpec,
    g: np.ndarray,
    surface: CellSurface | None,
    off: CellSurface | None,
    wires: WireGrid,
    v_range: tuple[float, float] | None,
) -> PreparedArray:
    """Prepare an array whose inputs are voltages of its bit lines; its conductances were checked."""
    check_voltage_range(v_range)
    if surface is None and spec.array.cell != "1r":
        raise InputError(f"array.cell = {spec.array.cell!r} needs a characterized cell: surface is None")
    check_cell(surface, spec)
    check_cell(off, spec, v_gate=0.0)
    for one in (surface, off):
        check_surface_range(one, g)
        if one is not None:
            _check_rises(one)
    v_ref = spec.sense.v_ref
    low, high = v_range or spec.drive_range
    array = PreparedArray(spec, g, surface, wires, (min(low, v_ref), max(high, v_ref)), off)
    if array.lines is not None:
        array.dense  # noqa: B018
    elif array.plan is None:
        array.factored  # noqa: B018  the work belongs here, not to the first read
    elif surface is None:
        array.matrices  # noqa: B018
    else:
        array.cells  # noqa: B018
    return array


def _wires(spec: ArraySpec, wires: WireGrid | None) -> WireGrid:
    """The specification's wires, or those given in their place."""
    wires = spec.wires if wires is None else wires
    check_wires(wires)
    if (wires.rows, wires.cols) != spec.shape:
        raise InputError(f"wires are for {wires.rows} x {wires.cols} cells: expected {spec.shape[0]} x {spec.shape[1]}")
    return wires


@lru_cache(maxsize=16)  # a search prepares thousands of matrices of one surface
def _check_rises(surface: CellSurface) -> None:
    """Refuse a surface whose current does not rise with the bit line and fall with the source line.

    Raises:
        InputError: Names the conductance and the voltages; the array would have several solutions.
    """
    low, high = surface.m_range
    volts = np.linspace(low, high, 17)
    v_bl, v_sl = np.meshgrid(volts, volts, indexing="ij")
    g = np.geomspace(*surface.g_range, 5)
    current = plain_currents(surface, g, v_bl.ravel(), v_sl.ravel()).reshape(len(g), *v_bl.shape)
    outside = np.abs(v_bl - v_sl) > surface.u_max * (1 + 1e-9)
    current[:, outside] = np.nan
    # A saturated transistor's current may fall by the surface's own error; only more than that is refused.
    slack = 2 * max(surface.bound, TOLERANCE) * surface.i_max
    falls = (np.diff(current, axis=1)[:, :, :-1] < -slack) | (np.diff(current, axis=2)[:, :-1] > slack)
    if np.any(falls):
        k, i, j = np.argwhere(falls)[0]
        raise InputError(
            f"the cell's current does not rise with its voltage at g = {g[k]:g} S, v_bl = {volts[i]:g} V, "
            f"v_sl = {volts[j]:g} V: the array may have several solutions; expected a monotonic surface"
        )
