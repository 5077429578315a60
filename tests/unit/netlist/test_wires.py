import numpy as np
import pytest

from circuitsim.netlist.wires import line_nodes, segment_cards

OPEN = np.inf
NAMES = ["first", "a", "b", "c", "last"]


@pytest.mark.parametrize(
    ("r", "nodes"),
    [
        ([1, 1, 1, 1], ["first", "a", "b", "c", "last"]),
        ([0, 1, 1, OPEN], ["first", "first", "b", "c", "last"]),
        ([1, 0, 1, OPEN], ["first", "a", "a", "c", "last"]),
        ([1, 0, 0, 1], ["first", "a", "a", "a", "last"]),
        ([OPEN, 1, 0, 0], ["first", "a", "last", "last", "last"]),
        ([0, 0, 0, OPEN], ["first", "first", "first", "first", "last"]),
        ([0, 0, 0, 0], ["first", "first", "first", "first", "first"]),
    ],
)
def test_joined_positions_share_a_node(r, nodes):
    assert line_nodes(NAMES, np.array(r, dtype=float)) == nodes


def test_segments_are_resistors_unless_open_or_joined():
    r = np.array([2.5, 0.0, 0.1, OPEN])
    cards = segment_cards("rbl", ["3_0", "3_1", "3_2", "3_3"], line_nodes(NAMES, r), r)
    assert cards == ["rbl_3_0 first a 2.5", "rbl_3_2 a c 0.1"]
