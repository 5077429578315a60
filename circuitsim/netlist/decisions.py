"""Write decks of comparators side by side, each with currents between its inner nodes, and of transistors alone.

They tell the noise of a decision: how far a current at a moment moves it, and how much noise a transistor makes at the
voltages that it has at that moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from circuitsim.library import FourNodes
from circuitsim.netlist.conversions import Bench, clock_cards, converter_cards, head_cards
from circuitsim.netlist.index_sweep import save_cards
from circuitsim.netlist.names import number

_RAILS = ("vdd", "ref", "low")


@dataclass(frozen=True)
class Injection:
    """A current from one node to another.

    Attributes:
        nodes: From and to, as the sub-circuit of the comparator names them.
        time: (points,) rising times [s].
        current: (points,) current at these times, linear between them [A].
    """

    nodes: tuple[str, str]
    time: np.ndarray
    current: np.ndarray


def inner_node(bench: Bench, m: int, node: str) -> str:
    """Return the node of comparator m in a deck for a node of its sub-circuit: that of a port, or one inside."""
    if node == "0":
        return node
    if node not in bench.block.terminals:
        return f"xadc_{m}.{node}"
    role = bench.block.roles[bench.block.terminals.index(node)]
    if role == "vss":
        return "0"
    return role if role in _RAILS else {"in": f"in_{m}", "bits": f"b_{m}_0"}[role]


def decision_deck(
    bench: Bench,
    inputs: np.ndarray,
    injections: Sequence[Sequence[Injection]],
    *,
    saved: Sequence[str],
    step: float,
    stop: float | None = None,
) -> str:
    """Write a deck of one decision of many comparators.

    Args:
        bench: The comparator.
        inputs: (comparators,) voltages at their inputs [V].
        injections: Currents of each comparator.
        saved: Vectors to save.
        step: Largest time step [s].
        stop: End [s]; None: that of the conversion.
    """
    cards = []
    for m, own in enumerate(injections):
        for k, one in enumerate(own):
            points = " ".join(f"{number(t)} {number(i)}" for t, i in zip(one.time, one.current, strict=True))
            nodes = " ".join(inner_node(bench, m, node) for node in one.nodes)
            cards.append(f"inoise_{m}_{k} {nodes} pwl({points})")
    lines = [
        *head_cards(bench, "decisions"),
        *clock_cards(bench, bench.cycle),
        *converter_cards(bench, inputs[None], bench.cycle),
        *cards,
        *save_cards(list(saved)),
        f".tran {number(step)} {number(stop or bench.cycle)} 0 {number(step)}",
    ]
    return "\n".join([*lines, ".end", ""])


def transistor_noise_deck(bench: Bench, transistors: Sequence[FourNodes], volts: np.ndarray, frequency: float) -> str:
    """Write the deck that finds the noise currents of transistors at fixed voltages.

    The drain currents of all of them flow into 1 ohm at `sum`, so that the contribution of each to the noise there is
    its noise current. Transistor k at moment j is the instance with the suffix `k_j`.

    Args:
        bench: The circuit that they belong to; its parameters give the sizes.
        transistors: The transistors.
        volts: (transistors, moments, 4) voltages of drain, gate, source and bulk [V].
        frequency: Frequency [Hz].
    """
    block = bench.block
    lines = [
        f"* noise of the transistors of {block.name} alone",
        block.include,
        f".temp {number(bench.temperature_c)}",
        *(f".param {key}={number(item.value)}" for key, item in block.parameters.items()),
        "rsum sum 0 1",
        "vnone none 0 dc 0 ac 1",
        "rnone none 0 1",
    ]
    for k, one in enumerate(transistors):
        for j, at in enumerate(volts[k]):
            tag = f"{k}_{j}"
            lines += [f"v{n}{tag} {n}{tag} 0 {number(v)}" for n, v in zip("dgsb", at, strict=True)]
            lines.append(f"f{tag} 0 sum vd{tag} 1")
            nodes = " ".join(f"{n}{tag}" for n in "dgsb")
            lines.append(f"{one.name[0]}{tag} {nodes} {one.model} {one.values}")
    return "\n".join([*lines, f".noise v(sum) vnone dec 1 {frequency:g} {frequency:g} 1", ".end", ""])
