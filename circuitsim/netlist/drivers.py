"""Write decks of row drivers: every code at rest, steps from code 0 into a capacitance, words of a driver with phases.

A driver without a digital word takes the level of an ideal DAC at `in`: a voltage from low to ref, or, of a driver with
phases, the share of its time from 0 to 1 V.
"""

import numpy as np

from circuitsim.netlist.conversions import CLOCK_EDGE, Bench, clock_cards, held
from circuitsim.netlist.index_sweep import INDEX_CARD, save_cards
from circuitsim.netlist.names import check_path, number
from circuitsim.netlist.phases import clock_nodes

DRIVE_CURRENT = 1e-6  # [A] drawn from the output for its resistance
POINTS = 100  # time steps of a settling


def level_deck(bench: Bench, v_low: float, bits: int) -> str:
    """Write the deck that sweeps all codes, without load and with `DRIVE_CURRENT` drawn: v(out) and the supplies."""
    top = 2**bits - 1
    if bench.block.bits:
        inputs = [
            f"bbit_{k} bit_{k} 0 v={number(bench.block.logic)}*(floor(v(idx)/{2**k}+1e-6)"
            f"-2*floor(v(idx)/{2 ** (k + 1)}+1e-6))"
            for k in range(bits)
        ]
    else:
        inputs = [f"bin in 0 v={number(v_low)}+{number((bench.ref - v_low) / top)}*v(idx)"]
    sweep = f".dc vidx 0 {top} 1 iload 0 {number(DRIVE_CURRENT)} {number(DRIVE_CURRENT)}"
    body = [INDEX_CARD, *inputs, "iload out 0 0", *save_cards(["v(out)", *supply_vectors(bench)]), sweep]
    return "\n".join([*_head(bench, v_low, "levels"), *body, ".end", ""])


def settling_deck(bench: Bench, v_low: float, codes: np.ndarray, c_load: float, slot: float, bits: int) -> str:
    """Write the deck that steps from code 0 to each of `codes` (n,) and back, each for `slot` [s]."""
    words = np.stack([np.zeros_like(codes), codes], axis=1).ravel()
    cards = [f"v{node} {node} 0 pwl({_steps(levels, slot)})" for node, levels in _inputs(bench, v_low, words, bits)]
    step = number(slot / POINTS)
    body = [*cards, f"cload out 0 {number(c_load)}", *save_cards(["v(out)"])]
    run = f".tran {step} {number(slot * len(words))} 0 {step}"
    return "\n".join([*_head(bench, v_low, "settling"), *body, run, ".end", ""])


def word_deck(
    bench: Bench, v_low: float, codes: np.ndarray, bits: int, *, c_load: float, i_load: float, step: float
) -> str:
    """Write the deck in which a driver with phases puts out `codes` (n,) one after another.

    Args:
        bench: The driver, with its voltage at ref.
        v_low: Voltage at low [V].
        codes: Codes, each for one cycle.
        bits: Resolution.
        c_load: Capacitance at the output [F].
        i_load: Current drawn from the output [A].
        step: Largest time step [s].
    """
    cards = [f"v{node} {node} 0 {held(levels, bench.cycle)}" for node, levels in _inputs(bench, v_low, codes, bits)]
    body = [
        *clock_cards(bench, bench.cycle),
        *cards,
        f"cload out 0 {number(c_load)}",
        f"iload out 0 {number(i_load)}",
        *save_cards(["v(out)", *supply_vectors(bench)]),
        f".tran {number(step)} {number(bench.cycle * len(codes))} 0 {number(step)}",
    ]
    return "\n".join([*_head(bench, v_low, "words"), *body, ".end", ""])


def supply_vectors(bench: Bench) -> list[str]:
    """Return the currents of the sources that feed a driver: `i(vref)`, `i(vvdd)`."""
    return [f"i(v{role})" for role in ("ref", "vdd") if role in bench.block.roles]


def _inputs(bench: Bench, v_low: float, codes: np.ndarray, bits: int) -> list[tuple[str, np.ndarray]]:
    """Node and voltages (codes,) [V] of each input."""
    if bench.block.bits:
        return [(f"bit_{k}", bench.block.logic * ((codes >> k) & 1)) for k in range(bits)]
    share = codes / (2**bits - 1)
    return [("in", share if bench.block.clocked else v_low + (bench.ref - v_low) * share)]


def _steps(levels: np.ndarray, slot: float) -> str:
    points = ["0", number(levels[0])]
    for k, (last, now) in enumerate(zip(levels[:-1].tolist(), levels[1:].tolist(), strict=True), start=1):
        if last != now:
            points += [number(k * slot), number(last), number(k * slot + CLOCK_EDGE), number(now)]
    return " ".join(points)


def _head(bench: Bench, v_low: float, what: str) -> list[str]:
    block = bench.block
    check_path(f"file of {block.name}", block.lib)
    nodes = {"out": "out", "ref": "ref", "low": "low", "vss": "0", "vdd": "vdd", "in": "in", **clock_nodes(block)}
    nodes |= {role: f"bit_{role.partition('.')[2] or 0}" for role in block.roles if role.startswith("bits")}
    supply = [] if block.v_supply is None else [f"vvdd vdd 0 {number(block.v_supply)}"]
    return [
        f"* {what} of the driver {block.name}",
        f"* {bench.temperature_c:g} degC, {v_low:g} V to {bench.ref:g} V",
        block.include,
        f".temp {number(bench.temperature_c)}",
        f"vref ref 0 {number(bench.ref)}",
        f"vlow low 0 {number(v_low)}",
        *supply,
        block.call("xdac", nodes),
    ]
