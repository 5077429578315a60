"""List the transistors of a sub-circuit: elements with four nodes, drain, gate, source and bulk."""

from dataclasses import dataclass

from circuitsim.library.definitions import Library
from circuitsim.library.grammar import tidy
from circuitsim.library.statements import in_ascii
from circuitsim.library.subcircuit import Subckt

_NODES = 4


@dataclass(frozen=True)
class FourNodes:
    """An element with four nodes.

    Attributes:
        name: Its name, lower case; x for an instance of a sub-circuit, m for a transistor.
        nodes: Drain, gate, source and bulk, lower case.
        model: Name of the model or of the sub-circuit, lower case.
        values: The rest of the line: "w={wi} l={l}".
    """

    name: str
    nodes: tuple[str, str, str, str]
    model: str
    values: str


def four_node_elements(library: Library, line: Subckt) -> tuple[FourNodes, ...]:
    """Return the elements of a sub-circuit itself that have four nodes, in their order."""
    found = []
    for definition in library.definitions:
        first = definition.statements[0]
        if (first.file, first.line) != (line.file, line.line):
            continue
        for statement in definition.statements[1:]:
            words = tidy(in_ascii(statement)).split()
            plain = [word.lower() for word in words if "=" not in word and word.lower() != "params:"]
            if words[0][0].lower() in "xm" and len(plain) == _NODES + 2:
                name, drain, gate, source, bulk, model = plain
                values = " ".join(word for word in words if "=" in word)
                found.append(FourNodes(name, (drain, gate, source, bulk), model, values))
    return tuple(found)
