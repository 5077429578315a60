"""Passive arrays solved by Qucs, stored by badcrossbar: every node voltage and current through ngspice to 1e-6."""

import json
from pathlib import Path

import numpy as np
import pytest
from netlist_cases import passive
from numpy.testing import assert_allclose

from circuitsim import netlist, spice, truth

CASES = json.loads((Path(__file__).parents[1] / "data" / "badcrossbar_qucs.json").read_text())["cases"]


@pytest.mark.parametrize("name", CASES)
def test_stored_solution(name):
    case = CASES[name]
    g = np.array([[0.0 if r is None else 1.0 / r for r in row] for row in case["resistances"]])
    spec = passive(*g.shape, case["r_word_line"], case["r_bit_line"])
    deck = netlist.crossbar(spec, g, [case["v_in"]], nodes=True)
    raw = spice.run(deck)

    # Where Qucs has exactly 0 (no input, open cells) nothing but gmin may flow: 1e-15 S at no more than 4 V.
    assert_allclose(raw.columns(deck.i_out)[0], case["i_out"], rtol=1e-6, atol=1e-14)
    v_row = raw.columns(deck.v_row)[0].reshape(g.shape)
    v_col = raw.columns(deck.v_col)[0].reshape(g.shape)
    assert_allclose(v_row, case["v_word_line"], rtol=1e-6, atol=1e-13)
    assert_allclose(v_col, case["v_bit_line"], rtol=1e-6, atol=1e-13)
    i_cell = truth.solution_of(spec, deck, raw).i_cell
    assert i_cell is not None
    assert_allclose(i_cell[0], case["i_device"], rtol=1e-6, atol=1e-14)
    i_row = -raw.columns(deck.i_row)[0]
    assert_allclose(i_row, np.sum(case["i_device"], axis=1), rtol=1e-6, atol=1e-14)
