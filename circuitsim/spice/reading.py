"""The whole way from a specification to a solution by ngspice, whatever the kind of array."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.errors import InputError
from circuitsim.netlist import crossbar
from circuitsim.netlist.states import array_states
from circuitsim.netlist.techniques import DrawnArray, combine, draw
from circuitsim.results import Solution
from circuitsim.spec import ArraySpec
from circuitsim.spice.batch import run
from circuitsim.spice.pool import run_many
from circuitsim.spice.solution import read_solution
from circuitsim.spice.transient import read_charge


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
        The solution: currents [A], or charges [C] of 1c cells and of pulses that code by their width. Of an array whose
        techniques draw several arrays only the outputs and the power of all together.

    Raises:
        InputError: A shape or value cannot be used, or `nodes` is asked for where several arrays or charges are read.
        SimulatorError: A run failed; its folder is kept.
    """
    if nodes and (spec.technique.changes_size or _as_charge(spec)):
        raise InputError(
            "nodes = True: expected an array of its own size whose output is a current, else nodes = False"
        )
    if not spec.technique.changes_size:
        state = array_states(spec, g, run)
        if _as_charge(spec):
            return read_charge(spec, g, x, state=state, folder=folder, n_jobs=n_jobs)
        deck = crossbar(spec, g, x, state=state, nodes=nodes)
        return read_solution(spec, deck, run(deck, folder=folder))
    arrays = draw(spec, g, x)
    states = [array_states(one.spec, one.g, run) for one in arrays]
    if _as_charge(spec):
        places = [None if folder is None else Path(folder) / f"array_{k:03d}" for k in range(len(arrays))]
        solutions = [
            read_charge(one.spec, one.g, one.x, state=state, folder=place, n_jobs=n_jobs)
            for one, state, place in zip(arrays, states, places, strict=True)
        ]
    else:
        decks = [crossbar(one.spec, one.g, one.x, state=state) for one, state in zip(arrays, states, strict=True)]
        raws = run_many(decks, n_jobs=n_jobs, folder=folder)
        solutions = [read_solution(one.spec, deck, raw) for one, deck, raw in zip(arrays, decks, raws, strict=True)]
    return _together(spec, arrays, solutions)


def _as_charge(spec: ArraySpec) -> bool:
    """The output only exists in time."""
    return spec.array.cell == "1c" or spec.driver.input_code == "pulse_width"


def _together(spec: ArraySpec, arrays: list[DrawnArray], solutions: list[Solution]) -> Solution:
    """Outputs and power of all drawn arrays as those of the matrix."""
    first = solutions[0]
    digests = "".join(str(solution.provenance.deck_digest) for solution in solutions)
    digest = hashlib.sha256(digests.encode()).hexdigest()
    powers = [solution.power for solution in solutions if solution.power is not None]
    return Solution(
        out=combine(spec, arrays, [solution.out for solution in solutions]),
        quantity=first.quantity,
        unit=first.unit,
        power=np.sum(powers, axis=0) if powers else None,
        provenance=replace(first.provenance, spec_digest=spec.digest, deck_digest=digest),
    )
