"""Techniques in chains from code to code: every drawn array has its converters, and their codes are joined."""

import numpy as np
import pytest
from test_chain_deck import CODES, FEWER, LSB, TIA, G, spec_of

import circuitsim as cs
from circuitsim.errors import SpecError
from circuitsim.netlist import chain

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*the input lies on a threshold"),
    pytest.mark.filterwarnings("ignore::circuitsim.errors.CellErrorWarning"),
]
BASE = {"sense": {**TIA, "params": FEWER}}
CCO = {"sense": {"v_ref": 0.0}, "adc": {"model": "cco", "v_ref": None, "bits": 8, "timing": None}}
SOURCE = {"driver": {"model": "source", "params": {"r_out": 100}, "r_out": 0}}
SERIAL = {"driver": {"input_code": "bit_serial", "dac_bits": 3}}
CASES = {
    "partition": ({"partition": [2, 2]}, BASE),
    "replicas": ({"replicate_cols": 2}, BASE),
    "reference": ({"g_reference": 1e-5}, BASE),
    "dummies": ({"dummy_rows": 1, "dummy_cols": 1}, {**BASE, **SOURCE}),
    "currents": ({"partition": [2, 4]}, CCO),
    "bits": ({"partition": [2, 4]}, {**BASE, **SERIAL}),
}


def codes_of(spec):
    return CODES[:1] // (32 if spec.driver.dac_bits == 3 else 1)


@pytest.mark.parametrize("case", CASES)
def test_decks_of_the_drawn_arrays_agree_with_their_tables(case, tmp_path):
    technique, parts = CASES[case]
    spec = spec_of(**parts).replace(technique=technique)
    told = []
    exact = cs.convert_codes(
        spec, G, codes_of(spec), "ngspice", folder=tmp_path, progress=lambda *done: told.append(done)
    )
    fast = cs.convert_codes(spec, G, codes_of(spec), "nodal")
    lsb = LSB if exact.unit == "V" else 4e-5 / 256
    assert np.abs(exact.sensed - fast.sensed).max() < 0.05 * lsb
    np.testing.assert_array_equal(exact.codes, fast.codes)
    np.testing.assert_allclose(exact.v_in, fast.v_in, rtol=0, atol=1e-6)
    arrays = 4 if case == "partition" else 2 if "partition" in technique else 1
    assert len(list(tmp_path.glob("array_*"))) == arrays and told[-1] == (arrays, arrays)
    assert np.ptp(fast.codes) > 20


def test_joined_codes_are_what_the_arrays_give_one_by_one():
    spec = spec_of(**BASE)
    halves = [cs.convert_codes(spec.replace(array={"rows": 2}), G[rows], CODES[:, rows]).codes for rows in HALVES]
    whole = cs.convert_codes(spec.replace(technique={"partition": [2, 4]}), G, CODES)
    np.testing.assert_array_equal(whole.codes, halves[0] + halves[1])
    columns = G[:, [0, 1, 2, 3, 3]].copy()
    columns[:, 4] = 1e-5
    five = cs.convert_codes(spec.replace(array={"cols": 5}), columns, CODES).codes
    less = cs.convert_codes(spec.replace(technique={"g_reference": 1e-5}), G, CODES).codes
    np.testing.assert_array_equal(less, five[:, :4] - five[:, 4:])
    twice = cs.convert_codes(spec.replace(technique={"replicate_cols": 2}), G, CODES).codes
    pairs = cs.convert_codes(spec.replace(array={"cols": 8}), np.repeat(G, 2, axis=1), CODES).codes
    np.testing.assert_array_equal(twice, pairs.reshape(3, 4, 2).mean(axis=2))


HALVES = (slice(0, 2), slice(2, 4))


def test_gates_of_rows_without_input_are_off_read_by_read():
    spec = spec_of(**BASE).replace(technique={"skip_zero_rows": True})
    codes = CODES[:2].copy()
    codes[0, 2], codes[1] = 0, [7, 0, 0, 200]
    deck = chain(spec, G, codes)
    gates = [line for line in deck.text.splitlines() if line.startswith("vwl_")]
    assert [" pwl(" in gate for gate in gates] == [True, True, False, True] and gates[2] == "vwl_2 wl_2 0 0.0"
    exact = cs.convert_codes(spec, G, codes, "ngspice")
    for read, off in enumerate(([2], [1, 2])):
        opened = G.copy()
        opened[off] = 0.0  # a row whose gates are off carries no more than an open one
        fast = cs.convert_codes(spec_of(**BASE), opened, codes[read : read + 1], "nodal")
        assert np.abs(exact.sensed[read] - fast.sensed[0]).max() < 0.05 * LSB
    with pytest.raises(SpecError, match=r"skip_zero_rows = True: level = 'nodal' does not simulate it, expected False"):
        cs.convert_codes(spec, G, codes, "nodal")


def test_one_deck_holds_one_array():
    spec = spec_of(**BASE).replace(technique={"partition": [2, 2]})
    with pytest.raises(SpecError, match=r"\[technique\] draws other arrays, and a deck holds the chain of one; circu"):
        chain(spec, G, CODES)
