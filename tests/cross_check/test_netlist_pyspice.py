"""The array as a PySpice circuit: add an element in Python, run the same analysis."""

import numpy as np
import pytest
from netlist_cases import passive
from numpy.testing import assert_allclose

from circuitsim import netlist, spice
from circuitsim.errors import InputError
from circuitsim.netlist.pyspice import from_circuit, to_circuit

G, X = np.full((2, 2), 1e-4), np.array([[0.1, 0.2], [0.3, -0.1]])


def test_circuit_without_additions_is_the_same_deck():
    deck = netlist.crossbar(passive(2, 2, 1.0, 1.0), G, X)
    same = from_circuit(to_circuit(deck), deck)
    assert_allclose(spice.run(same).columns(deck.i_out), spice.run(deck).columns(deck.i_out), rtol=1e-12, atol=0)


def test_added_resistor_takes_its_current():
    spec = passive(2, 1, 0.0, 0.0).replace(sense={"r_in": 500.0})
    deck = netlist.crossbar(spec, G[:, :1], X)
    circuit = to_circuit(deck)
    circuit.R("leak", "sl_bottom_0", circuit.gnd, 1e3)
    out = spice.run(from_circuit(circuit, deck)).columns(deck.i_out)[:, 0]
    # Two cells of 10 kohm feed 500 ohm beside 1 kohm: the node lies at I·(1/3 kohm), the amplifier takes 2/3 of I.
    v = 1e-4 * X.sum(axis=1) / (2e-4 + 1 / 500 + 1 / 1000)
    assert_allclose(out, v / 500, rtol=1e-9, atol=0)


def test_circuit_of_another_deck_is_refused():
    one, other = (netlist.crossbar(passive(2, 2, r, 1.0), G, X) for r in (1.0, 2.0))
    with pytest.raises(InputError, match="does not contain this deck's array"):
        from_circuit(to_circuit(one), other)
