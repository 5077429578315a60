"""Write the deck of a DC read of a whole array for a batch of inputs."""

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.devices import programmable_range
from circuitsim.errors import InputError
from circuitsim.netlist.array import array_text
from circuitsim.netlist.cell import cell_text
from circuitsim.netlist.document import Netlist
from circuitsim.netlist.header import header_lines
from circuitsim.netlist.index_sweep import save_cards
from circuitsim.netlist.mismatch import Mismatch
from circuitsim.netlist.sense_amplifiers import static_sense
from circuitsim.netlist.stimulus import INPUTS, analysis_cards, index_cards, source_cards
from circuitsim.spec import ArraySpec, check_no_block, checked
from circuitsim.spec.matrices import check_arrays, drive_voltages, gate_voltages


@checked
def crossbar(
    spec: ArraySpec,
    g: ArrayLike,
    x: ArrayLike,
    *,
    state: ArrayLike | None = None,
    mismatch: Mismatch | None = None,
    nodes: bool = False,
) -> Netlist:
    """Write the deck of a DC read of a whole array.

    `vin_<row>` drives each row through `driver.r_out`; `vsense_<col>` holds each column at `sense.v_ref` through
    `sense.r_in`. Where [sense] names a circuit, `vsense_<col>` measures the current into it and node `out_<col>` is its
    output. A wire that is driven or sensed at both ends has one such resistance at each end. If the input is on
    the word lines, `vbias_<col>` biases each bit line at v_ref + v_read through `driver.r_out`. A cell of 0 S is open
    and omitted.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S].
        x: Inputs (batch, rows): voltages [V]; 0 or 1 where `array.input_line` is "wl" or "string", or k / (n − 1)
            for the k-th of n `driver.gate_levels`.
        state: (rows, cols) state of each device in the unit of its card; None for devices that take a conductance.
        mismatch: Deviation of each access transistor; None: no deviation.
        nodes: Also save the current of every cell and the voltage of both wires there; this adds a source per cell.

    Raises:
        InputError: A shape does not fit, a value is NaN, or a name, file or sub-circuit cannot be used.
        OutsideRangeError: A conductance lies outside the device's range.
    """
    return checked_crossbar(
        spec, *check_arrays(spec, g, x, g_range=programmable_range(spec)), state=state, mismatch=mismatch, nodes=nodes
    )


def checked_crossbar(
    spec: ArraySpec,
    g: np.ndarray,
    x: np.ndarray,
    *,
    state: ArrayLike | None = None,
    mismatch: Mismatch | None = None,
    nodes: bool = False,
) -> Netlist:
    """Write the deck for conductances and inputs that are already checked; see `crossbar`."""
    if spec.driver.input_code == "pulse_width":
        raise InputError(
            "driver.input_code = 'pulse_width' has no operating point: its output is a charge, read it in time"
        )
    if spec.array.cell == "1c":
        raise InputError("array.cell = '1c' carries no direct current: its output is a charge, read it in time")
    check_no_block(spec.driver, "driver", "the deck of an array")
    drive = drive_voltages(spec, x)
    array = array_text(spec, g, state, mismatch, gate_voltages(spec, x), meter=nodes, sense=static_sense(spec))
    on_gates = spec.array.input_line != "bl"
    i_bias = array.i_bias if on_gates else ()  # gates that are constantly on carry no direct current
    v_row, v_col, i_cell = (array.v_row, array.v_col, array.i_cell(g)) if nodes else ((), (), ())
    lines = [
        *header_lines(spec, f"batch {len(x)}"),
        *array.head,
        *["", "* inputs: one source per row", *index_cards(len(x)), *source_cards(INPUTS, drive)],
        *array.body,
        *["", "* analysis", *save_cards(array.i_row, array.i_out, array.v_out, i_bias, v_row, v_col, i_cell)],
        *analysis_cards(len(x), array.v_out or array.i_out),
        *[".end", ""],
    ]
    return Netlist(
        text="\n".join(lines),
        analysis="op" if len(x) == 1 else "dc",
        x=x,
        drive=drive,
        shape=spec.shape,
        spec_digest=spec.digest,
        cell_digest=cell_text(spec).digest,
        includes=array.files,
        i_row=array.i_row,
        i_out=array.i_out,
        v_row=v_row,
        v_col=v_col,
        i_cell=i_cell,
        v_bias=spec.drive_range[1] if on_gates else 0.0,
        i_bias=i_bias,
        v_out=array.v_out,
    )
