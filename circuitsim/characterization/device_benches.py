"""Run the shipped benches: decks in `netlists/benches/` that trace the characteristic curves of a card."""

import numpy as np

from circuitsim.characterization.bench_circuit import GROUND, BenchCircuit, BenchSource, Instance, read_circuit
from circuitsim.devices import Card
from circuitsim.errors import InputError
from circuitsim.resources import device_models_folder, netlists_folder
from circuitsim.results import CurveFamily, LabelledCurve
from circuitsim.spice import RawResult, run
from circuitsim.units import format_quantity, parse_quantity

READ, SWITCHING = "read", "switching"
"""Benches of a device: its read curves, and its switching."""


def bench_deck(card: Card, which: str = READ) -> str:
    """Return the text of a bench with absolute include paths, so that it runs in any folder.

    Args:
        card: A shipped card.
        which: "read" (transfer curves for a transistor), or "switching" for a card with a dynamic form.

    Raises:
        InputError: The card has no such bench.
    """
    name = card.name if which == READ else f"{card.name}_{which}"
    path = netlists_folder() / "benches" / f"{name}.cir"
    if not path.is_file():
        raise InputError(f"{card.name}: no {which} bench; expected {path}")
    return path.read_text(encoding="utf-8").replace('"../../device_models/', f'"{device_models_folder()}/')


def has_bench(card: Card, which: str = READ) -> bool:
    """Tell whether this bench is shipped with the card."""
    name = card.name if which == READ else f"{card.name}_{which}"
    return (netlists_folder() / "benches" / f"{name}.cir").is_file()


def read_bench(card: Card) -> CurveFamily:
    """Run the read bench of a card in ngspice.

    Args:
        card: A shipped card.

    Returns:
        For memories, the current [A] in each state of the bench against the read voltage or the gate voltage. For
        transistors, the drain current [A] at each bias of the bench against the gate voltage. Both are positive into
        the terminal te or d. For charge cells, the voltages [V] of the shared line and of the first input against time.

    Raises:
        InputError: The card has no such bench.
        SimulatorError: ngspice is missing or failed.
    """
    deck = bench_deck(card)
    circuit = read_circuit(deck, card.subckt, card.ports)
    raw = run(deck, options=circuit.options)
    if circuit.swept is None:
        return _charge_sharing(circuit, raw)
    node = circuit.sources[circuit.swept].plus
    high = "te" if "te" in card.ports else "d"
    curves = tuple(
        LabelledCurve(
            label=_label(card, circuit, instance),
            x=raw[f"v({node})"],
            y=_current_into(circuit.source_at(instance.nodes[high]), instance.nodes[high], raw),
        )
        for instance in circuit.instances
    )
    if card.kind == "transistor":
        return CurveFamily("Transfer curve", "gate voltage", "V", "drain current", "A", curves)
    gated = any(instance.nodes.get("g") == node for instance in circuit.instances)
    return CurveFamily("Read current", "gate voltage" if gated else "voltage", "V", "current", "A", curves)


def switching_bench(card: Card) -> tuple[CurveFamily, ...]:
    """Run the switching bench of a card in ngspice.

    Args:
        card: A shipped card with a dynamic form.

    Returns:
        The state against time. If the bench saves the drive voltage, also the state against the gate voltage for cards
        with a gate, or the current that the driving source delivers against the device voltage for all others.

    Raises:
        InputError: The card has no such bench or does not switch.
        SimulatorError: ngspice is missing or failed.
    """
    deck = bench_deck(card, SWITCHING)
    if card.dynamic is None:
        raise InputError(f"{card.name}: does not switch; expected a card with a dynamic form")
    unit, ports = card.dynamic.unit, card.dynamic.ports
    circuit = read_circuit(deck, card.dynamic.subckt, ports)
    raw = run(deck, options=circuit.options)
    nodes = circuit.instances[0].nodes
    state = raw[f"v({nodes['st']})"]
    over_time = LabelledCurve("", raw["time"], state)
    families = [CurveFamily("State over time", "time", "s", card.dynamic.parameter, unit, (over_time,))]
    drive = f"v({nodes['te' if 'te' in ports else 'g']})"
    if drive not in circuit.saved:
        return tuple(families)
    if "te" in ports:
        current = next(vector for vector in circuit.saved if vector.startswith("i("))
        loop = LabelledCurve("", raw[drive], -raw[current])
        families.append(CurveFamily("Switching loop", "device voltage", "V", "current", "A", (loop,)))
    else:
        loop = LabelledCurve("", raw[drive], state)
        families.append(CurveFamily("State over gate voltage", "gate voltage", "V", "state", unit, (loop,)))
    return tuple(families)


def state_label(card: Card, value: float) -> str:
    """Write a state of a memory with its unit; a dimensionless state gets its name instead.

    Args:
        card: A memory.
        value: The state [card.state.unit].

    Raises:
        InputError: The card has no state.
    """
    if card.state is None:
        raise InputError(f"{card.name}: a {card.kind} has no state")
    if card.state.unit == "1":
        return f"{card.state.parameter} = {value:g}"
    return format_quantity(value, card.state.unit)


def _label(card: Card, circuit: BenchCircuit, instance: Instance) -> str:
    """Label a curve by the state of a memory, or by drain voltage and bulk bias of a transistor."""
    if card.state is not None:
        return state_label(card, parse_quantity(instance.values[card.state.parameter.lower()]))
    volts = circuit.source_at(instance.nodes["d"]).value
    return f"{volts} V" + ("" if instance.nodes["b"] == GROUND else ", bulk biased")


def _current_into(source: BenchSource, node: str, raw: RawResult) -> np.ndarray:
    """Return the current (points,) [A] that a source delivers into a node."""
    return raw[source.current] if node == source.minus else -raw[source.current]


def _charge_sharing(circuit: BenchCircuit, raw: RawResult) -> CurveFamily:
    first = circuit.instances[0].nodes
    curves = (
        LabelledCurve("line", raw["time"], raw[f"v({first['line']})"]),
        LabelledCurve("input", raw["time"], raw[f"v({first['x']})"]),
    )
    return CurveFamily(f"Charge sharing on {len(circuit.instances)} cells", "time", "s", "voltage", "V", curves)
