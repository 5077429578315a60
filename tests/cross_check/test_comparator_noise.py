"""Noise of a StrongARM: the sum over its transistors against decisions with noise that NumPy draws."""

import dataclasses

import numpy as np
import pytest
from scipy.special import ndtri

from circuitsim import spice
from circuitsim.blocks import load_block
from circuitsim.characterization import comparator_noise, comparator_table, decision_noise
from circuitsim.characterization.adc_runs import TOLERANCES
from circuitsim.characterization.comparator_noise import latch_difference, latch_vectors
from circuitsim.characterization.kept_runs import kept_runs
from circuitsim.errors import InputError, SimulatorError
from circuitsim.netlist import bench_of
from circuitsim.netlist.decisions import Injection, decision_deck

SIMULATOR = spice.find_ngspice()
BENCH = bench_of(load_block("converter", "strongarm"))
DRAWS, TOGETHER = 100, 20  # comparators with noise of their own, and how many of them stand in one deck
SAMPLE = 8e-12  # [s] from one sample of the noise to the next


def test_a_comparator_has_a_threshold_delays_energies_and_noise():
    table = comparator_table(BENCH.block, simulator=SIMULATOR)
    assert abs(table.offset) < 2e-5 and table.threshold == pytest.approx(0.9, abs=2e-5)
    assert np.all(np.diff(table.delay) < 0) and 2e-11 < table.delay[-1] < table.delay[0] < 3e-10
    assert np.all((table.energy > 2e-13) & (table.energy < 6e-13))
    assert 2.5e-4 < table.noise < 4e-4
    assert len(table.provenance.deck_digest) == 64


@pytest.mark.slow
def test_decisions_with_drawn_noise_scatter_as_the_sum_says():
    """White noise of density S, linear between samples that are T apart, has samples of variance S / 2T."""
    law = decision_noise(BENCH, 0.9, SIMULATOR)
    rng = np.random.default_rng(5)
    time = np.arange(law.edges[0], law.edges[-1] + SAMPLE, SAMPLE)
    middle = (law.edges[1:] + law.edges[:-1]) / 2
    scale = [np.sqrt(np.interp(time, middle, density) / (2 * SAMPLE)) for density in law.density]
    drawn = [
        [
            Injection(
                nodes, np.concatenate([[0.0], time]), np.concatenate([[0.0], sigma * rng.standard_normal(len(time))])
            )
            for nodes, sigma in zip(law.transistors, scale, strict=True)
        ]
        for _ in range(DRAWS)
    ]
    latch, ones = [], 0
    for first in range(0, DRAWS, TOGETHER):
        own = drawn[first : first + TOGETHER]
        bits = [f"v(b_{m}_0)" for m in range(TOGETHER)]
        saved = [*latch_vectors(BENCH, TOGETHER), *bits]
        deck = decision_deck(BENCH, np.full(TOGETHER, 0.9 + law.sigma), own, saved=saved, step=5e-12)
        with kept_runs([deck], SIMULATOR, TOLERANCES) as (raw,):
            latch += (latch_difference(BENCH, raw, TOGETHER, law.observed) / law.gain).tolist()
            ones += sum(raw[bit][-1] > 0.5 for bit in bits)
    assert np.std(latch) == pytest.approx(law.sigma, rel=0.15)  # of 100 draws, the deviation scatters by 7 %
    assert law.sigma / ndtri(ones / DRAWS) == pytest.approx(law.sigma, rel=0.35)  # 84 ± 4 % are right


def test_noise_follows_the_temperature(monkeypatch):
    monkeypatch.setattr(comparator_noise, "INTERVALS", 8)  # the ratio asks for no more
    cold, hot = (decision_noise(dataclasses.replace(BENCH, temperature_c=t), 0.9, SIMULATOR).sigma for t in (-40, 125))
    assert 1.1 < hot / cold < 2.0  # white noise power is proportional to T, and slower integration averages it


def test_what_is_no_comparator_and_what_never_decides_is_refused():
    with pytest.raises(InputError, match="block 'sar': expected a comparator, a converter of one bit"):
        comparator_table(load_block("converter", "sar"), simulator=SIMULATOR)
    block = BENCH.block
    late = {**block.timing, "t_compare": block.timing["t_compare"].model_copy(update={"value": 7e-11})}
    with pytest.raises(SimulatorError, match=r"'strongarm': its port 'bits'|'strongarm': its bit is") as refused:
        comparator_table(dataclasses.replace(block, timing=late), simulator=SIMULATOR)
    assert (refused.value.folder / "deck.cir").is_file()
