"""All wires of one kind, along the rows or along the columns, with the resistance at their ends."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from circuitsim.netlist.names import number
from circuitsim.netlist.wires import line_nodes, segment_cards


@dataclass(frozen=True)
class LineKind:
    """What the wires of one kind are called.

    Attributes:
        wire: Node names begin with it: `bl_3_5`; segments are `rbl_3_5`, capacitors `cbl_3_5`.
        source: Name of the node behind the end resistance: `in_3`.
        end: Name of the end resistance: `rdrv_left_3`.
    """

    wire: str
    source: str
    end: str


def row_lines(kind: LineKind, r: np.ndarray, c: np.ndarray | None, r_end: float) -> tuple[list[str], list[list[str]]]:
    """Write wires along the rows.

    Args:
        kind: Their names.
        r: (rows, cols + 1) segments, left end first [ohm].
        c: (rows, cols) capacitance to ground at each cell [F], or None.
        r_end: Resistance between a source and each end of its wire in use [ohm].

    Returns:
        Cards, and the node [row][col] of each cell.
    """
    rows, cols = r.shape[0], r.shape[1] - 1
    cards: list[str] = []
    cells = []
    for a in range(rows):
        names = [f"{a}_{b}" for b in range(cols + 1)]
        nodes = _line(kind, names, str(a), ("left", "right"), r[a], r_end, cards, None if c is None else c[a])
        cells.append(nodes)
    return cards, cells


def col_lines(kind: LineKind, r: np.ndarray, c: np.ndarray | None, r_end: float) -> tuple[list[str], list[list[str]]]:
    """Write wires along the columns: r (rows + 1, cols), top end first; see `row_lines`."""
    rows, cols = r.shape[0] - 1, r.shape[1]
    cards: list[str] = []
    cells = []
    for b in range(cols):
        names = [f"{a}_{b}" for a in range(rows + 1)]
        nodes = _line(kind, names, str(b), ("top", "bottom"), r[:, b], r_end, cards, None if c is None else c[:, b])
        cells.append(nodes)
    return cards, [list(line) for line in zip(*cells, strict=True)]


def _line(
    kind: LineKind,
    names: Sequence[str],
    index: str,
    ends: tuple[str, str],
    r: np.ndarray,
    r_end: float,
    cards: list[str],
    c: np.ndarray | None,
) -> list[str]:
    """Append the cards of one wire and return the nodes of its cells; `names[k]` tells cell and segment k."""
    source = f"{kind.source}_{index}"
    first, last = (f"{kind.wire}_{end}_{index}" if r_end > 0 else source for end in ends)
    nodes = line_nodes([first, *(f"{kind.wire}_{name}" for name in names[:-1]), last], r)
    if r_end > 0:
        for end, node, segment in zip(ends, (nodes[0], nodes[-1]), (r[0], r[-1]), strict=True):
            if segment != np.inf:
                cards.append(f"{kind.end}_{end}_{index} {source} {node} {number(r_end)}")
    cards += segment_cards(f"r{kind.wire}", names, nodes, r)
    if c is not None:
        cells = zip(names[:-1], nodes[1:-1], c.tolist(), strict=True)
        cards += [f"c{kind.wire}_{name} {node} 0 {value!r}" for name, node, value in cells if value > 0]
    return nodes[1:-1]
