"""The two ends and the segments of one wire of the array, as nodes and resistors."""

from collections.abc import Sequence

import numpy as np


def line_nodes(names: Sequence[str], r: np.ndarray) -> list[str]:
    """Name the node of every position of a wire; positions joined by a segment of 0 ohm share one node.

    SPICE has no resistor of 0 ohm (ngspice 39 silently makes it 1 mohm), so nodes are merged instead.

    Args:
        names: (n + 2,) own name of each position: first end, n cells, last end.
        r: (n + 1,) segment resistances [ohm]; inf is an open segment.

    Returns:
        (n + 2,) node names. A merged group carries the name of the end it holds, else of its first cell.
    """
    nodes = list(names)
    joined = np.flatnonzero(r == 0)
    for k in joined:  # forwards: every name runs on to the following cells
        if k + 2 < len(nodes):
            nodes[k + 1] = nodes[k]
    last_group = len(nodes) - 1
    while last_group > 0 and r[last_group - 1] == 0:
        last_group -= 1
    if last_group > 0:  # the last end names its group, unless the first end is in it too
        nodes[last_group:] = [names[-1]] * (len(nodes) - last_group)
    else:
        nodes[-1] = nodes[0]
    return nodes


def segment_cards(prefix: str, tails: Sequence[str], nodes: Sequence[str], r: np.ndarray) -> list[str]:
    """Write one resistor for every segment of a wire that is neither open nor merged.

    Args:
        prefix: Element names begin with it; `tails[k]` completes the name of segment k.
        tails: (n + 1,) e.g. "3_5".
        nodes: (n + 2,) from `line_nodes`.
        r: (n + 1,) [ohm].
    """
    values = r.tolist()
    return [
        f"{prefix}_{tails[k]} {nodes[k]} {nodes[k + 1]} {value!r}"
        for k, value in enumerate(values)
        if value != 0 and value != np.inf
    ]
