"""The whole way from a specification to a solution by ngspice, whatever the kind of array."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.characterization import array_states
from circuitsim.devices import programmable_range
from circuitsim.errors import InputError
from circuitsim.netlist import Netlist, TransientNetlist, checked_crossbar, checked_transient
from circuitsim.netlist.mismatch import Mismatch, check_mismatch
from circuitsim.results import Solution
from circuitsim.spec import ArraySpec, check_conductances, check_inputs
from circuitsim.spice import TRANSIENT_OPTIONS, TRUTH_OPTIONS, Progress, Simulator, add_options, run, run_many
from circuitsim.spice.batch import TIME_LIMIT_S
from circuitsim.spice.result import RawResult
from circuitsim.truth.in_time import charges
from circuitsim.truth.solution import read_solution


@dataclass(frozen=True)
class TruthArray:
    """An array with its conductances programmed, for ngspice.

    Attributes:
        spec: The array.
        g: (rows, cols) programmed conductances [S].
        state: (rows, cols) what each device stores, in its own unit; None for devices that take their conductance.
        mismatch: Deviation of every access transistor; None: all alike.
    """

    spec: ArraySpec
    g: np.ndarray
    state: np.ndarray | None
    mismatch: Mismatch | None


def prepare(spec: ArraySpec, g: ArrayLike, *, mismatch: Mismatch | None = None) -> TruthArray:
    """Program an array for ngspice: find what its devices store, through small decks where that is no conductance.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S]; 0 is an open cell.
        mismatch: Deviation of every access transistor; None: all alike.

    Raises:
        InputError: A shape or value cannot be used.
        OutsideRangeError: A conductance is outside the device's range.
        SimulatorError: A deck of single devices failed; its folder is kept.
    """
    g = check_conductances(spec, g, g_range=programmable_range(spec))
    if mismatch is not None:
        check_mismatch(spec, mismatch)
    return TruthArray(spec, g, array_states(spec, g), mismatch)


def read(
    array: TruthArray,
    x: ArrayLike,
    *,
    nodes: bool = False,
    folder: str | Path | None = None,
    simulator: Simulator | None = None,
    time_limit_s: float = TIME_LIMIT_S,
    n_jobs: int = 2,
) -> Solution:
    """Read a programmed array by ngspice, once per input vector.

    Args:
        array: From `prepare`.
        x: Inputs (batch, rows); see `netlist.crossbar`.
        nodes: Also return the voltages and currents at every cell.
        folder: Keeps the run, or the numbered runs of charges, which take a deck per vector; None: removed after
            success.
        simulator: Which ngspice; None: `spice.find_ngspice()`.
        time_limit_s: Wall-clock limit of each attempt [s].
        n_jobs: Decks that run at the same time.

    Returns:
        The solution: currents [A], or charges [C] of 1c cells and of pulses that code by their width.

    Raises:
        InputError: A shape or value cannot be used, or `nodes` is asked for where charges are read.
        SimulatorError: A run failed; its folder is kept.
    """
    decks = _decks(array, x, nodes)
    if len(decks) == 1:
        raws = [run(decks[0], folder=folder, simulator=simulator, time_limit_s=time_limit_s)]
    else:
        raws = run_many(decks, n_jobs=n_jobs, folder=folder, simulator=simulator, time_limit_s=time_limit_s)
    return _solution(array, decks, raws)


def read_many(
    reads: Sequence[tuple[TruthArray, ArrayLike]],
    *,
    folder: str | Path | None = None,
    simulator: Simulator | None = None,
    time_limit_s: float = TIME_LIMIT_S,
    n_jobs: int = 2,
    progress: Progress | None = None,
) -> list[Solution]:
    """Read many programmed arrays, their decks side by side; solutions come in the order of `reads`.

    Args:
        reads: Arrays from `prepare`, each with its inputs (batch, rows).
        folder: Keeps every deck in a numbered folder; None: removed after success.
        simulator, time_limit_s, n_jobs: As in `read`.
        progress: Called with (finished, all) after each deck.

    Raises:
        InputError: A shape or value cannot be used.
        DecksFailedError: Some decks failed; the others finished and their folders stay.
    """
    groups = [_decks(array, x, nodes=False) for array, x in reads]
    raws = run_many(
        [deck for group in groups for deck in group],
        n_jobs=n_jobs,
        folder=folder,
        simulator=simulator,
        time_limit_s=time_limit_s,
        progress=progress,
    )
    solutions = []
    for (array, _), group in zip(reads, groups, strict=True):
        solutions.append(_solution(array, group, raws[: len(group)]))
        raws = raws[len(group) :]
    return solutions


def decks(array: TruthArray, x: ArrayLike) -> list[str]:
    """Write the decks that `read` runs, with their solver options: one, or one per vector where charges are read.

    Raises:
        InputError: A shape or value cannot be used.
    """
    options = TRANSIENT_OPTIONS if _as_charge(array.spec) else TRUTH_OPTIONS
    return [add_options(deck.text, options) for deck in _decks(array, x, nodes=False)]


def _decks(array: TruthArray, x: ArrayLike, nodes: bool) -> Sequence[Netlist | TransientNetlist]:
    """One deck for a batch of currents, one per vector for charges."""
    spec = array.spec
    x = check_inputs(spec, x)
    if not _as_charge(spec):
        return [checked_crossbar(spec, array.g, x, state=array.state, mismatch=array.mismatch, nodes=nodes)]
    if nodes:
        raise InputError("nodes = True: expected an array whose output is a current; otherwise nodes = False")
    if array.mismatch is not None:
        raise InputError("mismatch is given, but the output is a charge: expected an array whose output is a current")
    return [checked_transient(spec, array.g, vector, state=array.state) for vector in x]


def _solution(array: TruthArray, decks: Sequence[Netlist | TransientNetlist], raws: Sequence[RawResult]) -> Solution:
    pulses = [deck for deck in decks if isinstance(deck, TransientNetlist)]
    if pulses:
        return charges(pulses, raws)
    (deck,) = decks
    assert isinstance(deck, Netlist)
    return read_solution(array.spec, deck, raws[0])


def _as_charge(spec: ArraySpec) -> bool:
    """The output only exists in time."""
    return spec.array.cell == "1c" or spec.driver.input_code == "pulse_width"
