"""Finding states by reading alone; the simulator is replaced by a known law."""

import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import spice
from circuitsim.characterization.device_reads import read_deck
from circuitsim.characterization.read_curves import read_curves
from circuitsim.characterization.state_map import find_states, map_states
from circuitsim.devices import load_card
from circuitsim.errors import InputError, NotConvergedError, OutsideRangeError
from circuitsim.library import spice_number


def law(function):
    """A runner that answers a read deck with function(state) as the conductance at every voltage."""

    def run(deck):
        states = [line.split("=")[1].split()[0] for line in deck.splitlines() if line.startswith("x_")]
        volts = [line.split()[3] for line in deck.splitlines() if line.startswith("vtop")]
        return {f"i(vm_{k})": np.array([function(float(s)) * float(volts[0])]) for k, s in enumerate(states)}

    return run


@pytest.fixture
def answer(monkeypatch):
    """Replace the simulator: `answer(function)` makes function(state) the conductance of every device."""

    def replace_simulator(function):
        run = law(function)
        monkeypatch.setattr(spice, "run", run)
        return run

    return replace_simulator


FLASH = load_card("flash_fg")


def test_a_state_is_found_on_a_steep_law_to_the_tolerance(answer):
    run = answer(lambda vt: 1e-4 / (1 + np.exp((vt - 1.0) / 0.05)) + 1e-9)
    mapping = map_states(FLASH)
    wanted = np.array([[2e-9, 1e-7], [5e-5, 9.9e-5]])
    found = find_states(mapping, wanted, rtol=1e-4)
    assert found.shape == (2, 2)
    assert_allclose(
        [run(f"x_0 vt={float(s)!r}\nvtop top 0 1.0")["i(vm_0)"][0] for s in found.flat], wanted.flat, rtol=1e-4
    )


def test_corrections_go_on_to_where_the_levels_agree(answer):
    """1e-4 is accepted, but a law that allows it is followed to 1e-8."""
    run = answer(lambda vt: 1e-4 / (1 + np.exp((vt - 1.0) / 0.05)) + 1e-9)
    wanted = np.array([3e-9, 1e-6, 7e-5])
    found = find_states(map_states(FLASH), wanted)
    got = [run(f"x_0 vt={float(s)!r}\nvtop top 0 1.0")["i(vm_0)"][0] for s in found]
    assert_allclose(got, wanted, rtol=1e-8, atol=0)


def test_the_best_of_all_rounds_is_kept_where_a_law_is_rough(answer):
    """Steps of 3e-5 end the corrections: the nearest state that was met is within what is accepted."""
    run = answer(lambda vt: 1e-6 * (3 - np.round(vt, 5) + 1e-9 * vt))
    wanted = np.array([1.234567e-6, 2.345678e-6])
    found = find_states(map_states(FLASH), wanted)
    got = [run(f"x_0 vt={float(s)!r}\nvtop top 0 1.0")["i(vm_0)"][0] for s in found]
    assert_allclose(got, wanted, rtol=1e-4, atol=0)


def test_a_law_that_turns_round_is_refused(answer):
    answer(lambda vt: 1e-6 * (1 + (vt - 1) ** 2))
    with pytest.raises(InputError, match=r"flash_fg.*not a positive monotonic function of vt near"):
        map_states(FLASH)


def test_a_conductance_outside_the_range_is_refused(answer):
    answer(lambda vt: 1e-6 * (3 - vt))
    with pytest.raises(OutsideRangeError, match=r"g = 0\.0001 S: flash_fg holds from 8e-07 to 3e-06 S"):
        find_states(map_states(FLASH), np.array([1e-6, 1e-4]))


def test_a_current_that_is_not_finite_is_refused(answer):
    answer(lambda vt: np.nan if vt > 1 else 1e-6)
    with pytest.raises(InputError, match=r"flash_fg at vt = .* gives nan, expected a finite current"):
        map_states(FLASH)


def test_a_law_that_jumps_past_the_wanted_value_is_reported(answer):
    answer(lambda vt: (1e-6 if vt < 1.1 else 1e-7) * (1 - 0.01 * vt))
    with pytest.raises(NotConvergedError, match=r"misses it by"):
        find_states(map_states(FLASH), np.array([5e-7]))


def test_a_binary_device_takes_the_nearer_state(answer):
    answer(lambda g: g)
    mapping = map_states(load_card("mtj_pma"))
    assert_allclose(find_states(mapping, np.array([1e-6, 8.9e-5, 9e-5, 1.0])), mapping.states[[0, 0, 1, 1]], rtol=0)


def test_cards_without_a_static_current_are_refused():
    with pytest.raises(InputError, match=r"charge_cell: has no conductance"):
        map_states(load_card("charge_cell"))
    with pytest.raises(InputError, match=r"charge_cell: its state is a capacitance"):
        read_deck(load_card("charge_cell"), [1e-15], [0.1])
    with pytest.raises(InputError, match=r"nmos_130: a transistor, expected a memory"):
        read_deck(load_card("nmos_130"), [1.0], [0.1])
    with pytest.raises(InputError, match=r"rram_ohmic: the state g has no upper limit"):
        map_states(load_card("rram_ohmic"))


def test_a_current_that_falls_with_the_voltage_is_refused(monkeypatch):
    def falling(deck):
        points = int(re.search(r"\.dc vidx 0 (\d+)", deck)[1]) + 1
        v = np.linspace(-0.4, 0.4, points)
        return {f"i(vm_{k})": v * (1 - 5 * v**2) for k in range(3)}

    monkeypatch.setattr(spice, "run", falling)
    card = replace(load_card("rram_sinh"), subckt="mine")
    with pytest.raises(InputError, match=r"the current of mine at state .* falls from"):
        read_curves(card, v_max=0.4)


def test_other_terminals_are_held_at_the_bias_of_the_card():
    lines = read_deck(FLASH, [1.0], [0.1], temperature_c=85).splitlines()
    assert "v_g n_g 0 2.5" in lines
    assert ".temp 85.0" in lines
    assert next(line for line in lines if line.startswith("x_0")).startswith("x_0 a_0 n_g 0 n_b flash_fg vt=1.0 w=")
    assert spice_number("2.5meg") == 2.5e6


def test_many_conductances_are_read_in_several_decks(monkeypatch):
    decks = []

    def run(deck):
        decks.append(deck.count("\nx_"))
        return law(lambda vt: 1e-4 / (1 + np.exp((vt - 1.0) / 0.05)) + 1e-9)(deck)

    monkeypatch.setattr(spice, "run", run)
    mapping = map_states(FLASH)
    wanted = np.exp(np.random.default_rng(0).uniform(np.log(2e-9), np.log(9e-5), (60, 60)))
    found = find_states(mapping, wanted, rtol=1e-4)
    back = 1e-4 / (1 + np.exp((found - 1.0) / 0.05)) + 1e-9
    assert_allclose(back, wanted, rtol=1e-4, atol=0)
    assert max(decks) <= 1024
