"""Codes from waveforms that are known: bits, counts, times."""

import dataclasses

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import netlist
from circuitsim.blocks import load_block
from circuitsim.errors import InputError, SettlingWarning, SimulatorError
from circuitsim.netlist.phases import phase_window
from circuitsim.spice import Plot, RawResult
from circuitsim.truth.chain_codes import chain_codes

BASE = {
    "schema": 1,
    "array": {"rows": 2, "cols": 2, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
    "wire": {"r_row": 2, "r_col": 2},
    "driver": {"v_read": 0.2, "dac_bits": 4},
    "sense": {"model": "tia", "v_ref": 0.9},
}


def deck_of(**adc):
    return netlist.chain(cs.parse_spec({**BASE, "adc": adc}), np.full((2, 2), 1e-5), [[0, 1], [2, 3], [4, 5]])


def raw_of(deck, vectors):
    """A run in which each vector has one value during each read: (reads,) or (reads, points) values."""
    time = np.linspace(0, deck.t_stop, 3001)
    read = np.minimum((time / deck.timing.cycle).astype(int), deck.reads - 1)
    columns = [values(time) if callable(values) else np.asarray(values)[read] for values in vectors.values()]
    data = np.stack([time, *columns], axis=1)
    plot = Plot("Transient Analysis", ("time", *vectors), data)
    return RawResult((plot,), None, {}, (), "", "", None)


def with_codes(deck, codes):
    names = {name: (codes[:, b] >> k) & 1 for b, word in enumerate(deck.words) for k, name in enumerate(word)}
    return {name: values.astype(float) for name, values in names.items()}


def test_words_are_read_at_the_end_of_each_read():
    deck, codes = deck_of(model="sar"), np.array([[0, 255], [1, 128], [77, 254]])
    found = chain_codes(deck, raw_of(deck, with_codes(deck, codes)), load_block("converter", "sar"), 8)
    assert found.tolist() == codes.tolist()


def test_a_bit_between_is_told_and_many_are_refused():
    deck, codes = deck_of(model="sar"), np.array([[0, 255], [1, 128], [77, 254]])
    vectors = with_codes(deck, codes)
    vectors["v(b_1_0)"] = np.array([0.6, 0.0, 0.0])
    sentence = r"'sar' of column 1: its port 'bits.0' is at 0.6 V .*read 0 is taken, and counts as 1: .*\(1 of 6 conv"
    with pytest.warns(SettlingWarning, match=sentence):
        found = chain_codes(deck, raw_of(deck, vectors), load_block("converter", "sar"), 8)
    assert found.tolist() == codes.tolist()
    vectors |= {"v(b_0_0)": np.full(3, 0.5), "v(b_1_0)": np.full(3, 0.5)}
    with pytest.raises(SimulatorError, match=r"'bits.0' is at 0.5 V when the code of read 0 is taken; expected 0"):
        chain_codes(deck, raw_of(deck, vectors), load_block("converter", "sar"), 8)


def test_counts_are_whole_and_within_the_resolution():
    deck = deck_of(model="flash", bits=8)
    vectors = {"v(count_0)": np.array([3.02, 4.97, 300.0]), "v(count_1)": np.array([-0.1, 0.4, 255.0])}
    found = chain_codes(deck, raw_of(deck, vectors), load_block("converter", "flash"), 8)
    assert found.tolist() == [[3, 0], [5, 0], [255, 255]]


def test_times_are_counted_by_the_clock_from_the_start_of_the_ramp():
    deck, block = deck_of(model="ramp", bits=8), load_block("converter", "ramp")
    begin = deck.timing.convert + phase_window(block, "convert")[0]

    def passes(after):
        starts = np.arange(3) * deck.timing.cycle + begin + np.asarray(after)
        return lambda time: sum(
            ((time > start) & (time < (k + 1) * deck.timing.cycle)).astype(float) for k, start in enumerate(starts)
        )

    vectors = {"v(count_0)": passes([10.5e-9, 100.5e-9, 200.5e-9]), "v(count_1)": passes([1.0, 0.5e-9, 50.5e-9])}
    found = chain_codes(deck, raw_of(deck, vectors), block, 8)
    assert np.abs(found - [[10, 255], [100, 0], [200, 50]]).max() <= 1  # points are .3 ns apart
    no_clock = dataclasses.replace(block, timing={key: item for key, item in block.timing.items() if key != "t_clock"})
    with pytest.raises(InputError, match=r"'ramp': timing.t_clock is missing"):
        chain_codes(deck, raw_of(deck, vectors), no_clock, 8)
