"""Write all wires of one kind, along rows or columns, with the resistances at their ends and their straps."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from circuitsim.netlist.names import number
from circuitsim.netlist.wires import line_nodes, segment_cards
from circuitsim.spec.geometry import StrapSpec


@dataclass(frozen=True)
class LineKind:
    """The names and common properties of all wires of one kind.

    Attributes:
        wire: Prefix of node names, "bl" in `bl_3_5`; segments are `rbl_3_5`, capacitors `cbl_3_5`.
        source: Prefix of the node behind the end resistance, "in" in `in_3`.
        end: Prefix of the end resistance, "rdrv" in `rdrv_left_3`.
        r_end: Resistance between the source and each connected end of a wire [ohm].
        strap: Strap line above each wire; None without straps.
    """

    wire: str
    source: str
    end: str
    r_end: float = 0.0
    strap: StrapSpec | None = None


def row_lines(kind: LineKind, r: np.ndarray, c: np.ndarray | None) -> tuple[list[str], list[list[str]]]:
    """Write wires along the rows.

    Args:
        kind: Names and common properties of the wires.
        r: (rows, cols + 1) segment resistances, left end first [ohm].
        c: (rows, cols) capacitance to ground at each cell [F]; None without capacitance.

    Returns:
        The cards, and the node of each cell by [row][col].
    """
    rows, cols = r.shape[0], r.shape[1] - 1
    cards: list[str] = []
    cells = []
    for a in range(rows):
        names = [f"{a}_{b}" for b in range(cols + 1)]
        line_cards, nodes = _line(kind, names, (f"left_{a}", f"right_{a}"), r[a])
        cards += line_cards
        cards += [] if c is None else _capacitors(kind, names, nodes, c[a])
        cells.append(nodes)
    return cards, cells


def col_lines(kind: LineKind, r: np.ndarray, c: np.ndarray | None) -> tuple[list[str], list[list[str]]]:
    """Write wires along the columns: `r` is (rows + 1, cols), top end first; see `row_lines`."""
    rows, cols = r.shape[0] - 1, r.shape[1]
    cards: list[str] = []
    cells = []
    for b in range(cols):
        names = [f"{a}_{b}" for a in range(rows + 1)]
        line_cards, nodes = _line(kind, names, (f"top_{b}", f"bottom_{b}"), r[:, b])
        cards += line_cards
        cards += [] if c is None else _capacitors(kind, names, nodes, c[:, b])
        cells.append(nodes)
    return cards, [list(line) for line in zip(*cells, strict=True)]


def _line(kind: LineKind, names: Sequence[str], ends: tuple[str, str], r: np.ndarray) -> tuple[list[str], list[str]]:
    """Return the cards of one wire and the nodes of its cells; `names[k]` completes the names of cell and segment k."""
    source = f"{kind.source}_{ends[0].rpartition('_')[2]}"
    first, last = (f"{kind.wire}_{end}" if kind.r_end > 0 else source for end in ends)
    nodes = line_nodes([first, *(f"{kind.wire}_{name}" for name in names[:-1]), last], r)
    used_ends = [
        (end, node)
        for end, node, segment in zip(ends, (nodes[0], nodes[-1]), (r[0], r[-1]), strict=True)
        if segment != np.inf
    ]
    cards = [f"{kind.end}_{end} {source} {node} {number(kind.r_end)}" for end, node in used_ends if kind.r_end > 0]
    cards += segment_cards(f"r{kind.wire}", names, nodes, r)
    if kind.strap is not None:
        cards += _strap(kind.wire, kind.strap, names, nodes, r)
    return cards, nodes[1:-1]


def _strap(wire: str, strap: StrapSpec, names: Sequence[str], nodes: Sequence[str], r: np.ndarray) -> list[str]:
    """Write a strap with vias to every `strap.every`-th cell and to the connected ends; `strap.r` is per cell pitch."""
    cells = len(nodes) - 2
    places = [k for k in range(1, cells + 1) if k % strap.every == 0]
    places = ([0] if r[0] != np.inf else []) + places + ([cells + 1] if r[-1] != np.inf else [])
    suffix = {k: names[k - 1] for k in places} | {0: f"{names[0]}_first", cells + 1: f"{names[cells]}_last"}
    cards = [f"rv{wire}_{suffix[k]} {nodes[k]} s{wire}_{suffix[k]} {number(strap.r_via)}" for k in places]
    for j, k in pairwise(places):
        cards.append(f"rs{wire}_{suffix[k]} s{wire}_{suffix[j]} s{wire}_{suffix[k]} {number(strap.r * (k - j))}")
    return cards


def _capacitors(kind: LineKind, names: Sequence[str], nodes: Sequence[str], c: np.ndarray) -> list[str]:
    cells = zip(names, nodes, c.tolist(), strict=False)  # `names` also has the last segment
    return [f"c{kind.wire}_{name} {node} 0 {value!r}" for name, node, value in cells if value > 0]
