"""Write the wires of columns whose cells are in series."""

from circuitsim.netlist.names import number
from circuitsim.spec import WireGrid


def series_lines(wires: WireGrid) -> tuple[list[str], list[list[str]], list[list[str]]]:
    """Write the wires between bias source, cells and sense amplifier of every column.

    Segment [a, b] of `wires.r_col` is above cell (a, b); the last segment is below the last cell. A segment of 0 ohm
    joins the nodes at its ends. The capacitance of a cell is at its upper node.

    Returns:
        The cards, and the nodes above and below each cell by [row][col].
    """
    cards: list[str] = []
    upper: list[list[str]] = [[] for _ in range(wires.rows)]
    lower: list[list[str]] = [[] for _ in range(wires.rows)]
    for b in range(wires.cols):
        node_above = _end(cards, f"rbias_{b}", f"bias_{b}", f"bl_top_{b}", wires.r_driver)
        for a, r in enumerate(wires.r_col[:-1, b].tolist()):
            node = node_above if r == 0 else f"bl_{a}_{b}"
            if r > 0:
                cards.append(f"rsl_{a}_{b} {node_above} {node} {r!r}")
            if wires.c_col is not None and wires.c_col[a, b] > 0:
                cards.append(f"csl_{a}_{b} {node} 0 {number(wires.c_col[a, b])}")
            node_above = f"sl_{a}_{b}"
            upper[a].append(node)
            lower[a].append(node_above)
        r = float(wires.r_col[-1, b])
        last = _end(cards, f"rsense_{b}", f"sense_{b}", f"sl_bottom_{b}", wires.r_sense)
        if r > 0:
            cards.append(f"rsl_{wires.rows}_{b} {node_above} {last} {r!r}")
        else:
            lower[-1][-1] = last
    return cards, upper, lower


def _end(cards: list[str], name: str, source: str, node: str, r: float) -> str:
    """Add the resistance `r` between source and wire; return the node of the wire, which for 0 ohm is the source."""
    if r == 0:
        return source
    cards.append(f"{name} {source} {node} {number(r)}")
    return node
