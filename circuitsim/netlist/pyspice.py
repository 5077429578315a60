"""Convert a deck to a PySpice circuit and back, to add elements in Python."""

from dataclasses import replace
from typing import Any

from circuitsim.errors import InputError
from circuitsim.netlist.document import Netlist
from circuitsim.spec import checked

_ANALYSIS = "\n* analysis\n"


@checked
def to_circuit(deck: Netlist) -> Any:
    """Return the array as a `PySpice.Spice.Netlist.Circuit`: nodes `bl_3_5`, `sl_3_5`, `wl_3`, sources `vin_3`.

    The circuit contains the array as one block of text; elements added to the circuit follow it. The deck keeps its
    analysis and `.save` lines, and `from_circuit` restores them.

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


@checked
def from_circuit(circuit: Any, deck: Netlist) -> Netlist:
    """Return a deck with the circuit's elements and with the analysis and saved vectors of `deck`.

    Raises:
        InputError: The circuit does not contain the array of `deck`: it was made from another deck, or its text has
            changed.
    """
    head, _, tail = deck.text.partition(_ANALYSIS)
    title, _, body = head.partition("\n")
    text = str(circuit)
    if body.strip("\n") not in text:
        raise InputError("the circuit does not contain this deck's array: expected one made by to_circuit(deck)")
    rendered = text.split("\n", 1)[1].removesuffix("\n").removesuffix(".end")
    return replace(deck, text=f"{title}\n{rendered}{_ANALYSIS}{tail}")
