"""What the deck of a bench connects: its sources, the devices under test, what it sweeps and what it saves."""

from collections.abc import Mapping
from dataclasses import dataclass

from circuitsim.errors import InputError

GROUND = "0"


@dataclass(frozen=True)
class BenchSource:
    """A voltage source.

    Attributes:
        name: Its name, "vm1".
        plus, minus: Its nodes.
        value: What follows them, as written: "0.05", "pwl(0 0 1u 4)".
    """

    name: str
    plus: str
    minus: str
    value: str

    @property
    def current(self) -> str:
        """Name of the vector of its current, which ngspice counts from `plus` through the source to `minus`."""
        return f"i({self.name})"


@dataclass(frozen=True)
class Instance:
    """A device under test.

    Attributes:
        nodes: Node of each terminal, by the card's port names.
        values: Its parameters as written.
    """

    nodes: Mapping[str, str]
    values: Mapping[str, str]


@dataclass(frozen=True)
class BenchCircuit:
    """A deck, read as far as its curves need it.

    Attributes:
        sources: Voltage sources by their names.
        instances: Devices under test, in the deck's order.
        swept: Name of the source that `.dc` sweeps; None for a run in time.
        saved: Vectors that `.save` names.
        options: Solver options.
    """

    sources: Mapping[str, BenchSource]
    instances: tuple[Instance, ...]
    swept: str | None
    saved: tuple[str, ...]
    options: Mapping[str, str]

    def source_at(self, node: str) -> BenchSource:
        """The only voltage source with an end at a node.

        Raises:
            InputError: There is none, or more than one.
        """
        attached = [source for source in self.sources.values() if node in (source.plus, source.minus)]
        if len(attached) != 1:
            names = " ".join(source.name for source in attached) or "none"
            raise InputError(f"bench: voltage sources at node {node!r}: {names}; expected one")
        return attached[0]


def read_circuit(deck: str, subckt: str, ports: tuple[str, ...]) -> BenchCircuit:
    """Read the deck of a bench.

    Args:
        deck: Its text.
        subckt: Name of the sub-circuit under test.
        ports: Meaning of its terminals, in its own order.

    Raises:
        InputError: An instance has not the number of nodes that the sub-circuit has, or there is none.
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
