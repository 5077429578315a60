"""The exact array with sense amplifiers that are circuits, joined to their table; without a table, the array alone."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import nodal
from circuitsim.errors import InputError
from circuitsim.nodal import ChargeArray, NodalArray, PreparedArray
from circuitsim.periphery import Periphery, check_sense_range, report
from circuitsim.results import AnyCell, CapacitorCell, CellSurface, SenseTable, Solution, TileModel, content_digest
from circuitsim.spec import ArraySpec, WireGrid, by_value, with_ideal

_ONE_SIDE = 1e-6  # of the largest current: less than that on the other side is leakage


@by_value
@dataclass(frozen=True)
class SensedArray:
    """An array at the nodal level with the table of its sense amplifiers.

    Attributes:
        spec: The array with its circuit in [sense].
        array: The same array with ideal sense amplifiers, prepared for column voltages of the whole table.
        sense: The table, from `characterize`.
    """

    spec: ArraySpec
    array: PreparedArray
    sense: SenseTable

    @property
    def g(self) -> np.ndarray:
        """(rows, cols) programmed conductances [S]."""
        return self.array.g


ExactArray = NodalArray | SensedArray
"""An array for the array solver, with ideal sense amplifiers or with the table of circuits."""


def sensed_inputs(spec: ArraySpec, sense: SenseTable | None) -> tuple[float, float]:
    """Return the inputs of an array: 0 to 1 on gates, else volts from v_ref by v_read to the side its amplifiers take.

    Args:
        spec: The array.
        sense: The table of its sense amplifiers; None for ideal ones, which take inputs above v_ref.
    """
    if spec.array.input_line != "bl":
        return 0.0, 1.0
    v_ref, v_read = spec.sense.v_ref, spec.driver.v_read
    if sense is None or sense.current is None or sense.current[-1] > -_ONE_SIDE * sense.current[0]:
        return v_ref, v_ref + v_read
    return v_ref - v_read, v_ref


def driven_inputs(spec: ArraySpec, tables: Periphery) -> tuple[float, float]:
    """Return the inputs of an array [V] as `sensed_inputs` does, with the levels of its DAC that pass their ends.

    Args:
        spec: The array.
        tables: The tables of its circuits; a DAC that drives rows to the other side of v_ref does not count.
    """
    low, high = sensed_inputs(spec, tables.sense)
    if tables.dac is None or low < spec.sense.v_ref:
        return low, high
    levels = tables.dac.levels
    return min(low, float(levels.min())), max(high, float(levels.max()))


def sensed_range(spec: ArraySpec, sense: SenseTable, v_range: tuple[float, float] | None = None) -> tuple[float, float]:
    """Return the voltages that rows and columns may take [V]: the inputs, and v_ref plus the drops of the table.

    Args:
        spec: The array.
        sense: The table of its sense amplifiers.
        v_range: Range of the inputs [V]; None: that of `sensed_inputs`.
    """
    assert sense.drop is not None
    low, high = v_range or sensed_inputs(spec, sense)
    v_ref = spec.sense.v_ref
    return min(low, v_ref + float(sense.drop[0])), max(high, v_ref + float(sense.drop[-1]))


def exact_array(
    spec: ArraySpec,
    g: ArrayLike,
    surface: AnyCell | None,
    *,
    off: CellSurface | None = None,
    between: tuple[CellSurface, ...] = (),
    sense: SenseTable | None = None,
    wires: WireGrid | None = None,
    v_range: tuple[float, float] | None = None,
    g_range: tuple[float, float] | None = None,
) -> ExactArray:
    """Prepare an array for the array solver, with the table of its sense amplifiers.

    Drivers and ADCs that are circuits are left out: they stand before and behind the array.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S], or capacitances of 1c cells [F].
        surface: Its cell, characterized for the voltages of `sensed_range`; None as in `nodal.prepare`.
        off: Where inputs switch gates, the cell of a row at 0; None: it carries nothing.
        between: Where the gates have several levels, the cells between off and on, as in `nodal.prepare`.
        sense: The table of its amplifiers; None for ideal ones.
        wires, g_range: As in `nodal.prepare`.
        v_range: Range of the inputs [V]; None: that of `sensed_inputs`. Gates have none.

    Raises:
        InputError, SpecError, OutsideRangeError: As `nodal.prepare`.
    """
    spec = with_ideal(spec, "driver", "adc")
    if spec.array.input_line != "bl":
        if sense is not None:
            raise InputError(f"sense with array.input_line = {spec.array.input_line!r}: expected None")
        return nodal.prepare(spec, g, surface, off=off, between=between, wires=wires, g_range=g_range)
    if isinstance(surface, CapacitorCell):
        return nodal.prepare(spec, g, surface, off=off, wires=wires, g_range=g_range)
    if sense is None:
        return nodal.prepare(spec, g, surface, off=off, wires=wires, v_range=v_range, g_range=g_range)
    wide = sensed_range(spec, sense, v_range)
    array = nodal.prepare(with_ideal(spec, "sense"), g, surface, off=off, wires=wires, v_range=wide, g_range=g_range)
    assert isinstance(array, PreparedArray)
    return SensedArray(spec, array, sense)


def model_array(model: TileModel, g: ArrayLike, *, g_range: tuple[float, float] | None = None) -> ExactArray:
    """Prepare the array of a behavioral model for the array solver, over the model's range of inputs.

    Raises:
        InputError, SpecError, OutsideRangeError: As `nodal.prepare`.
    """
    known = {"off": model.off, "between": model.between, "sense": model.sense, "v_range": model.v_range}
    return exact_array(model.spec, g, model.surface, g_range=g_range, **known)


def exact_outputs(array: ExactArray, x: ArrayLike, *, tol: float = nodal.TOLERANCE) -> np.ndarray:
    """Return the outputs (batch, cols) of `read_exact` alone: charges then cost no solution for the energy."""
    if isinstance(array, ChargeArray):
        return nodal.charge_outputs(array, x)
    return read_exact(array, x, tol=tol).out


def read_exact(array: ExactArray, x: ArrayLike, *, nodes: bool = False, tol: float = nodal.TOLERANCE) -> Solution:
    """Read an array by the array solver, together with the column voltages of its amplifiers where they are circuits.

    Args:
        array: From `exact_array`.
        x: Inputs (batch, rows) [V].
        nodes: Also return the voltages at every cell.
        tol: As of `nodal.read`.

    Returns:
        What the amplifiers put out (batch, cols), and their currents as `i_sense`.

    Raises:
        OutsideRangeError: A current lies outside the table of the amplifiers.
        InputError, NotConvergedError: As `nodal.read` and `nodal.read_with_sense`.
    """
    if not isinstance(array, SensedArray):
        return nodal.read(array, x, nodes=nodes, tol=tol)
    sense = array.sense
    assert sense.current is not None and sense.drop is not None
    points, volts = sense.current, sense.drop

    def drop(current: np.ndarray) -> np.ndarray:
        # An iteration may pass outside the table; there the column stays, so that the cells stay in their surface.
        return np.interp(current, points, volts)

    solved = nodal.read_with_sense(array.array, np.asarray(x), drop, nodes=nodes, tol=tol)
    check_sense_range(sense, solved.out)
    given = {**solved.provenance.given, "sense": content_digest((sense.current, sense.drop, sense.reported))}
    return replace(
        solved,
        out=report(sense, solved.out),
        quantity="voltage",
        unit=sense.unit,
        i_sense=solved.out,
        provenance=replace(solved.provenance, spec_digest=array.spec.digest, given=given),
    )
