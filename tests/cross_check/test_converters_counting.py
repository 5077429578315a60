"""Converters that count: their thresholds and energies, and what is said where a converter does not convert."""

import functools
import shutil

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import spice
from circuitsim.blocks import load_block, load_block_folder, write_block
from circuitsim.characterization import adc_block_table
from circuitsim.errors import ClippingWarning, InputError, SimulatorError
from circuitsim.netlist import with_parameters
from circuitsim.periphery import linearity
from circuitsim.resources import netlists_folder

SIMULATOR = spice.find_ngspice()


def table_of(name, bits=8, **parameters):
    block = with_parameters(load_block("converter", name), parameters)
    return adc_block_table(block, bits=bits, simulator=SIMULATOR)


@functools.cache
def nominal(name):
    """The table of a converter as it is shipped, made once for all tests."""
    return table_of(name)


def ring_table():
    """The same of the ring of transistors, in the cache that chains around it take theirs from."""
    content = {
        "schema": 1,
        "array": {"rows": 1, "cols": 1, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 0.0, "r_col": 0.0},
        "driver": {"v_read": 0.1},
        "adc": {"model": "cco_ring", "bits": 8},
    }
    with pytest.warns(ClippingWarning, match="cco_ring counts beyond 255"):
        return cs.characterize(cs.parse_spec(content)).adc


@pytest.mark.parametrize("name", ["flash", "ramp"])
def test_a_nominal_converter_is_linear(name):
    table = nominal(name)
    found = linearity(table)
    assert max(np.abs(found.inl).max(), np.abs(found.dnl).max()) < 0.05 and found.missing == ()
    assert table.unit == "V" and table.lsb == pytest.approx(1.8 / 256, rel=0.01)


def test_a_flash_is_its_ladder_and_the_offsets_of_its_comparators():
    rng = np.random.default_rng(3)
    errors, offsets = 0.01 * rng.standard_normal(256), 2e-3 * rng.standard_normal(255)
    values = {f"e{k + 1}": e for k, e in enumerate(errors)} | {f"os{k + 1}": v for k, v in enumerate(offsets)}
    table = table_of("flash", **values)
    ladder = np.cumsum(1 + errors)[:-1] / np.sum(1 + errors) * 1.8
    np.testing.assert_allclose(table.thresholds, np.sort(ladder + offsets), rtol=0, atol=1.01 * table.error * table.lsb)


def test_an_oscillator_bends_as_its_polynomial():
    table = nominal("cco")
    i = table.thresholds
    periods = 25e12 * i * (1 - 0.02 * i / 4e-5) * 2.62e-7
    np.testing.assert_allclose(periods, np.arange(1, 256), rtol=0, atol=0.01)
    assert table.unit == "A"


@pytest.mark.slow
def test_a_ring_of_transistors_counts_what_its_current_makes_it():
    table = ring_table()
    found = linearity(table)
    assert table.unit == "A" and found.missing == ()
    assert 1 < np.abs(found.inl).max() < 20  # it compresses; this is reported, and not bounded
    assert table.t_conversion == pytest.approx(302e-9)
    first, last = table.simulated  # below 2 µA a line goes on, and the table says so
    assert 10 < first < 30 and last == 255 and table.thresholds[first - 2] < 2e-6 <= table.thresholds[first - 1]
    each = table.energy["oscillator"] / table.energy_code  # about a tenth of a picojoule a period
    assert np.all((each > 80e-15) & (each < 130e-15)) and np.all(np.diff(table.energy["oscillator"]) > 0)


def test_a_flash_takes_its_ladder_and_its_comparators():
    table = nominal("flash")
    np.testing.assert_allclose(table.energy["reference"], 1.8**2 / (256 * 10) * 10e-9, rtol=1e-6)
    np.testing.assert_allclose(table.energy["comparator"], 255 * 10e-6 * 1.8 * 10e-9, rtol=1e-6)
    np.testing.assert_allclose(table.energy["logic"], 255e-14)
    assert np.abs(table.energy["input"]).max() < 1e-18


def test_a_ramp_takes_its_capacitor_and_its_comparator():
    table = nominal("ramp")
    charge = 1e-12 * 1.8 * 257 / 256  # the current of the ramp flows for 257 ns
    np.testing.assert_allclose(table.energy["reference"], charge * 1.8, rtol=5e-3)
    np.testing.assert_allclose(table.energy["comparator"], 10e-6 * 1.8 * 257e-9, rtol=5e-3)


def test_an_oscillator_takes_the_same_energy_for_every_period():
    table = nominal("cco")
    np.testing.assert_allclose(table.energy["oscillator"], table.energy_code * 125e-15, rtol=2e-3)
    assert "comparator" not in table.energy and np.all(table.energy["logic"] == 1e-11)


def test_tables_name_the_decks_that_they_were_made_of():
    digests = {name: nominal(name).provenance.deck_digest for name in ("flash", "ramp")}
    assert all(digest is not None and len(digest) == 64 for digest in digests.values())
    assert digests["flash"] != digests["ramp"] and digests["flash"] == table_of("flash").provenance.deck_digest


def test_a_converter_that_shows_its_bits_alone_is_searched_by_conversions(tmp_path):
    folder = tmp_path / "sar_3"
    block = write_block("sar", folder, bits=3)
    composed = adc_block_table(block, simulator=SIMULATOR)
    toml = folder / "block.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('plus = "top"', 'nc = "top"'), encoding="utf-8")
    searched = adc_block_table(load_block_folder(folder), simulator=SIMULATOR)
    assert searched.decide == "sorted" and searched.error <= 1 / 32
    steps = (searched.thresholds - composed.thresholds) / composed.lsb
    assert np.abs(steps).max() < searched.error + 0.02


def own_comparator(tmp_path, body, **card):
    """A converter of two bits in a folder, with this body of its sub-circuit."""
    folder = tmp_path / "own"
    write_block("sar", folder, bits=2)
    text = (folder / "block.lib").read_text(encoding="utf-8")
    head, _, _ = text.partition(".model")
    (folder / "block.lib").write_text(head + body + "\n.ends own\n", encoding="utf-8")
    toml = (folder / "block.toml").read_text(encoding="utf-8")
    for old, new in card.items():
        toml = toml.replace(old, new)
    (folder / "block.toml").write_text(toml, encoding="utf-8")
    return load_block_folder(folder)


def kept_folder(error):
    folder = error.value.folder
    assert (folder / "deck.cir").is_file() and str(folder) in str(error.value)
    shutil.rmtree(folder.parent)


def test_a_converter_whose_bits_never_change_is_named(tmp_path):
    body = "\n".join(
        ["ro top cm 1k", "ra in ref 1e9", "rb1 b1 vss 1k", "rb0 b0 vss 1k"]
        + [f"r{p} {p} vss 1e6" for p in ("smp", "smpt", "rst", "s0", "d1", "d0", "c1", "c0")]
    )
    block = own_comparator(tmp_path, body)
    with pytest.raises(SimulatorError, match="the converter 'own': its port 'plus' does not follow the sampled") as e:
        adc_block_table(block, simulator=SIMULATOR)
    kept_folder(e)


def test_a_comparator_that_always_says_too_high_is_named():
    block = with_parameters(load_block("converter", "sar"), {"vos": 3.0})
    with pytest.raises(
        SimulatorError, match=r"'sar': it gives code 0 at the transition to code 128, 0\.9 V, and at"
    ) as e:
        adc_block_table(block, simulator=SIMULATOR)
    kept_folder(e)


def test_an_oscillator_whose_count_does_not_rise_is_named():
    with pytest.raises(SimulatorError, match=r"'cco': its port 'out' counts 0 to 0 over the inputs 0 to 4e-05") as e:
        table_of("cco", kf=0.0)
    assert (e.value.folder / "deck_0000" / "deck.cir").is_file()
    shutil.rmtree(e.value.folder)


def test_a_converter_with_bits_that_never_change_is_named(tmp_path):
    folder = tmp_path / "sar_2"
    write_block("sar", folder, bits=2)
    toml = folder / "block.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('plus = "top"', 'nc = "top"'), encoding="utf-8")
    block = with_parameters(load_block_folder(folder), {"vos": 3.0})
    with pytest.raises(SimulatorError, match=r"'sar_2': its output stays at code 0 over all inputs from 0 to 1.8") as e:
        adc_block_table(block, simulator=SIMULATOR)
    assert (e.value.folder / "chunk_0" / "deck_0000" / "deck.cir").is_file()
    shutil.rmtree(e.value.folder)


def test_a_ramp_that_does_not_reach_the_inputs_is_named():
    with pytest.raises(SimulatorError, match=r"'ramp': its port 'out' does not change for the input 0.9") as e:
        table_of("ramp", t_ramp=512e-9)
    kept_folder(e)


def test_sampling_too_short_to_settle_is_named():
    block = with_parameters(load_block("converter", "sar"), {"ron": 1200.0})
    with pytest.raises(SimulatorError, match=r"'sar': its thresholds do not settle within a phase \(.* LSB") as e:
        adc_block_table(block, simulator=SIMULATOR)
    kept_folder(e)


def test_a_reference_of_0_v_and_a_wrong_resolution_are_refused():
    with pytest.raises(InputError, match=r"the converter 'sar': 0.0 V at 'ref'; expected a voltage > 0"):
        adc_block_table(load_block("converter", "sar"), ref=0.0, simulator=SIMULATOR)
    with pytest.raises(InputError, match=r"bits = 6: sar has 8 bits; circuitsim.blocks.write_block"):
        adc_block_table(load_block("converter", "sar"), bits=6, simulator=SIMULATOR)
    with pytest.raises(InputError, match="block 'strongarm' has one bit: a comparator, which comparator_table"):
        adc_block_table(load_block("converter", "strongarm"), simulator=SIMULATOR)
    with pytest.raises(InputError, match="bits = None: ramp counts and has no bits of its own"):
        adc_block_table(load_block("converter", "ramp"), simulator=SIMULATOR)
    assert (netlists_folder() / "converters").is_dir()
