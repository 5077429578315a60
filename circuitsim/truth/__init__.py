"""Read arrays in ngspice, the level that counts as the truth."""

from circuitsim.truth.chain import ChainRun, chain_text, predict_chain, read_chain
from circuitsim.truth.in_time import half_lsb, read_in_time
from circuitsim.truth.reading import TruthArray, decks, prepare, read, read_many, running_reads
from circuitsim.truth.solution import solution_of

__all__ = [
    "ChainRun",
    "TruthArray",
    "chain_text",
    "decks",
    "half_lsb",
    "predict_chain",
    "prepare",
    "read",
    "read_chain",
    "read_in_time",
    "read_many",
    "running_reads",
    "solution_of",
]
