"""Merged nodes: two positions of a wire share a node exactly when only 0 ohm segments lie between them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from circuitsim.netlist.wires import line_nodes, segment_cards


@given(st.lists(st.sampled_from([0.0, 1.0, 2.5, np.inf]), min_size=2, max_size=12))
def test_nodes_are_shared_across_0_ohm_only(segments):
    r = np.array(segments)
    names = ["first", *(f"c{k}" for k in range(len(r) - 1)), "last"]
    nodes = line_nodes(names, r)
    for i in range(len(nodes)):
        for j in range(i + 1, len(nodes)):
            assert (nodes[i] == nodes[j]) == bool(np.all(r[i:j] == 0))
    group_of_first = int(np.argmax(r != 0)) if (r != 0).any() else len(r)
    assert set(nodes[: group_of_first + 1]) == {"first"}
    assert "last" in nodes or not r.any()


@given(st.lists(st.sampled_from([0.0, 1.0, 2.5, np.inf]), min_size=2, max_size=12))
def test_no_resistor_joins_a_node_with_itself(segments):
    r = np.array(segments)
    nodes = line_nodes(["first", *(f"c{k}" for k in range(len(r) - 1)), "last"], r)
    cards = [card.split() for card in segment_cards("r", [str(k) for k in range(len(r))], nodes, r)]
    assert all(a != b and float(value) > 0 for _, a, b, value in cards)
    assert len(cards) == np.sum((r != 0) & np.isfinite(r))
