"""Decks of converters: rails, clocks that repeat, inputs that are held, bits that are forced."""

import numpy as np
import pytest

from circuitsim.blocks import load_block
from circuitsim.netlist import bench_of, conversion_deck, with_parameters
from circuitsim.netlist.conversions import held


def cards(name, inputs, **keys):
    bench = bench_of(load_block("converter", name))
    deck = conversion_deck(bench, np.asarray(inputs, dtype=float), what="test", saved=["v(b_0_0)"], **keys)
    return {line.split()[0]: line for line in deck.replace("\n+ ", " ").splitlines() if line}


def test_rails_are_those_that_the_ports_need():
    found = cards("sar_transistors", [[0.3]])
    assert found["vvdd"] == "vvdd vdd 0 1.8" and found["vref"] == "vref ref 0 1.8" and found["vcm"] == "vcm cm 0 0.9"
    assert "vvdd" not in cards("sar", [[0.3]])


def test_clocks_repeat_with_the_cycle_and_those_on_at_its_start_are_on_at_once():
    found = cards("cco", [[1e-5], [2e-5]])
    cycle = "2.65e-07"
    reset = found["vck_reset"]
    assert reset.startswith("vck_reset ck_reset 0 pulse(1.0 0 ") and reset.endswith(cycle + ")")
    delay, *_, period = found["vck_convert"].split("(0 1.0 ")[1].rstrip(")").split()
    assert float(delay) == pytest.approx(2e-9 - 1e-11) and period == cycle
    assert found["iin_0"].split()[1:3] == ["0", "in_0"]  # the current flows into the converter
    assert found[".tran"].split()[2] == "5.3e-07"


def test_a_phase_that_is_off_stays_at_0_v_and_forced_bits_are_held():
    found = cards("sar", [[0.1], [0.2]], on=["phases.sample"], forced={7: np.array([0.0, 1.0])}, cycle=1e-8)
    assert found["vck_compare_3"] == "vck_compare_3 ck_compare_3 0 0" and "pulse(" in found["vck_sample"]
    points = [float(word) for word in found["vb_0_7"].split("pwl(")[1].rstrip(")").split()]
    np.testing.assert_allclose(points, [0, 0, 9.98e-9, 0, 1e-8, 1, 1.998e-8, 1], rtol=1e-12)
    assert "vb_0_6" not in found


def test_many_converters_share_one_input_and_have_their_own_parameters():
    found = cards("sar", [[0.1], [0.2]], parameters=[{"e7": 0.01}, {"e7": -0.01}])
    assert "in_1" not in found["xadc_1"] and " e7=-0.01" in found["xadc_1"] and " e7=0.01" in found["xadc_0"]


def test_an_input_that_stays_is_a_plain_source():
    assert held(np.array([0.3, 0.3]), 1e-8) == "0.3"


def test_other_parameters_leave_the_block_as_it_was():
    block = load_block("converter", "sar")
    assert with_parameters(block, {"cu": 1e-15}).parameters["cu"].value == 1e-15
    assert block.parameters["cu"].value == 2e-15
