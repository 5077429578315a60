"""Write the array as cards: wires, driver and sense resistances, gates, cells; neither stimulus nor analysis."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.blocks import Block
from circuitsim.errors import InputError
from circuitsim.netlist.cell import CELL, CellText, cell_text
from circuitsim.netlist.lines import LineKind, col_lines, row_lines
from circuitsim.netlist.mismatch import Mismatch, check_mismatch
from circuitsim.netlist.names import number
from circuitsim.netlist.phases import clock_nodes
from circuitsim.netlist.sense_amplifiers import SENSE_CLOCKS, amplifier_cards, rail_cards
from circuitsim.netlist.series import series_lines
from circuitsim.netlist.stimulus import GATES, source_cards
from circuitsim.spec import ArraySpec, real_numbers

_Nodes = list[list[str]]


@dataclass(frozen=True)
class ArrayText:
    """An array between its input sources (nodes `in_<row>`) and its sense amplifiers.

    Attributes:
        head: Lines before the stimulus: includes, the cell, the temperature.
        body: Lines after the stimulus: sources of gates or bit lines, wires, sense amplifiers, cells.
        files: Absolute paths of the included files.
        upper: [row][col] node of each cell's bit-line terminal.
        lower: [row][col] node of each cell's source-line terminal.
        i_row: (rows,) vector names; the current that each input driver delivers into the array is minus this vector.
        i_out: (cols,) vector names of the current into each sense amplifier.
        v_out: (cols,) vector names of the output voltage of each amplifier that is a circuit; empty if it is ideal.
        v_bias, i_bias: Vector names of the voltage and current of the other sources, with the sign of `i_row`. These
            are the word lines if the input is on the bit lines, and the bit lines if it is on the word lines.
    """

    head: list[str]
    body: list[str]
    files: tuple[Path, ...]
    upper: _Nodes
    lower: _Nodes
    i_row: tuple[str, ...]
    i_out: tuple[str, ...]
    v_bias: tuple[str, ...] = ()
    i_bias: tuple[str, ...] = ()
    v_out: tuple[str, ...] = ()

    @property
    def v_row(self) -> tuple[str, ...]:
        """(rows · cols,) vector names of the voltage at each cell's bit-line terminal, row by row."""
        return tuple(f"v({name})" for line in self.upper for name in line)

    @property
    def v_col(self) -> tuple[str, ...]:
        """(rows · cols,) vector names of the voltage at each cell's source-line terminal, row by row."""
        return tuple(f"v({name})" for line in self.lower for name in line)

    def i_cell(self, g: np.ndarray) -> tuple[str, ...]:
        """Return (rows · cols,) vector names of the current into each cell's bit-line terminal, "" for open cells."""
        positions = np.argwhere(np.ones(g.shape)).tolist()
        return tuple(f"i(v.xcell_{a}_{b}.vcell)" if g[a, b] else "" for a, b in positions)


@dataclass(frozen=True)
class _Program:
    """What is programmed and how the gates are driven.

    Attributes:
        g: (rows, cols) conductances [S]; 0 is an open cell.
        settings: [row][col] parameters of each cell, as text.
        gates: (batch, rows) word-line voltages [V]; None without gates.
        sense: Circuit of the sense amplifiers; None: ideal ones.
        taker: Nodes that take the column currents; None: the sense amplifiers take them.
        gate_cards: Sources of the gates in time; None: those of `gates`.
    """

    g: np.ndarray
    settings: list[list[str]]
    gates: np.ndarray | None
    sense: Block | None
    taker: str | None
    gate_cards: list[str] | None = None


def array_text(
    spec: ArraySpec,
    g: np.ndarray,
    state: ArrayLike | None = None,
    mismatch: Mismatch | None = None,
    gates: np.ndarray | None = None,
    *,
    meter: bool = False,
    sense: Block | None = None,
    taker: str | None = None,
    gate_cards: list[str] | None = None,
    switching: bool = False,
) -> ArrayText:
    """Write an array.

    Args:
        spec: The array.
        g: Checked conductances (rows, cols) [S]. A cell of 0 S is open and omitted.
        state: (rows, cols) state of each device in the unit of its card; None for devices that take a conductance.
        mismatch: Deviation of each access transistor; None: no deviation.
        gates: (batch, rows) word-line voltages [V] if the input is on the bit lines; None without gates.
        meter: Measure the current of every cell, see `ArrayText.i_cell`.
        sense: Circuit of the sense amplifiers; None: ideal ones.
        taker: Nodes that take the column currents, `<taker>_<col>`; None: the sense amplifiers take them.
        gate_cards: Sources of the gates in time, `vwl_<row>` for each row; None: sources of `gates`.
        switching: Take the device's switching form; `state` is where each cell begins.

    Raises:
        InputError: `state` is missing though the device needs it, or given though it does not; or `state` or `mismatch`
            does not fit the array.
    """
    cell = cell_text(spec, mismatch=mismatch is not None, meter=meter, switching=switching)
    values = _values(spec, cell, g, state)
    settings = [[f"g={value!r}" for value in line] for line in values.tolist()]
    if mismatch is not None:
        check_mismatch(spec, mismatch)
        deviations = zip(settings, mismatch.v_th.tolist(), mismatch.width.tolist(), strict=True)
        settings = [[f"{text} dvt={v!r} width={w!r}" for text, v, w in zip(*line, strict=True)] for line in deviations]
    return _LAYOUTS[spec.array.input_line](spec, cell, _Program(g, settings, gates, sense, taker, gate_cards))


def _values(spec: ArraySpec, cell: CellText, g: np.ndarray, state: ArrayLike | None) -> np.ndarray:
    """Return the values (rows, cols) of the cells' parameter `g`: conductances [S], or states."""
    if cell.takes_g != (state is None):
        if state is None:
            raise InputError(
                f"the device {spec.device.name!r} stores {cell.state!r}, not a conductance: give state "
                "(rows, cols), for example from circuitsim.characterization.state_map.find_states"
            )
        raise InputError(f"state is given, but the device takes its conductance as {cell.state!r}: expected None")
    if state is None:
        return g
    values = real_numbers("state", state)
    if values.shape != g.shape or not np.isfinite(values).all():
        raise InputError(f"state has shape {values.shape}, expected finite numbers of shape {g.shape}")
    return values


def _bit_line_input(spec: ArraySpec, cell: CellText, program: _Program) -> ArrayText:
    """Lay out an array whose rows are bit lines, driven by the input; its columns are sensed source lines."""
    wires = spec.wires
    strap = wires.strap_row, wires.strap_col
    rows = range(spec.array.rows)
    row_cards, bl = row_lines(LineKind("bl", "in", "rdrv", wires.r_driver, strap[0]), wires.r_row, wires.c_row)
    col_cards, sl = col_lines(LineKind("sl", "sense", "rsense", wires.r_sense, strap[1]), wires.r_col, wires.c_col)
    gates = [] if program.gates is None else program.gate_cards or source_cards(GATES, program.gates)
    wl = [[f"wl_{a}" if gates else "0"] * spec.array.cols for a in rows]
    body = [
        *(["", "* word lines: gates of one row", *gates] if gates else []),
        *["", "* row wires, driver to cells: bl_<row>_<col>", *row_cards],
        *["", "* column wires, cells to sense: sl_<row>_<col>", *col_cards],
        *_sense(spec, program),
        *_cells(program, bl, wl, sl),
    ]
    bias = rows if gates else ()
    return _array(
        spec, cell, program.sense, body, bl, sl, tuple(f"v(wl_{a})" for a in bias), tuple(f"i(vwl_{a})" for a in bias)
    )


def _word_line_input(spec: ArraySpec, cell: CellText, program: _Program) -> ArrayText:
    """Lay out an array whose rows are word lines, driven by the input; its columns are bit lines and source lines."""
    wires = spec.wires
    strap = wires.strap_row, wires.strap_col
    cols = range(spec.array.cols)
    assert wires.r_bl is not None
    row_cards, wl = row_lines(LineKind("wl", "in", "rdrv", wires.r_driver, strap[0]), wires.r_row, wires.c_row)
    bl_cards, bl = col_lines(LineKind("bl", "bias", "rbias", wires.r_driver), wires.r_bl, wires.c_bl)
    col_cards, sl = col_lines(LineKind("sl", "sense", "rsense", wires.r_sense, strap[1]), wires.r_col, wires.c_col)
    body = [
        *["", "* bit lines: biased at the read voltage", *_bias(spec)],
        *["", "* word lines, driver to gates: wl_<row>_<col>", *row_cards],
        *["", "* bit lines along the columns: bl_<row>_<col>", *bl_cards],
        *["", "* source lines along the columns, cells to sense: sl_<row>_<col>", *col_cards],
        *_sense(spec, program),
        *_cells(program, bl, wl, sl),
    ]
    return _array(
        spec,
        cell,
        program.sense,
        body,
        bl,
        sl,
        tuple(f"v(bias_{b})" for b in cols),
        tuple(f"i(vbias_{b})" for b in cols),
    )


def _string(spec: ArraySpec, cell: CellText, program: _Program) -> ArrayText:
    """Lay out an array whose rows are word lines, driven by the input; the cells of a column are in series."""
    if (program.g == 0).any():
        index = [int(k) for k in np.argwhere(program.g == 0)[0]]
        raise InputError(f"g{index} = 0 S: an open cell breaks its string; expected a conductance > 0")
    wires = spec.wires
    strap = wires.strap_row, wires.strap_col
    row_cards, wl = row_lines(LineKind("wl", "in", "rdrv", wires.r_driver, strap[0]), wires.r_row, wires.c_row)
    chains, bl, sl = series_lines(wires)
    body = [
        *["", "* strings: biased at the read voltage", *_bias(spec)],
        *["", "* word lines, driver to gates: wl_<row>_<col>", *row_cards],
        *["", "* strings: wires between the cells, bl_<row>_<col> above and sl_<row>_<col> below each", *chains],
        *_sense(spec, program),
        *_cells(program, bl, wl, sl),
    ]
    cols = range(spec.array.cols)
    return _array(
        spec,
        cell,
        program.sense,
        body,
        bl,
        sl,
        tuple(f"v(bias_{b})" for b in cols),
        tuple(f"i(vbias_{b})" for b in cols),
    )


_LAYOUTS = {"bl": _bit_line_input, "wl": _word_line_input, "string": _string}


def _sources(node: str, lines: Iterable[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the vector names of the voltages and currents of the sources of some lines."""
    names = [f"{node}_{line}" for line in lines]
    return tuple(f"v({name})" for name in names), tuple(f"i(v{name})" for name in names)


def _array(
    spec: ArraySpec,
    cell: CellText,
    block: Block | None,
    body: list[str],
    upper: _Nodes,
    lower: _Nodes,
    v_bias: tuple[str, ...],
    i_bias: tuple[str, ...],
) -> ArrayText:
    circuits = () if block is None else (block.include,)
    return ArrayText(
        head=[
            *dict.fromkeys((*cell.includes, *circuits)),
            "",
            cell.subckt,
            f".temp {number(spec.array.temperature_c)}",
        ],
        body=body,
        files=cell.files if block is None else (*cell.files, block.lib),
        upper=upper,
        lower=lower,
        i_row=tuple(f"i(vin_{a})" for a in range(spec.array.rows)),
        i_out=tuple(f"i(vsense_{b})" for b in range(spec.array.cols)),
        v_bias=v_bias,
        i_bias=i_bias,
        v_out=() if block is None else tuple(f"v(out_{b})" for b in range(spec.array.cols)),
    )


def _bias(spec: ArraySpec) -> list[str]:
    v_bias = number(spec.drive_range[1])
    return [f"vbias_{b} bias_{b} 0 {v_bias}" for b in range(spec.array.cols)]


def _sense(spec: ArraySpec, program: _Program) -> list[str]:
    v_ref, block, cols = number(spec.sense.v_ref), program.sense, range(spec.array.cols)
    if program.taker is not None:
        cards = [f"vsense_{b} sense_{b} {program.taker}_{b} 0" for b in cols]
        return ["", "* meters: current through vsense leaves the column", *cards]
    if block is None:
        cards = [f"vsense_{b} sense_{b} 0 {v_ref}" for b in cols]
        return ["", "* sense amplifiers: current into vsense is the output", *cards]
    cards, clocks = rail_cards(block, spec.sense.v_ref), clock_nodes(block, SENSE_CLOCKS)
    for b in cols:
        cards += [f"vsense_{b} sense_{b} amp_{b} 0", *amplifier_cards(block, str(b), f"amp_{b}", f"out_{b}", clocks)]
    return ["", "* sense amplifiers: vsense measures the current into each, v(out) is the output", *cards]


def _cells(program: _Program, bl: _Nodes, wl: _Nodes, sl: _Nodes) -> list[str]:
    cards = ["", "* cells"]
    for a, (closed, line, tops, gates, bottoms) in enumerate(
        zip((program.g != 0).tolist(), program.settings, bl, wl, sl, strict=True)
    ):
        cards += [
            f"xcell_{a}_{b} {tops[b]} {gates[b]} {bottoms[b]} 0 {CELL} {setting}"
            for b, setting in enumerate(line)
            if closed[b]
        ]
    return cards
