"""The deck of an array read: cells, wires, drivers, sense amplifiers, stimulus, one text."""

import numpy as np

from circuitsim.netlist.cell import CELL, cell_text
from circuitsim.netlist.document import Netlist
from circuitsim.netlist.header import header_lines
from circuitsim.netlist.names import grid_names, number
from circuitsim.netlist.stimulus import analysis_cards, input_cards
from circuitsim.netlist.wires import line_nodes, segment_cards
from circuitsim.spec import ArraySpec, WireGrid
from circuitsim.spec.arrays import check_arrays

_SAVED_PER_LINE = 16


def crossbar(spec: ArraySpec, g: object, x: object, *, nodes: bool = False) -> Netlist:
    """Write the deck of a DC read of a whole array.

    Rows are driven by `vin_<row>` behind `driver.r_out`, columns are held at `sense.v_ref` by `vsense_<col>` behind
    `sense.r_in`. Where a wire is driven or sensed at both ends, each end has its own resistance. A cell of 0 S is open
    and left out.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S].
        x: Inputs (batch, rows) [V].
        nodes: Also save the voltage of both wires at every cell.

    Raises:
        InputError: A shape does not fit, a value is NaN, or a name, file or sub-circuit cannot be used.
        OutsideRangeError: A conductance lies outside the device's range.
    """
    g, x = check_arrays(spec, g, x)
    cell = cell_text(spec)
    rows, cols = spec.shape
    row_cards, bl = _rows(spec.wires, spec.wire.c_row)
    col_cards, sl = _cols(spec.wires, spec.wire.c_col)
    i_row = tuple(f"i(vin_{a})" for a in range(rows))
    i_out = tuple(f"i(vsense_{b})" for b in range(cols))
    v_row = tuple(f"v({name})" for line in bl for name in line) if nodes else ()
    v_col = tuple(f"v({name})" for line in sl for name in line) if nodes else ()
    gates = spec.access is not None
    sections = [
        header_lines(spec, batch=len(x)),
        [*cell.includes, "", cell.subckt, f".temp {number(spec.array.temperature_c)}"],
        ["", "* inputs: one source per row", *input_cards(x)],
        ["", "* word lines: gates of one row", *_word_lines(spec)] if gates else [],
        ["", "* row wires, driver to cells: bl_<row>_<col>", *row_cards],
        ["", "* column wires, cells to sense: sl_<row>_<col>", *col_cards],
        ["", "* sense amplifiers: current into vsense is the output", *_sense(spec)],
        ["", "* cells", *_cells(g, bl, sl, gates)],
        ["", "* analysis", *_saved(i_row, i_out, v_row, v_col), *analysis_cards(len(x), i_out), ".end", ""],
    ]
    return Netlist(
        text="\n".join(line for section in sections for line in section),
        analysis="op" if len(x) == 1 else "dc",
        x=x,
        shape=spec.shape,
        spec_digest=spec.digest,
        includes=cell.files,
        i_row=i_row,
        i_out=i_out,
        v_row=v_row,
        v_col=v_col,
    )


def _rows(wires: WireGrid, c: float) -> tuple[list[str], list[list[str]]]:
    """Cards of the row wires with their drivers' resistance, and the node of each cell."""
    cards: list[str] = []
    cells = []
    for a, own in enumerate(grid_names("bl", wires.rows, wires.cols)):
        source = f"in_{a}"
        left, right = (f"bl_left_{a}", f"bl_right_{a}") if wires.r_driver > 0 else (source, source)
        r = wires.r_row[a]
        nodes = line_nodes([left, *own, right], r)
        cards += _ends(f"rdrv_{{}}_{a}", source, nodes, r, wires.r_driver, ("left", "right"))
        cards += segment_cards("rbl", [f"{a}_{k}" for k in range(len(r))], nodes, r)
        if c > 0:
            cards += [f"cbl_{a}_{b} {node} 0 {number(c)}" for b, node in enumerate(nodes[1:-1])]
        cells.append(nodes[1:-1])
    return cards, cells


def _cols(wires: WireGrid, c: float) -> tuple[list[str], list[list[str]]]:
    """Cards of the column wires with the sense amplifiers' resistance, and the node of each cell as [row][col]."""
    cards: list[str] = []
    cells = []
    for b in range(wires.cols):
        held = f"sense_{b}"
        own = [f"sl_{a}_{b}" for a in range(wires.rows)]
        top, bottom = (f"sl_top_{b}", f"sl_bottom_{b}") if wires.r_sense > 0 else (held, held)
        r = wires.r_col[:, b]
        nodes = line_nodes([top, *own, bottom], r)
        cards += segment_cards("rsl", [f"{k}_{b}" for k in range(len(r))], nodes, r)
        cards += _ends(f"rsense_{{}}_{b}", held, nodes, r, wires.r_sense, ("top", "bottom"))
        if c > 0:
            cards += [f"csl_{a}_{b} {node} 0 {number(c)}" for a, node in enumerate(nodes[1:-1])]
        cells.append(nodes[1:-1])
    return cards, [list(line) for line in zip(*cells, strict=True)]


def _ends(name: str, outer: str, nodes: list[str], r: np.ndarray, r_end: float, ends: tuple[str, str]) -> list[str]:
    """Resistance between the source of a line and each end of its wire that is in use."""
    if r_end == 0:
        return []
    used = [
        (end, node)
        for end, node, segment in zip(ends, (nodes[0], nodes[-1]), r[[0, -1]], strict=True)
        if segment != np.inf
    ]
    return [f"{name.format(end)} {outer} {node} {number(r_end)}" for end, node in used]


def _word_lines(spec: ArraySpec) -> list[str]:
    if spec.access is None:
        return []
    gate = number(spec.access.v_gate)
    return [f"vwl_{a} wl_{a} 0 {gate}" for a in range(spec.array.rows)]


def _sense(spec: ArraySpec) -> list[str]:
    v_ref = number(spec.sense.v_ref)
    return [f"vsense_{b} sense_{b} 0 {v_ref}" for b in range(spec.array.cols)]


def _cells(g: np.ndarray, bl: list[list[str]], sl: list[list[str]], gates: bool) -> list[str]:
    cards = []
    for a, (values, tops, bottoms) in enumerate(zip(g.tolist(), bl, sl, strict=True)):
        wl = f"wl_{a}" if gates else "0"
        cards += [
            f"xcell_{a}_{b} {tops[b]} {wl} {bottoms[b]} 0 {CELL} g={value!r}" for b, value in enumerate(values) if value
        ]
    return cards


def _saved(*groups: tuple[str, ...]) -> list[str]:
    """`.save` lines; merged nodes are saved once."""
    names = list(dict.fromkeys(name for group in groups for name in group))
    return [".save " + " ".join(names[k : k + _SAVED_PER_LINE]) for k in range(0, len(names), _SAVED_PER_LINE)]
