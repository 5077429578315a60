"""Small decks turned into surfaces and tables with error bounds."""

from circuitsim.characterization.bench import (
    READ,
    SWITCHING,
    bench_deck,
    has_bench,
    read_bench,
    state_label,
    switching_bench,
)
from circuitsim.characterization.cell import cell
from circuitsim.characterization.read_curves import ReadCurves, read_curves
from circuitsim.characterization.state_map import StateMap, map_states

__all__ = [
    "READ",
    "SWITCHING",
    "ReadCurves",
    "StateMap",
    "bench_deck",
    "cell",
    "has_bench",
    "map_states",
    "read_bench",
    "read_curves",
    "state_label",
    "switching_bench",
]
