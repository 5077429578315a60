"""SAR converters: thresholds composed from sampling cycles against conversions in time and the charges' formula."""

from dataclasses import replace

import numpy as np
import pytest

from circuitsim import spice
from circuitsim.blocks import load_block, write_block
from circuitsim.characterization import (
    adc_block_table,
    comparator_thresholds,
    drawn_capacitors,
    mismatched_tables,
    offset_law,
)
from circuitsim.characterization.adc_runs import convert_words
from circuitsim.netlist import bench_of, with_parameters
from circuitsim.periphery import convert_and_count, linearity

SIMULATOR = spice.find_ngspice()
CODES = np.array([1, 2, 64, 100, 127, 128, 129, 192, 200, 255])
FEW = np.array([1, 100, 128, 255])  # of transistors, whose conversions take half a second each
WITHIN = 0.1  # LSB


def check_transitions(table, bench, codes=CODES, within=WITHIN):
    """Conversions in time just below and just above thresholds of the table give the codes on both sides."""
    step = bench.ref / 256
    inputs = (table.thresholds[codes - 1][:, None] + within * step * np.array([-1, 1])).ravel()
    found = convert_words(bench, inputs[:, None], SIMULATOR).reshape(-1, 2)
    assert found.tolist() == np.stack([codes - 1, codes], axis=1).tolist()


def test_switches_convert_as_composed():
    bench = bench_of(load_block("converter", "sar"))
    table = adc_block_table(bench.block, simulator=SIMULATOR)
    found = linearity(table)
    assert max(np.abs(found.inl).max(), np.abs(found.dnl).max()) < 0.05 and found.missing == ()
    assert (table.decide, table.unit, table.t_conversion) == ("search", "V", pytest.approx(24e-9))
    assert np.abs(table.offset[:, 1]).max() < 0.02  # the ideal comparator, to the resolution of the search
    assert table.error < 1e-3
    # 256 capacitors of 2 fF take the input; the noise is that of their charge and of the parasitic 20 fF.
    capacitance, parasitic = 256 * 2e-15, 20e-15
    assert table.noise == pytest.approx(
        np.sqrt(1.380649e-23 * 300.15 * (capacitance + parasitic)) / capacitance, rel=0.02
    )
    assert set(table.energy) == {"reference", "input", "logic"}
    check_transitions(table, bench, within=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sar_strongarm", "sar_transistors"])
def test_transistors_convert_as_composed(name):
    bench = bench_of(load_block("converter", name))
    table = adc_block_table(bench.block, simulator=SIMULATOR)
    check_transitions(table, bench, FEW)
    found = linearity(table)
    assert max(np.abs(found.inl).max(), np.abs(found.dnl).max()) <= 0.05 and found.missing == ()
    assert np.ptp(table.offset[:, 1]) < 0.2  # the comparator kicks back through equal resistances at all codes
    assert set(table.noise_parts) == {"sampling", "comparator"}
    assert table.noise == pytest.approx(np.hypot(*table.noise_parts.values()))
    assert 3e-4 < table.noise_parts["comparator"] < 5e-4 and 6e-5 < table.noise_parts["sampling"] < 1e-4
    per_conversion = sum(table.energy[part] for part in ("comparator", "reference"))
    assert np.all((per_conversion > 2e-12) & (per_conversion < 8e-12))  # survey median for 7 to 8 bits: 5.9 pJ


def test_codes_that_a_light_top_bit_skips_are_missing_in_time_too():
    bench = bench_of(with_parameters(load_block("converter", "sar"), {"e7": -0.025}))
    table = adc_block_table(bench.block, simulator=SIMULATOR)
    assert linearity(table).missing == (125, 126, 127)
    inputs = np.arange(121.1, 132, 0.25) * bench.ref / 256
    codes = convert_words(bench, inputs[:, None], SIMULATOR)[:, 0]
    quiet = replace(table, noise=0.0)
    assert codes.tolist() == convert_and_count(quiet, inputs[:, None])[0][:, 0].tolist()
    assert set(range(codes.min(), codes.max() + 1)) - set(codes.tolist()) == {125, 126, 127}


def levels_of_charges(draw, bits):
    """Transitions over the reference, by the charges of the capacitors of a draw."""
    units = np.array([2.0**k for k in range(bits)] + [1.0])
    charge = units * (1 + np.array([draw[f"e{k}"] for k in range(bits)] + [draw["ed"]]))
    return ((np.arange(1, 2**bits)[:, None] >> np.arange(bits)) & 1) @ charge[:-1]


def inl_of(level):
    """Integral nonlinearity [LSB] of transitions, by the line through their ends."""
    steps = len(level) - 1
    line = level[0] + (level[-1] - level[0]) / steps * np.arange(len(level))
    return (level - line) / (level[-1] - level[0]) * steps


def test_mismatch_of_capacitors_follows_the_textbook(tmp_path):
    """Few draws by their charges' formula, and many by the formula alone."""
    bits, sigma = 6, 0.01
    bench = bench_of(write_block("sar", tmp_path / "sar_6", bits=bits))
    parameters = drawn_capacitors(bench, 4000, sigma, np.random.default_rng(0))
    few = parameters[:8]
    for table, draw in zip(mismatched_tables(bench, few, SIMULATOR), few, strict=True):
        found, inl = linearity(table), inl_of(levels_of_charges(draw, bits))
        np.testing.assert_allclose(found.inl, inl, atol=1e-3)
        np.testing.assert_allclose(found.dnl, np.diff(inl), atol=1e-3)
    many = np.array([inl_of(levels_of_charges(draw, bits)) for draw in parameters])
    assert many.std(axis=0).max() == pytest.approx(2 ** (bits / 2 - 1) * sigma, rel=0.03)
    assert np.diff(many).std(axis=0).max() == pytest.approx(2 ** (bits / 2) * sigma, rel=0.03)


@pytest.mark.slow
def test_the_offset_of_a_comparator_follows_four_gates():
    bench = bench_of(load_block("converter", "strongarm"))
    law = offset_law(bench, SIMULATOR)
    assert law["dv1"] == pytest.approx(-1, abs=0.01) and law["dv2"] == pytest.approx(1, abs=0.01)
    sigma = 3.5e-3 / np.sqrt(np.array([4, 4, 2, 2]) * 0.13)  # 3.5 mV um, areas in um2
    draws = np.random.default_rng(0).standard_normal((20, 4)) * sigma
    found = comparator_thresholds(bench, [dict(zip(law, row, strict=True)) for row in draws.tolist()], SIMULATOR)
    by_law = draws @ np.array(list(law.values()))
    assert found.std() == pytest.approx(by_law.std(), rel=0.1)
    assert np.abs(found - by_law).max() < 0.1 * by_law.std()
