"""The input of a converter of currents: it holds its column at a voltage of its own, which may follow the current."""

from functools import partial

import numpy as np

from circuitsim.blocks import block_of
from circuitsim.characterization.cache import cached
from circuitsim.characterization.converters import block_key
from circuitsim.characterization.kept_runs import kept_runs, runs_provenance
from circuitsim.netlist.conversions import Bench, bench_of, clock_cards, converter_cards, head_cards
from circuitsim.netlist.index_sweep import save_cards
from circuitsim.netlist.names import number
from circuitsim.resources import table_cache
from circuitsim.results import SenseTable
from circuitsim.results.table_files import load_sense_table, save_sense_table
from circuitsim.spec import ArraySpec, checked
from circuitsim.spice import TRUTH_OPTIONS, Simulator, find_ngspice

POINTS = 401
BEYOND = 2.0  # of the largest input of the card, up to which a column may carry
HELD = 1e-6  # [V] by which an input may move and still count as held at v_ref


_WHAT = ("input of a converter", POINTS, BEYOND, HELD)


@checked
def adc_input(spec: ArraySpec, *, simulator: Simulator | None = None) -> SenseTable | None:
    """Sweep the current into a converter of currents, at rest, and read the voltage of its input; once, then cached.

    Args:
        spec: The array, whose [adc] names a converter of currents.
        simulator: The ngspice to use; None: `find_ngspice()`.

    Returns:
        A table of `drop`, the voltage of the input above v_ref, that reports the current; None where the input stays
        at v_ref. It reaches up to twice the largest input of the card.

    Raises:
        SimulatorError: ngspice failed; the run folder is kept.

    Valid for: a converter whose input does not follow its oscillation: the current flows into a mirror or a clamp.
    """
    block, v_ref = block_of(spec, "adc"), spec.sense.v_ref
    assert block is not None and block.input is not None
    bench, simulator = bench_of(block, spec.array.temperature_c, ref=spec.adc.v_ref), simulator or find_ngspice()
    key = block_key(block, (*_WHAT, v_ref, bench.ref, bench.temperature_c), simulator)
    table = cached(
        table_cache() / f"{key}.npz",
        load=partial(load_sense_table, key=key),
        make=partial(_swept, bench, v_ref, simulator),
        save=partial(save_sense_table, key=key),
    )
    assert table.drop is not None
    return None if np.abs(table.drop).max() < HELD else table


def _swept(bench: Bench, v_ref: float, simulator: Simulator) -> SenseTable:
    """Sweep the input of a converter and return its table, also where the input stays at v_ref."""
    block = bench.block
    assert block.input is not None
    high = BEYOND * block.input.maximum
    lines = [
        *head_cards(bench, "input of the converter"),
        *clock_cards(bench, bench.cycle),
        *converter_cards(bench, np.zeros((1, 1)), bench.cycle),
        *save_cards(["v(in_0)"]),
        f".dc iin_0 0 {number(high)} {number(high / (POINTS - 1))}",
        *[".end", ""],
    ]
    with kept_runs(["\n".join(lines)], simulator, TRUTH_OPTIONS) as (raw,):
        drop, digest = np.maximum.accumulate(raw["v(in_0)"] - v_ref), raw.deck_digest
    current = np.linspace(0.0, high, len(drop))
    return SenseTable(
        current=current,
        drop=drop,
        reported=current,
        unit="A",
        block=block.name,
        supply=block.v_supply,
        reference=v_ref,
        temperature_c=bench.temperature_c,
        provenance=runs_provenance([digest], simulator, TRUTH_OPTIONS),
    )
