"""A deck as a PySpice circuit, for whoever wants to add elements in Python."""

from dataclasses import replace
from typing import Any

from circuitsim.errors import InputError
from circuitsim.netlist.document import Netlist

_ANALYSIS = "\n* analysis\n"


def to_circuit(deck: Netlist) -> Any:
    """Return the array as a `PySpice.Spice.Netlist.Circuit`: nodes `bl_3_5`, `sl_3_5`, `wl_3`, sources `vin_3`.

    The array is one block of text inside the circuit, written in bulk; elements added to the circuit follow it. The
    analysis and what is saved stay with the deck: `from_circuit` puts them back.

    Example:
        circuit = to_circuit(deck)
        circuit.R("load", "sl_7_0", circuit.gnd, 1e6)
        raw = spice.run(from_circuit(circuit, deck))
    """
    from PySpice.Spice.Netlist import Circuit  # slow to import, and only needed here

    title, _, body = deck.text.partition(_ANALYSIS)[0].partition("\n")
    circuit = Circuit(title.lstrip("* "))
    circuit.raw_spice = body.strip("\n")
    return circuit


def from_circuit(circuit: Any, deck: Netlist) -> Netlist:
    """Return the deck with the circuit's elements, under the analysis of `deck` and saving what it saves.

    Raises:
        InputError: The circuit does not hold the array of `deck`: it was made from another one, or its text changed.
    """
    head, _, tail = deck.text.partition(_ANALYSIS)
    title, _, body = head.partition("\n")
    text = str(circuit)
    if body.strip("\n") not in text:
        raise InputError("the circuit does not hold this deck's array: expected one made by to_circuit(deck)")
    rendered = text.split("\n", 1)[1].removesuffix("\n").removesuffix(".end")
    return replace(deck, text=f"{title}\n{rendered}{_ANALYSIS}{tail}")
