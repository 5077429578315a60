"""Write the deck of a read in time: a pulse on every row charges wires and transistors."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.devices import programmable_range
from circuitsim.errors import InputError
from circuitsim.netlist.array import array_text
from circuitsim.netlist.cell import cell_text
from circuitsim.netlist.header import header_lines
from circuitsim.netlist.index_sweep import save_cards
from circuitsim.netlist.names import number
from circuitsim.netlist.stimulus import pulse_corners
from circuitsim.spec import (
    ArraySpec,
    by_value,
    check_no_block,
    checked,
    gate_voltage_levels,
    has_bypass,
    real_numbers,
)
from circuitsim.spec.matrices import check_arrays, drive_voltages, gate_voltages

# Of the read time, the largest step. Where the waveform moves, the simulator takes shorter steps by its own error
# control, see `spice.TRANSIENT_OPTIONS`.
_STEP = 0.02
# ngspice checks the error of every step but the first: a hundredth of the step that `.tran` names, by which it prints.
_PRINTED_PER_EDGE = 10
METER_C = 1e-12  # capacitance of the charge meters [F]


@dataclass(frozen=True)
class Pulse:
    """A read pulse: rows rest at `v_rest`, rise to their input within `t_edge`, stay until `t_width`, and fall again.

    Attributes:
        t_edge: Rise and fall time [s].
        t_width: From the start of the rise to the start of the fall [s].
        t_stop: End of the simulation [s].
        t_step: Largest time step [s]; the simulator takes shorter ones where the waveform moves.
        v_rest: Row voltage before and after the pulse [V].
    """

    t_edge: float
    t_width: float
    t_stop: float
    t_step: float
    v_rest: float


@by_value
@dataclass(frozen=True)
class TransientNetlist:
    """A complete deck of one read in time, with the meaning of every vector that it saves.

    Attributes:
        text: The deck, from title line to `.end`.
        x: (rows,) input: row voltages during the pulse [V], 0 and 1 on gates, or fractions of the pulse width.
        pulse: Timing of the read.
        v_ref: Voltage at which the sense amplifiers hold the columns [V].
        shape: (rows, cols).
        spec_digest: Digest of the specification behind the deck.
        cell_digest: Digest of the cell and of the contents of its files, see `CellText.digest`.
        includes: Absolute paths of the included files.
        v_in: (rows,) vector names of the voltage of each row's source [V].
        i_row: (rows,) vector names; the current that each row driver delivers into the array is minus this vector [A].
        i_out: (cols,) vector names of the current into each sense amplifier [A].
        q_out: (cols,) vector names of the voltage of each charge meter [V]: the charge that entered the sense amplifier
            since the start, on `METER_C`.
        v_bias, i_bias: Vector names of the voltage [V] and current [A] of the other sources, with the sign of `i_row`.
            These are the word lines, or the bit lines if the input is on the word lines.
        v_row, v_col: (rows · cols,) vector names, row by row, of the voltages at each cell's bit-line and source-line
            terminals [V]; empty if not saved.
    """

    text: str
    x: np.ndarray
    pulse: Pulse
    v_ref: float
    shape: tuple[int, int]
    spec_digest: str
    cell_digest: str
    includes: tuple[Path, ...]
    v_in: tuple[str, ...]
    i_row: tuple[str, ...]
    i_out: tuple[str, ...]
    q_out: tuple[str, ...]
    v_bias: tuple[str, ...]
    i_bias: tuple[str, ...]
    v_row: tuple[str, ...] = ()
    v_col: tuple[str, ...] = ()


@checked
def transient(
    spec: ArraySpec,
    g: ArrayLike,
    x: ArrayLike,
    *,
    state: ArrayLike | None = None,
    pulse: Pulse | None = None,
    nodes: bool = False,
) -> TransientNetlist:
    """Write the deck of one read in time.

    All rows are pulsed together. If the input is on the bit lines, the gates are always on and the rows rest at
    `sense.v_ref`, so that no current flows before the pulse. If the input is on the word lines, the bit lines are
    always biased and the gates rest at 0 V, or at the first of `driver.gate_levels`; those of bypass transistors in
    strings rest at their `v_gate`.

    Args:
        spec: The array; its wire capacitances are lumped at the cells.
        g: Conductances (rows, cols) [S].
        x: One input vector (rows,): voltages [V]; 0 or 1 where `array.input_line` is "wl" or "string", or k / (n − 1)
            for the k-th of n `driver.gate_levels`; 0 to 1 where `driver.input_code` is "pulse_width".
        state: (rows, cols) state of each device in the unit of its card; None for devices that take a conductance.
        pulse: Timing; None: `read_pulse(spec)`.
        nodes: Also save the voltage of both wires at every cell.

    Raises:
        InputError: A shape does not fit, a value is NaN, the times contradict each other, or a file cannot be used.
        OutsideRangeError: A conductance lies outside the device's range.
        SpecError: The driver or the sense amplifier is a circuit.
    """
    x = real_numbers("x", x)
    if x.ndim != 1:
        raise InputError(f"x has shape {x.shape}, expected one vector (rows,): each read in time is its own deck")
    g, batch = check_arrays(spec, g, x[None], g_range=programmable_range(spec))
    return checked_transient(spec, g, batch[0], state=state, pulse=pulse, nodes=nodes)


def checked_transient(
    spec: ArraySpec,
    g: np.ndarray,
    x: np.ndarray,
    *,
    state: ArrayLike | None = None,
    pulse: Pulse | None = None,
    nodes: bool = False,
) -> TransientNetlist:
    """Write the deck for conductances and an input vector that are already checked; see `transient`."""
    for section in ("driver", "sense"):
        check_no_block(getattr(spec, section), section, "a read in time")
    batch = x[None]
    pulse = read_pulse(spec) if pulse is None else pulse
    _check_pulse(pulse)
    array = array_text(spec, g, state, gates=gate_voltages(spec, batch))
    share = batch[0] if spec.driver.input_code == "pulse_width" else np.ones(spec.array.rows)
    v_in = tuple(f"v(in_{a})" for a in range(spec.array.rows))
    q_out = tuple(f"v(q_{b})" for b in range(spec.array.cols))
    v_row, v_col = (array.v_row, array.v_col) if nodes else ((), ())
    lines = [
        *header_lines(spec, "one read in time"),
        *array.head,
        *["", "* inputs: a pulse per row", *_pulse_cards(drive_voltages(spec, batch)[0], share, pulse)],
        *array.body,
        *_meter_cards(spec.array.cols),
        *[
            "",
            "* analysis",
            *save_cards(v_in, array.i_row, array.i_out, q_out, array.v_bias, array.i_bias, v_row, v_col),
        ],
        ".print tran " + " ".join(array.i_out),
        f".tran {number(pulse.t_edge / _PRINTED_PER_EDGE)} {number(pulse.t_stop)} 0 {number(pulse.t_step)}",
        *[".end", ""],
    ]
    return TransientNetlist(
        text="\n".join(lines),
        x=batch[0],
        pulse=pulse,
        v_ref=spec.sense.v_ref,
        shape=spec.shape,
        spec_digest=spec.digest,
        cell_digest=cell_text(spec).digest,
        includes=array.files,
        v_in=v_in,
        i_row=array.i_row,
        i_out=array.i_out,
        q_out=q_out,
        v_bias=array.v_bias,
        i_bias=array.i_bias,
        v_row=v_row,
        v_col=v_col,
    )


@checked
def read_pulse(spec: ArraySpec) -> Pulse:
    """Return a pulse of width `driver.t_read` with at least 50 time steps; the simulation ends before it falls.

    Its edges take `driver.t_rise`. If the pulse width codes the input, the simulation lasts a fifth longer, and longer
    by a slow edge, so that the charge includes the tails of the pulses.
    """
    t = spec.driver.t_read
    v_rest = spec.sense.v_ref if spec.array.input_line == "bl" else gate_voltage_levels(spec)[0]
    if has_bypass(spec):  # input 0 switches the transistors on
        assert spec.v_gate is not None
        v_rest = spec.v_gate
    later = spec.driver.edge - spec.driver.usual_edge
    t_stop = 1.2 * t + later if spec.driver.input_code == "pulse_width" else t
    return Pulse(t_edge=spec.driver.edge, t_width=t, t_stop=t_stop, t_step=_STEP * t, v_rest=v_rest)


def _check_pulse(pulse: Pulse) -> None:
    for key in ("t_edge", "t_width", "t_stop", "t_step"):
        value = getattr(pulse, key)
        if not (np.isfinite(value) and value > 0):
            raise InputError(f"pulse.{key} = {value:g} s, expected a time > 0")
    if pulse.t_width < pulse.t_edge:
        raise InputError(f"pulse.t_width = {pulse.t_width:g} s, expected at least t_edge = {pulse.t_edge:g} s")
    if pulse.t_step > pulse.t_stop:
        raise InputError(f"pulse.t_step = {pulse.t_step:g} s, expected at most t_stop = {pulse.t_stop:g} s")


def _meter_cards(cols: int) -> list[str]:
    """Write a capacitor per column that a copy of the sensed current charges from 0 V.

    The simulator integrates this current by the formula by which it charges the array's own capacitors, so that no
    charge is lost or gained between them whatever the steps.
    """
    cards = ["", f"* charge meters: v(q_<col>) is the charge into vsense_<col> on {number(METER_C)} F"]
    for b in range(cols):
        cards += [f"fq_{b} 0 q_{b} vsense_{b} 1", f"cq_{b} q_{b} 0 {number(METER_C)}", f".ic v(q_{b})=0"]
    return cards


def _pulse_cards(height: np.ndarray, share: np.ndarray, pulse: Pulse) -> list[str]:
    """Write a pulse per row.

    Args:
        height: Voltage of each row during its pulse (rows,) [V].
        share: Fraction of the pulse width for each row (rows,). A pulse shorter than its edge gets shorter edges.
        pulse: Timing.
    """
    rest = number(pulse.v_rest)
    cards = []
    for row, (value, part) in enumerate(zip(height.tolist(), share.tolist(), strict=True)):
        width = part * pulse.t_width
        if width == 0:
            cards.append(f"vin_{row} in_{row} 0 dc {rest}")
            continue
        corners = [(0.0, pulse.v_rest), *pulse_corners(0.0, width, value, pulse.v_rest, pulse.t_edge)]
        wave = " ".join(f"{number(time)} {number(volts)}" for time, volts in corners)
        cards.append(f"vin_{row} in_{row} 0 dc {rest} pwl({wave})")
    return cards
