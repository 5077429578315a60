"""The deck in which a whole array is written: switching cells, wires, and a driver for every line."""

from dataclasses import dataclass

import numpy as np

from circuitsim.netlist import Mismatch
from circuitsim.netlist.array import array_text
from circuitsim.netlist.header import header_lines
from circuitsim.netlist.index_sweep import save_cards
from circuitsim.netlist.names import number
from circuitsim.programming.pulses import PulseTiming
from circuitsim.spec import ArraySpec
from circuitsim.spice import RawResult


@dataclass(frozen=True)
class WrittenArrayDeck:
    """A deck with amplitudes that are set slot by slot.

    Attributes:
        text: The deck.
        v_bl, v_gate: (rows,) sources with the amplitude of each row's write pulse [V]; `v_gate` is empty without gates.
        v_sl: (cols,) sources with the amplitude of each column's write pulse [V].
        read: (rows,) sources that switch a row's read pulse on: 0 or 1.
        i_bl: (rows,) vectors; a bit line's driver delivers minus this current [A].
        i_sl: (cols,) vectors of the current out of each column [A].
        state: (rows · cols,) vectors of the cells' states.
        i_cell: (rows · cols,) vectors of the current into each cell's bit-line terminal [A]; empty without meters.
    """

    text: str
    v_bl: tuple[str, ...]
    v_gate: tuple[str, ...]
    v_sl: tuple[str, ...]
    read: tuple[str, ...]
    i_bl: tuple[str, ...]
    i_sl: tuple[str, ...]
    state: tuple[str, ...]
    i_cell: tuple[str, ...] = ()


def array_deck(
    spec: ArraySpec,
    state: np.ndarray,
    timing: PulseTiming,
    slots: int,
    mismatch: Mismatch | None = None,
    *,
    meter: bool = False,
) -> WrittenArrayDeck:
    """Write a deck of `slots` slots.

    Every bit line, word line and source line has a driver of its own behind the resistances of the specification. Write
    pulses have the amplitudes of the sources; during a read pulse the rows that `read` switches on get `driver.v_read`
    and the gate voltage of a selected row, and the source lines are at 0 V.

    Args:
        spec: The array: 1R or 1T1R, inputs on the bit lines.
        state: (rows, cols) state of each device when the transient begins, in the unit of its switching model.
        timing: The slots.
        slots: Their number.
        mismatch: Deviation of each transistor; None: no deviation.
        meter: Measure the current of every cell.

    Raises:
        SpecError: The device cannot be written.
    """
    rows, cols = (range(n) for n in spec.shape)
    gated = spec.access is not None
    edge, period = number(timing.t_edge), number(timing.t_slot)
    v_bl, v_sl = tuple(f"v_bl_{a}" for a in rows), tuple(f"v_sl_{b}" for b in cols)
    v_gate, read = tuple(f"v_gate_{a}" for a in rows if gated), tuple(f"v_read_{a}" for a in rows)
    v_on = "" if spec.v_gate is None else number(spec.v_gate)
    gates = [f"bwl_{a} wl_{a} 0 v=v(v_gate_{a})*v(write)+{v_on}*v(v_read_{a})*v(read)" for a in rows if gated]
    array = array_text(
        spec,
        np.ones(spec.shape),  # no cell is open; its conductance follows from its state
        state,
        mismatch,
        np.zeros((1, len(rows))) if gated else None,
        taker="drv",
        gate_cards=gates,
        meter=meter,
        switching=True,
    )
    states = tuple(f"v(xcell_{a}_{b}.st)" for a in rows for b in cols)
    i_cell = array.i_cell(np.ones(spec.shape)) if meter else ()
    i_bl, v_in = tuple(f"i(bin_{a})" for a in rows), tuple(f"v(in_{a})" for a in rows)
    v_drv = tuple(f"v(drv_{b})" for b in cols)
    lines = [
        *header_lines(spec, f"written and read in slots of {period} s"),
        *array.head,
        "",
        "* shapes of the write and the read pulse, and their amplitudes, which are set slot by slot",
        f"vwrite write 0 pulse(0 1 {edge} {edge} {edge} {number(timing.t_write)} {period})",
        f"vread read 0 pulse(0 1 {number(timing.t_read_begin)} {edge} {edge} {number(timing.t_read)} {period})",
        *(f"{name} {name} 0 0" for name in (*v_bl, *v_gate, *v_sl, *read)),
        "",
        "* drivers of bit lines and source lines",
        *(f"bin_{a} in_{a} 0 v=v(v_bl_{a})*v(write)+{number(spec.driver.v_read)}*v(v_read_{a})*v(read)" for a in rows),
        *(f"bsl_{b} drv_{b} 0 v=v(v_sl_{b})*v(write)" for b in cols),
        *array.body,
        "",
        *save_cards(v_in, i_bl, v_drv, array.i_out, states, i_cell, ("v(write)",)),
        f".tran {number(timing.t_slot / 30)} {number(slots * timing.t_slot)}",
        ".end",
        "",
    ]
    return WrittenArrayDeck("\n".join(lines), v_bl, v_gate, v_sl, read, i_bl, array.i_out, states, i_cell)


def driver_power(raw: RawResult, deck: WrittenArrayDeck) -> tuple[np.ndarray, np.ndarray]:
    """Power (times,) that the drivers of all bit lines and of all source lines deliver [W]."""
    bl = -sum(raw[f"v(in_{a})"] * raw[name] for a, name in enumerate(deck.i_bl))
    sl = -sum(raw[f"v(drv_{b})"] * raw[name] for b, name in enumerate(deck.i_sl))
    return np.asarray(bl), np.asarray(sl)
