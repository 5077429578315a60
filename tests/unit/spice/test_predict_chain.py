"""How many elements a deck has, and what its reads are predicted to take."""

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import netlist
from circuitsim.spice import Simulator, find_ngspice, predict_deck
from circuitsim.spice.predict_chain import count_elements

TEXT = """* nested
.subckt inner a b params: w=1
m1 a b 0 0 n w={w}
b1 a 0 i=v(b)
.ends inner
.subckt outer a b
x1 a b inner w=2
x2 a b
+ inner
r1 a b 1
.ends
xa 1 2 outer
xb 1 2 outer
v1 1 0 1
.tran 1n 1u
.end
"""


def test_elements_count_at_every_instance():
    assert count_elements(TEXT) == {"transistor": 4, "source": 4, "other": 3}


def test_time_grows_with_reads_and_circuits():
    data = {
        "schema": 1,
        "array": {"rows": 3, "cols": 2, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
        "wire": {"r_row": 2, "r_col": 2},
        "driver": {"v_read": 0.2, "dac_bits": 4},
        "sense": {"model": "tia", "v_ref": 0.9},
        "adc": {"model": "sar"},
    }
    simulator: Simulator = find_ngspice()
    g, codes = np.full((3, 2), 1e-5), np.zeros((2, 3))
    small = predict_deck(netlist.chain(cs.parse_spec(data), g, codes), simulator)
    ten = predict_deck(netlist.chain(cs.parse_spec(data), g, codes), simulator, reads=20)
    assert ten.seconds == pytest.approx(10 * small.seconds) and ten.points == pytest.approx(10 * small.points, rel=1e-3)
    large = cs.parse_spec({**data, "adc": {"model": "sar_transistors"}})
    assert predict_deck(netlist.chain(large, g, codes), simulator).seconds > 3 * small.seconds
    assert small.sentence.startswith("a chain of 3 x 2 with 2 reads on ")
    assert "a read" in small.sentence and small.elements["source"] == 2 * 29
