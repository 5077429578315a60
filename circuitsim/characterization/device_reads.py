"""Read devices of one card in ngspice, each between two ideal sources."""

from collections.abc import Sequence

import numpy as np

from circuitsim import spice
from circuitsim.devices.card import Card
from circuitsim.devices.from_spec import device_values
from circuitsim.errors import InputError
from circuitsim.netlist import index_deck
from circuitsim.netlist.names import number
from circuitsim.spec import real_numbers

_READ = (("te", "be"), ("d", "s"), ("bl", "sl"))  # terminals between which devices and whole cells are read


def read_deck(
    card: Card, states: Sequence[float] | np.ndarray, v: Sequence[float] | np.ndarray, *, temperature_c: float = 27.0
) -> str:
    """Write a deck that sweeps the read voltage of devices of one memory card.

    Args:
        card: A memory; its other terminals are held at `card.state.bias`.
        states: (n,) state of each device [card.state.unit].
        v: (points,) voltages across the device: te to be, d to s, or bl to sl of a whole cell [V].
        temperature_c: Temperature [°C].

    Returns:
        The deck. `i(vm_3)` is the current of device 3, positive into te (or d).

    Raises:
        InputError: The card is not a memory, or its state is a capacitance.
    """
    if card.kind != "memory" or card.state is None:
        raise InputError(f"{card.name}: a {card.kind}, expected a memory")
    if card.state.kind == "capacitance":
        raise InputError(f"{card.name}: its state is a capacitance, expected a memory with a static current")
    high, low = next(pair for pair in _READ if pair[0] in card.ports)
    others = {port: f"n_{port}" for port in card.ports if port not in (high, low)}
    body = [f"v_{port} {node} 0 {number(card.state.bias.get(port, 0.0))}" for port, node in others.items()]
    for k, state in enumerate(states):
        values = {card.state.parameter: float(state), **device_values(card)}
        body.append(f"vm_{k} top a_{k} 0")
        body.append(card.instance(f"x_{k}", {high: f"a_{k}", low: "0", **others}, values))
    head = [f"* {card.name}: read of {len(states)} devices", card.include, f".temp {number(temperature_c)}"]
    voltages = {"top": real_numbers("v", v)}
    return index_deck(head, voltages, body, [f"i(vm_{k})" for k in range(len(states))])


def read_currents(
    card: Card,
    states: Sequence[float] | np.ndarray,
    v: Sequence[float] | np.ndarray,
    *,
    temperature_c: float = 27.0,
) -> np.ndarray:
    """Read devices in ngspice.

    Args:
        card: A memory.
        states: (n,) states [card.state.unit].
        v: (points,) voltages across the device [V].
        temperature_c: Temperature [°C].

    Returns:
        (n, points) currents [A], positive into te (or d).

    Raises:
        InputError: The card is not a memory with a static current, or the model gives a current that is not finite.
        SimulatorError: ngspice failed; the run folder is kept.
    """
    raw = spice.run(read_deck(card, states, v, temperature_c=temperature_c))
    currents = np.stack([np.asarray(raw[f"i(vm_{k})"]) for k in range(len(states))])
    if not np.isfinite(currents).all():
        k, p = np.argwhere(~np.isfinite(currents))[0]
        raise InputError(
            f"{card.lib}: {card.subckt} at {card.state.parameter if card.state else ''} = {states[k]:g}"
            f" and {v[p]:g} V gives {currents[k, p]}, expected a finite current"
        )
    return currents
