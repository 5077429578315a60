"""Many decks start in the order of their predicted times and come back in the order in which they were given."""

from pathlib import Path

import numpy as np

from circuitsim.errors import SimulatorError
from circuitsim.netlist import crossbar
from circuitsim.spec import parse_spec
from circuitsim.spice import Simulator
from circuitsim.spice.pool import _in_threads, _longest_first

OLD = Simulator(Path("ngspice"), 39, "ngspice-39", False)


def array_deck(vectors, n=4):
    data = {
        "schema": 1,
        "array": {"rows": n, "cols": n, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
        "wire": {"r_row": 1.0, "r_col": 1.0},
        "driver": {"v_read": 0.2},
    }
    return crossbar(parse_spec(data), np.full((n, n), 1e-5), np.full((vectors, n), 0.1))


def test_the_longest_array_starts_first_and_decks_of_the_user_last():
    decks = [array_deck(3), "* mine", array_deck(9), array_deck(2, n=8), "* also mine", array_deck(3)]
    assert _longest_first(decks, OLD) == [3, 2, 0, 5, 1, 4]  # 64 cells; 9 vectors; 3 and 3 in their order; text


def test_outcomes_are_in_the_order_of_the_decks():
    started, seen = [], []

    def one(index):
        started.append(index)
        return SimulatorError(str(index))

    found = _in_threads(one, [2, 0, 1], 1, lambda *step: seen.append(step))
    assert started == [2, 0, 1] and seen == [(1, 3), (2, 3), (3, 3)]
    assert [str(each) for each in found] == ["0", "1", "2"]
