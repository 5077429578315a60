"""Predict the run time of the deck of a whole chain, from its elements and the edges of its clocks."""

from collections.abc import Mapping
from dataclasses import dataclass

from circuitsim.library import assemble_own
from circuitsim.netlist import ChainNetlist
from circuitsim.spec import checked
from circuitsim.spice.predict import duration
from circuitsim.spice.simulator import Simulator

# Measured on one core with ngspice 39.3: 4 x 4 to 16 x 16 cells with BSIM4 transistors, op-amps and cascodes, SARs of
# switches and of transistors, string DACs; predictions were .9 to 1.8 times what those decks took.
_PER_POINT_S = {"transistor": 4e-6, "source": 0.5e-6, "other": 0.12e-6}
_DENSE = 5000  # elements at which the matrix costs as much as they do
_PER_EDGE = 17  # points around each edge of a clock
_PER_READ = 60  # points where rows change


@dataclass(frozen=True)
class ChainPrediction:
    """Predicted cost of reads through a chain.

    Attributes:
        shape: (rows, cols).
        reads: Number of reads.
        simulator: Version of ngspice.
        points: Time points of all reads.
        elements: Number of elements by their kind: "transistor", "source" (an expression), "other".
        seconds: Run time on one idle core [s], within a factor of about 3.
    """

    shape: tuple[int, int]
    reads: int
    simulator: str
    points: int
    elements: Mapping[str, int]
    seconds: float

    @property
    def sentence(self) -> str:
        """The prediction in words."""
        rows, cols = self.shape
        count = f"{self.reads} read" + ("s" if self.reads > 1 else "")
        return (
            f"a chain of {rows} x {cols} with {count} on {self.simulator} takes about {duration(self.seconds)}, "
            f"{duration(self.seconds / self.reads)} a read"
        )


@checked
def predict_deck(deck: ChainNetlist, simulator: Simulator, *, reads: int | None = None) -> ChainPrediction:
    """Predict the run time of a chain.

    Args:
        deck: The deck.
        simulator: The ngspice to use.
        reads: Number of reads through the same chain; None: those of the deck.
    """
    elements = count_elements(assemble_own(deck.text).text)
    per_point = sum(_PER_POINT_S[kind] * count for kind, count in elements.items())
    per_point *= 1 + sum(elements.values()) / _DENSE
    per_read = deck.timing.cycle / deck.t_step + 2 * _PER_EDGE * len(deck.clocks) + _PER_READ
    reads = deck.reads if reads is None else reads
    points = round(per_read * reads)
    return ChainPrediction(deck.shape, reads, simulator.version_text, points, elements, points * per_point)


def count_elements(text: str) -> dict[str, int]:
    """Count the elements of a deck by their kind, those inside its sub-circuits at every instance."""
    inside: dict[str, list[str]] = {"": []}
    open_names = [""]
    for line in text.replace("\n+", " ").lower().splitlines():
        words = line.split()
        if words[:1] == [".subckt"]:
            open_names.append(words[1])
            inside[words[1]] = []
        elif words[:1] == [".ends"]:
            open_names.pop()
        elif words and words[0][0].isalpha():
            inside[open_names[-1]].append(_kind(words))
    return _flat("", inside, {})


def _kind(words: list[str]) -> str:
    """Return the kind of an element; of an instance, "x" and the name of its sub-circuit."""
    first = words[0][0]
    if first == "x":
        return "x" + [word for word in words if "=" not in word and word.rstrip(":") != "params"][-1]
    return {"m": "transistor", "b": "source"}.get(first, "other")


def _flat(name: str, inside: Mapping[str, list[str]], known: dict[str, dict[str, int]]) -> dict[str, int]:
    if name not in known:
        total = dict.fromkeys(_PER_POINT_S, 0)
        for kind in inside.get(name, []):
            parts = _flat(kind[1:], inside, known) if kind[0] == "x" else {kind: 1}
            for part, count in parts.items():
                total[part] += count
        known[name] = total
    return known[name]
