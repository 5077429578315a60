"""The shipped SAR circuits with their logic in Python: the same codes as with the latches of their decks."""

import resource

import numpy as np
import pytest

import circuitsim as cs
from circuitsim.blocks import load_block
from circuitsim.netlist.conversions import bench_of, bit_node, conversion_deck
from circuitsim.netlist.phases import phase_window
from circuitsim.spice import CHAIN_OPTIONS, run

INPUTS = np.array([0.031, 0.3137, 0.5004, 0.7873, 0.9931])  # shares of ref


def decks(name):
    """Bench, its inputs, and both decks: with the latches of the block, and with a source at every bit."""
    bench = bench_of(load_block("converter", name))
    inputs = (INPUTS * bench.ref)[:, None]
    bits = range(bench.block.bits)
    saved = [f"v({bit_node(f'bits.{k}', 0)})" for k in bits]
    low = {k: np.zeros(len(INPUTS)) for k in bits}
    return (
        bench,
        conversion_deck(bench, inputs, what="conversions", saved=saved),
        conversion_deck(bench, inputs, what="conversions", saved=["v(xadc_0.high)"], forced=low),
    )


def codes_of_latches(bench, deck):
    raw = run(deck, options=CHAIN_OPTIONS)
    ends = bench.cycle * np.arange(1, len(INPUTS) + 1) - bench.step
    bits = [np.interp(ends, raw["time"], raw[f"v({bit_node(f'bits.{k}', 0)})"]) for k in range(bench.block.bits)]
    return [sum(int(levels[n] > 0.5) << k for k, levels in enumerate(bits)) for n in range(len(INPUTS))]


def codes_of_python(bench, deck):
    block, codes = bench.block, []
    source = [f"v{bit_node(f'bits.{k}', 0)}" for k in range(block.bits)]
    high = 0.5 * (block.v_supply or 1.0)
    with cs.Cosimulation(deck, read=["v(xadc_0.high)"], options=CHAIN_OPTIONS) as live:
        live.advance(bench.step)
        for n in range(len(INPUTS)):
            begin, code = n * bench.cycle, 0
            for k in reversed(range(block.bits)):
                start, _ = phase_window(block, "set", k=k) if k < block.bits - 1 else phase_window(block, "reset", k=0)
                live.advance(begin + start + bench.step, trial_of(source, code | 1 << k))
                start, width = phase_window(block, "compare", k=k)
                found = live.advance(begin + start + width)
                code |= (found["v(xadc_0.high)"] < high) << k
            codes.append(code)
    return codes


def cpu_s():
    used = [resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def trial_of(source, code):
    return {name: float(code >> k & 1) for k, name in enumerate(source)}


@pytest.mark.parametrize("name", ["sar", "sar_strongarm", "sar_transistors"])
def test_logic_in_python_gives_the_codes_of_latches_in_the_deck(name):
    bench, with_latches, with_sources = decks(name)
    began = cpu_s()
    found = codes_of_python(bench, with_sources)
    print(f"{name}: {(cpu_s() - began) / len(INPUTS):.3f} CPU s a conversion")
    assert found == codes_of_latches(bench, with_latches)
    assert np.all(np.abs(np.array(found) - INPUTS * 2**bench.block.bits) <= 1.5)
