"""Energy of a conversion by part, against what the circuits of the blocks take by hand."""

import numpy as np
import pytest

from circuitsim import spice
from circuitsim.blocks import load_block
from circuitsim.characterization import adc_block_table

SIMULATOR = spice.find_ngspice()


def table_of(name):
    return adc_block_table(load_block("converter", name), bits=8, simulator=SIMULATOR)


def test_a_flash_takes_its_ladder_and_its_comparators():
    table = table_of("flash")
    np.testing.assert_allclose(table.energy["reference"], 1.8**2 / (256 * 10) * 10e-9, rtol=1e-6)
    np.testing.assert_allclose(table.energy["comparator"], 255 * 10e-6 * 1.8 * 10e-9, rtol=1e-6)
    np.testing.assert_allclose(table.energy["logic"], 255e-14)
    assert np.abs(table.energy["input"]).max() < 1e-18


def test_a_ramp_takes_its_capacitor_and_its_comparator():
    table = table_of("ramp")
    charge = 1e-12 * 1.8 * 257 / 256  # the current of the ramp flows for 257 ns
    np.testing.assert_allclose(table.energy["reference"], charge * 1.8, rtol=5e-3)
    np.testing.assert_allclose(table.energy["comparator"], 10e-6 * 1.8 * 257e-9, rtol=5e-3)


def test_an_oscillator_takes_the_same_energy_for_every_period():
    table = table_of("cco")
    np.testing.assert_allclose(table.energy["oscillator"], table.energy_code * 125e-15, rtol=2e-3)
    assert "comparator" not in table.energy and np.all(table.energy["logic"] == 1e-11)


@pytest.mark.slow
def test_a_ring_of_transistors_takes_about_a_tenth_of_a_picojoule_a_period():
    table = table_of("cco_ring")
    each = table.energy["oscillator"] / table.energy_code
    assert np.all((each > 80e-15) & (each < 130e-15)) and np.all(np.diff(table.energy["oscillator"]) > 0)


def test_tables_name_the_decks_that_they_were_made_of():
    digests = {name: table_of(name).provenance.deck_digest for name in ("flash", "ramp")}
    assert all(digest is not None and len(digest) == 64 for digest in digests.values())
    assert digests["flash"] != digests["ramp"] and digests["flash"] == table_of("flash").provenance.deck_digest
