"""The array itself as cards: wires, drivers' and sense resistances, gates, cells. No stimulus, no analysis."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from circuitsim.netlist.cell import CELL, cell_text
from circuitsim.netlist.names import grid_names, number
from circuitsim.netlist.wires import line_nodes, segment_cards
from circuitsim.spec import ArraySpec, WireGrid


@dataclass(frozen=True)
class ArrayText:
    """An array between its row sources (nodes `in_<row>`) and its sense amplifiers.

    Attributes:
        head: Lines before the stimulus: includes, the cell, the temperature.
        body: Lines after it: gates, wires, sense amplifiers, cells.
        files: Files that are included, absolute.
        bl: [row][col] node of the row wire at each cell.
        sl: [row][col] node of the column wire at each cell.
        i_row: (rows,) vector names; the current each row driver delivers into the array is minus this vector.
        i_out: (cols,) vector names; current into each sense amplifier.
        i_gate: (rows,) vector names; the current each word-line source delivers is minus this vector; empty without
            transistors.
    """

    head: list[str]
    body: list[str]
    files: tuple[Path, ...]
    bl: list[list[str]]
    sl: list[list[str]]
    i_row: tuple[str, ...]
    i_out: tuple[str, ...]
    i_gate: tuple[str, ...]

    @property
    def v_row(self) -> tuple[str, ...]:
        """(rows · cols,) vector names of the row wire's voltage at each cell, row by row."""
        return tuple(f"v({name})" for line in self.bl for name in line)

    @property
    def v_col(self) -> tuple[str, ...]:
        """(rows · cols,) vector names of the column wire's voltage at each cell, row by row."""
        return tuple(f"v({name})" for line in self.sl for name in line)


def array_text(spec: ArraySpec, g: np.ndarray) -> ArrayText:
    """Write an array; g (rows, cols) [S] must be checked already. A cell of 0 S is open and left out."""
    cell = cell_text(spec)
    rows, cols = spec.shape
    wires = spec.wires
    row_cards, bl = _rows(wires)
    col_cards, sl = _cols(wires)
    gates = spec.access is not None
    body = [
        *(["", "* word lines: gates of one row", *_word_lines(spec)] if gates else []),
        *["", "* row wires, driver to cells: bl_<row>_<col>", *row_cards],
        *["", "* column wires, cells to sense: sl_<row>_<col>", *col_cards],
        *["", "* sense amplifiers: current into vsense is the output", *_sense(spec)],
        *["", "* cells", *_cells(g, bl, sl, gates)],
    ]
    return ArrayText(
        head=[*cell.includes, "", cell.subckt, f".temp {number(spec.array.temperature_c)}"],
        body=body,
        files=cell.files,
        bl=bl,
        sl=sl,
        i_row=tuple(f"i(vin_{a})" for a in range(rows)),
        i_out=tuple(f"i(vsense_{b})" for b in range(cols)),
        i_gate=tuple(f"i(vwl_{a})" for a in range(rows)) if gates else (),
    )


def _rows(wires: WireGrid) -> tuple[list[str], list[list[str]]]:
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
        if wires.c_row is not None:
            cards += _capacitors([f"cbl_{a}_{b}" for b in range(wires.cols)], nodes[1:-1], wires.c_row[a])
        cells.append(nodes[1:-1])
    return cards, cells


def _cols(wires: WireGrid) -> tuple[list[str], list[list[str]]]:
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
        if wires.c_col is not None:
            cards += _capacitors([f"csl_{a}_{b}" for a in range(wires.rows)], nodes[1:-1], wires.c_col[:, b])
        cells.append(nodes[1:-1])
    return cards, [list(line) for line in zip(*cells, strict=True)]


def _capacitors(names: list[str], nodes: list[str], c: np.ndarray) -> list[str]:
    values = c.tolist()
    return [f"{name} {node} 0 {value!r}" for name, node, value in zip(names, nodes, values, strict=True) if value > 0]


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
