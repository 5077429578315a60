"""The whole way from a specification to a solution by ngspice, whatever the kind of array."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.characterization.states import array_states
from circuitsim.devices import programmable_range
from circuitsim.errors import InputError
from circuitsim.netlist import Netlist, TransientNetlist, crossbar, transient
from circuitsim.results import Solution
from circuitsim.spec import ArraySpec
from circuitsim.spec.arrays import check_arrays
from circuitsim.spec.drawn import DrawnArray, combine, draw
from circuitsim.spice.batch import run
from circuitsim.spice.options import TRUTH_OPTIONS, add_options
from circuitsim.spice.pool import run_many
from circuitsim.spice.result import RawResult
from circuitsim.truth.in_time import TRANSIENT_OPTIONS, charges
from circuitsim.truth.solution import read_solution


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
    whole = plan(spec, g, x, nodes=nodes)
    if len(whole.decks) == 1:
        return whole.finish([run(whole.decks[0], folder=folder, options=whole.options)])
    return whole.finish(run_many(whole.decks, n_jobs=n_jobs, folder=folder, options=whole.options))


def array_decks(spec: ArraySpec, g: ArrayLike, x: ArrayLike) -> list[str]:
    """Decks that `read_array` runs, with their solver options: one per drawn array, or per drawn array and vector.

    Raises:
        InputError, SimulatorError: As `read_array`; states of devices are found by running small decks.
    """
    whole = plan(spec, g, x)
    return [add_options(deck.text, whole.options or TRUTH_OPTIONS) for deck in whole.decks]


@dataclass(frozen=True)
class Plan:
    """The decks of one read, and how their results become its solution.

    Attributes:
        spec: The array.
        arrays: What its techniques draw; the array itself without them.
        groups: Decks of each drawn array: one for currents, one per input vector for charges.
        options: Solver options; None: those of `run`.
    """

    spec: ArraySpec
    arrays: list[DrawnArray]
    groups: list[Sequence[Netlist | TransientNetlist]]
    options: dict[str, str] | None

    @property
    def decks(self) -> list[Netlist | TransientNetlist]:
        return [deck for group in self.groups for deck in group]

    def finish(self, raws: Sequence[RawResult]) -> Solution:
        """Solution from one result per deck, in their order."""
        solutions = []
        for array, group in zip(self.arrays, self.groups, strict=True):
            own, raws = raws[: len(group)], raws[len(group) :]
            currents = [deck for deck in group if isinstance(deck, Netlist)]
            pulses = [deck for deck in group if isinstance(deck, TransientNetlist)]
            solutions.append(read_solution(array.spec, currents[0], own[0]) if currents else charges(pulses, own))
        return _together(self.spec, self.arrays, solutions) if self.spec.technique.changes_size else solutions[0]


def plan(spec: ArraySpec, g: ArrayLike, x: ArrayLike, *, nodes: bool = False) -> Plan:
    """Find what the devices store, draw what the techniques draw, write the decks; see `read_array`."""
    if nodes and (spec.technique.changes_size or _as_charge(spec)):
        raise InputError("nodes = True: expected one array whose output is a current; otherwise nodes = False")
    arrays = _drawn(spec, g, x)
    options = TRANSIENT_OPTIONS if _as_charge(spec) else None
    return Plan(spec, arrays, [_decks(array, nodes) for array in arrays], options)


def _drawn(spec: ArraySpec, g: ArrayLike, x: ArrayLike) -> list[DrawnArray]:
    if spec.technique.changes_size:
        return draw(spec, g, x, g_range=programmable_range(spec))
    g, x = check_arrays(spec, g, x, g_range=programmable_range(spec))
    return [DrawnArray(spec, g, x, slice(0, spec.array.cols))]


def _decks(array: DrawnArray, nodes: bool) -> Sequence[Netlist | TransientNetlist]:
    """One deck for a batch of currents, one per vector for charges."""
    state = array_states(array.spec, array.g, run)
    if _as_charge(array.spec):
        return [transient(array.spec, array.g, vector, state=state) for vector in array.x]
    return [crossbar(array.spec, array.g, array.x, state=state, nodes=nodes)]


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
