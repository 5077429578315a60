"""Read an array in time at the two levels that follow waveforms: ngspice and the array solver."""

from typing import Literal

from numpy.typing import ArrayLike

from circuitsim import characterization, nodal, truth
from circuitsim.devices import programmable_range
from circuitsim.errors import SpecError
from circuitsim.levels.can import CAN_IN_TIME, refuse_unused
from circuitsim.levels.cell_surface import surface_of
from circuitsim.levels.input_range import input_range
from circuitsim.results import Transient
from circuitsim.results.transient import check_band
from circuitsim.spec import ArraySpec, Tolerance, check_able, check_arrays, checked


@checked
def solve_in_time(
    spec: ArraySpec,
    g: ArrayLike,
    x: ArrayLike,
    level: Literal["ngspice", "nodal"] = "nodal",
    *,
    band: float | None = None,
    tol: Tolerance | None = None,
) -> tuple[Transient, ...]:
    """Follow each read of an array in time, over `driver.t_read`: settling, delay, charge and energy.

    Level "nodal" follows the currents of the cells and the charges of their devices and transistors, as ngspice
    characterized them; the wires' capacitances lie at the cells at both levels.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S]; at level "ngspice" capacitances [F] of 1c cells too.
        x: Inputs (batch, rows), after the DAC; see `solve`.
        level: "ngspice" (the truth, seconds to hours) or "nodal"; `CAN_IN_TIME` says what each simulates.
        band: Half width of the settling band [A]; None: half an LSB of the ADC, whose bits and full scale must be
            specified.
        tol: Error of one step at level "nodal", see `nodal.step_response`.

    Returns:
        One `Transient` per input vector; `i_final` is the operating point with the inputs held.

    Warns:
        SettlingWarning: driver.t_read ends before a column has settled; says which and by how much. Or no row moves.

    Raises:
        InputError: `band` is no current above 0, a shape or value cannot be used, `band` is None and the ADC has no
            specified LSB, or nothing in the array has a capacitance.
        SpecError: The level does not simulate this array in time.
        OutsideRangeError: A conductance is outside the device's range, a cell is not smooth enough, or gates that rise
            push nodes within cells further than they were characterized.
        SimulatorError: ngspice failed; its folder is kept.
    """
    check_can_in_time(spec, level)
    if band is not None:
        check_band(band)
    if level == "ngspice":
        refuse_unused(level, {"tol": tol}, "nodal")
        return truth.read_in_time(spec, g, x, band=band)
    band = truth.half_lsb(spec) if band is None else band
    g_range = programmable_range(spec)
    g, x = check_arrays(spec, g, x, g_range=g_range)
    if spec.array.input_line == "bl":
        v_range, off = input_range(spec, x), None
        surface = surface_of(spec, v_range=v_range)
    else:
        v_range, (surface, off) = None, characterization.gated_cells(spec)
    array = nodal.prepare(spec, g, surface, off=off, v_range=v_range, g_range=g_range)
    dynamics = characterization.cell_dynamics(spec, surface)
    return tuple(nodal.step_response(array, one, dynamics, band=band, tol=tol) for one in x)


@checked
def check_can_in_time(spec: ArraySpec, level: Literal["ngspice", "nodal"]) -> None:
    """Refuse an array that a level does not simulate in time, and say which one does.

    Raises:
        SpecError: The level does not simulate this array in time.
    """
    instead = "; level = 'ngspice' does" if level == "nodal" else ""
    check_able(spec, CAN_IN_TIME[level], f"level = {level!r} in time", instead=instead)
    if spec.technique.changes_size:
        raise SpecError("[technique] draws other arrays than rows x cols: reads in time take one array; expected none")
