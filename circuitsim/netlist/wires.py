"""Write one wire of the array: the nodes of its ends and cells, and its segments as resistors."""

from collections.abc import Sequence

import numpy as np


def line_nodes(names: Sequence[str], r: np.ndarray) -> list[str]:
    """Name the node of every position of a wire; a segment of 0 ohm joins its ends into one node.

    SPICE has no resistor of 0 ohm: ngspice 39 silently replaces it by 1 mohm.

    Args:
        names: (n + 2,) name of each position: first end, n cells, last end.
        r: (n + 1,) segment resistances [ohm]; inf is an open segment.

    Returns:
        (n + 2,) node names. A merged group has the name of the end that it contains, else that of its first cell.
    """
    nodes = list(names)
    for k in np.flatnonzero(r == 0):  # forwards, so that a name carries on over several merged cells
        if k + 2 < len(nodes):
            nodes[k + 1] = nodes[k]
    last_group = len(nodes) - 1
    while last_group > 0 and r[last_group - 1] == 0:
        last_group -= 1
    if last_group > 0:  # the last end names its group, unless the group contains the first end as well
        nodes[last_group:] = [names[-1]] * (len(nodes) - last_group)
    else:
        nodes[-1] = nodes[0]
    return nodes


def segment_cards(prefix: str, tails: Sequence[str], nodes: Sequence[str], r: np.ndarray) -> list[str]:
    """Write one resistor for every segment of a wire that is neither open nor merged.

    Args:
        prefix: Prefix of element names; `tails[k]` completes the name of segment k.
        tails: (n + 1,) suffixes of element names, for example "3_5".
        nodes: (n + 2,) from `line_nodes`.
        r: (n + 1,) [ohm].
    """
    values = r.tolist()
    return [
        f"{prefix}_{tails[k]} {nodes[k]} {nodes[k + 1]} {value!r}"
        for k, value in enumerate(values)
        if value != 0 and value != np.inf
    ]
