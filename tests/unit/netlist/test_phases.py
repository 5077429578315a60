"""Clocks of blocks that work in phases: when they are on, and how high."""

import dataclasses
from types import MappingProxyType

import pytest
from numpy.testing import assert_allclose

from circuitsim import blocks
from circuitsim.netlist.phases import EDGE, clock_nodes, phase_cards, phase_window, ready_time


def test_the_integrator_resets_integrates_and_holds():
    block = blocks.load_block("sense", "sc_integrator")
    assert clock_nodes(block) == {"phases.reset": "ck_reset", "phases.integrate": "ck_integrate"}
    reset, integrate = phase_cards(block)
    assert reset.startswith("vck_reset ck_reset 0 pwl(0.0 1.0 ")  # on from the start: its operating point is defined
    corners = [float(word) for word in integrate.split("pwl(")[1].rstrip(")").split()]
    assert_allclose(corners[0::2], [0, 5.5e-9 - EDGE / 2, 5.5e-9 + EDGE / 2, 15.5e-9 - EDGE / 2, 15.5e-9 + EDGE / 2])
    assert corners[1::2] == [0, 0, 1, 1, 0]
    assert_allclose(phase_window(block, "integrate"), (5.5e-9, 10e-9))
    assert ready_time(block) == pytest.approx(21e-9)


def test_numbered_clocks_follow_each_other():
    block = blocks.load_block("sense", "sc_integrator")
    phase = blocks.Phase(start="t_reset + (n - 1 - k) * t_hold", width="t_hold", what="one bit", high=1.8)
    roles = ("in", "out", "ref", "phases.bit.0", "phases.bit.1")
    numbered = dataclasses.replace(block, roles=roles, phases=MappingProxyType({"bit": phase}))
    assert clock_nodes(numbered) == {"phases.bit.0": "ck_bit_0", "phases.bit.1": "ck_bit_1"}
    assert_allclose([phase_window(numbered, "bit", k=k)[0] for k in (0, 1)], [10e-9, 5e-9])
    assert all(" 1.8 " in card for card in phase_cards(numbered))
