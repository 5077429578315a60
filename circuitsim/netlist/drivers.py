"""Write decks of drivers with a digital word: every code at rest, and steps from code 0 into a capacitance."""

import numpy as np

from circuitsim.netlist.conversions import CLOCK_EDGE, Bench
from circuitsim.netlist.index_sweep import INDEX_CARD, save_cards
from circuitsim.netlist.names import check_path, number

DRIVE_CURRENT = 1e-6  # [A] drawn from the output for its resistance
POINTS = 100  # time steps of a settling


def level_deck(bench: Bench, v_low: float) -> str:
    """Write the deck that sweeps all codes, without load and with `DRIVE_CURRENT` drawn; it saves v(out), i(vref)."""
    bits = bench.block.bits
    digits = [
        f"bbit_{k} bit_{k} 0 v=floor(v(idx)/{2**k}+1e-6)-2*floor(v(idx)/{2 ** (k + 1)}+1e-6)" for k in range(bits)
    ]
    sweep = f".dc vidx 0 {2**bits - 1} 1 iload 0 {number(DRIVE_CURRENT)} {number(DRIVE_CURRENT)}"
    body = [INDEX_CARD, *digits, "iload out 0 0", *save_cards(["v(out)", "i(vref)"]), sweep]
    return "\n".join([*_head(bench, v_low, "levels"), *body, ".end", ""])


def settling_deck(bench: Bench, v_low: float, codes: np.ndarray, c_load: float, slot: float) -> str:
    """Write the deck that steps from code 0 to each of `codes` (n,) and back, each for `slot` [s]."""
    words = np.stack([np.zeros_like(codes), codes], axis=1).ravel()
    cards = [f"vbit_{k} bit_{k} 0 pwl({_steps((words >> k) & 1, slot)})" for k in range(bench.block.bits)]
    step = number(slot / POINTS)
    body = [*cards, f"cload out 0 {number(c_load)}", *save_cards(["v(out)"])]
    run = f".tran {step} {number(slot * len(words))} 0 {step}"
    return "\n".join([*_head(bench, v_low, "settling"), *body, run, ".end", ""])


def _steps(levels: np.ndarray, slot: float) -> str:
    points = ["0", number(levels[0])]
    for k, (last, now) in enumerate(zip(levels[:-1].tolist(), levels[1:].tolist(), strict=True), start=1):
        if last != now:
            points += [number(k * slot), number(last), number(k * slot + CLOCK_EDGE), number(now)]
    return " ".join(points)


def _head(bench: Bench, v_low: float, what: str) -> list[str]:
    block = bench.block
    check_path(f"file of {block.name}", block.lib)
    nodes = {"out": "out", "ref": "ref", "low": "low", "vss": "0", "vdd": "vdd"}
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
