"""The whole way from a specification to a solution by ngspice, whatever the kind of array."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.errors import InputError
from circuitsim.netlist import crossbar
from circuitsim.netlist.states import array_states
from circuitsim.netlist.techniques import combine, draw
from circuitsim.results import Solution
from circuitsim.spec import ArraySpec
from circuitsim.spice.batch import run
from circuitsim.spice.pool import run_many
from circuitsim.spice.solution import read_solution


def read_array(
    spec: ArraySpec,
    g: ArrayLike,
    x: ArrayLike,
    *,
    nodes: bool = False,
    folder: str | Path | None = None,
    n_jobs: int = 2,
) -> Solution:
    """Read an array by ngspice: find what its devices store, draw what its techniques draw, run, put together.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S].
        x: Inputs (batch, rows); see `netlist.crossbar`.
        nodes: Also return the voltages at every cell.
        folder: Keeps every run; None: removed after success.
        n_jobs: Drawn arrays that run at the same time.

    Returns:
        The solution; of an array whose techniques draw several arrays only the outputs and the power of all together.

    Raises:
        InputError: A shape or value cannot be used, or `nodes` is asked for where several arrays are drawn.
        SimulatorError: A run failed; its folder is kept.
    """
    if not spec.technique.changes_size:
        deck = crossbar(spec, g, x, state=array_states(spec, g, run), nodes=nodes)
        return read_solution(spec, deck, run(deck, folder=folder))
    if nodes:
        raise InputError("nodes = True: the techniques of this array draw others than rows x cols; expected False")
    arrays = draw(spec, g, x)
    decks = [crossbar(one.spec, one.g, one.x, state=array_states(one.spec, one.g, run)) for one in arrays]
    raws = run_many(decks, n_jobs=n_jobs, folder=folder)
    solutions = [read_solution(one.spec, deck, raw) for one, deck, raw in zip(arrays, decks, raws, strict=True)]
    digest = hashlib.sha256("".join(raw.deck_digest for raw in raws).encode()).hexdigest()
    first = solutions[0].provenance
    power = [solution.power for solution in solutions if solution.power is not None]
    return Solution(
        out=combine(spec, arrays, [solution.out for solution in solutions]),
        power=np.sum(power, axis=0),
        provenance=replace(first, spec_digest=spec.digest, deck_digest=digest),
    )
