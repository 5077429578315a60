"""Parse the deck of a bench: its sources, its devices under test, the source it sweeps and the vectors it saves."""

from collections.abc import Mapping
from dataclasses import dataclass

from circuitsim.errors import InputError

GROUND = "0"


@dataclass(frozen=True)
class BenchSource:
    """A voltage source.

    Attributes:
        name: Element name, "vm1".
        plus, minus: Names of its nodes.
        value: Value as written: "0.05", "pwl(0 0 1u 4)".
    """

    name: str
    plus: str
    minus: str
    value: str

    @property
    def current(self) -> str:
        """Name of the vector of its current, positive from `plus` through the source to `minus`."""
        return f"i({self.name})"


@dataclass(frozen=True)
class Instance:
    """A device under test.

    Attributes:
        nodes: Node of each terminal, by the card's port names.
        values: Parameters as written, by name.
    """

    nodes: Mapping[str, str]
    values: Mapping[str, str]


@dataclass(frozen=True)
class BenchCircuit:
    """The parts of a deck that its curves depend on.

    Attributes:
        sources: Voltage sources by name.
        instances: Devices under test, in the order of the deck.
        swept: Name of the source that `.dc` sweeps; None for a transient run.
        saved: Vectors that `.save` names.
        options: Solver options.
    """

    sources: Mapping[str, BenchSource]
    instances: tuple[Instance, ...]
    swept: str | None
    saved: tuple[str, ...]
    options: Mapping[str, str]

    def source_at(self, node: str) -> BenchSource:
        """Return the only voltage source connected to a node.

        Raises:
            InputError: No source or more than one source is connected to the node.
        """
        attached = [source for source in self.sources.values() if node in (source.plus, source.minus)]
        if len(attached) != 1:
            names = " ".join(source.name for source in attached) or "none"
            raise InputError(f"bench: voltage sources at node {node!r}: {names}; expected one")
        return attached[0]


def read_circuit(deck: str, subckt: str, ports: tuple[str, ...]) -> BenchCircuit:
    """Parse the deck of a bench.

    Args:
        deck: Text of the deck.
        subckt: Name of the sub-circuit under test.
        ports: Port names of the card, in the order of the sub-circuit's terminals.

    Raises:
        InputError: There is no instance, or an instance has a different number of nodes than the sub-circuit.
    """
    sources, instances = {}, []
    swept, saved, options = None, (), {}
    for line in deck.replace("\n+", " ").lower().splitlines():
        words = line.split()
        if not words or words[0].startswith("*"):
            continue
        if words[0].startswith("v"):
            sources[words[0]] = BenchSource(words[0], words[1], words[2], " ".join(words[3:]))
        elif words[0].startswith("x") and subckt.lower() in words:
            instances.append(_instance(words, subckt.lower(), ports))
        elif words[0] == ".dc":
            swept = words[1]
        elif words[0] == ".save":
            saved = tuple(words[1:])
        elif words[0] == ".options":
            options = _assignments(words[1:])
    if not instances:
        raise InputError(f"bench: no instance of {subckt!r}, expected one or more")
    return BenchCircuit(sources, tuple(instances), swept, saved, options)


def _instance(words: list[str], subckt: str, ports: tuple[str, ...]) -> Instance:
    place = words.index(subckt)
    nodes = words[1:place]
    if len(nodes) != len(ports):
        raise InputError(f"bench: {words[0]} has {len(nodes)} nodes, expected {len(ports)} ({' '.join(ports)})")
    return Instance(dict(zip(ports, nodes, strict=True)), _assignments(words[place + 1 :]))


def _assignments(words: list[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in words)
