"""Read an array of any kind in ngspice, from its specification to its solution."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.characterization import array_states, check_chord
from circuitsim.devices import check_two_states, programmable_range
from circuitsim.errors import InputError
from circuitsim.library import assemble_own
from circuitsim.netlist import Netlist, TransientNetlist, checked_crossbar, checked_transient
from circuitsim.netlist.mismatch import Mismatch, check_mismatch
from circuitsim.results import Solution, content_digest
from circuitsim.spec import ArraySpec, by_value, check_conductances, check_inputs, checked
from circuitsim.spice import (
    AMPLIFIER_OPTIONS,
    TRANSIENT_OPTIONS,
    TRUTH_OPTIONS,
    Progress,
    Simulator,
    add_options,
    run,
    run_many,
    running_decks,
)
from circuitsim.spice.result import RawResult
from circuitsim.truth.in_time import charges
from circuitsim.truth.solution import solution_of


@by_value
@dataclass(frozen=True)
class TruthArray:
    """An array with programmed conductances, ready to be read in ngspice.

    Attributes:
        spec: The array.
        g: (rows, cols) programmed conductances [S], or capacitances [F] of 1c cells.
        state: (rows, cols) state of each device in the unit of its card; None for devices that take a conductance.
        mismatch: Deviation of each access transistor; None: no deviation.
    """

    spec: ArraySpec
    g: np.ndarray
    state: np.ndarray | None
    mismatch: Mismatch | None

    @property
    def given(self) -> dict[str, str]:
        """`Provenance.given` of every read."""
        varied = {} if self.mismatch is None else {"mismatch": content_digest(self.mismatch)}
        return {"g": content_digest(self.g), **varied}


@checked
def prepare(spec: ArraySpec, g: ArrayLike, *, mismatch: Mismatch | None = None, drawn: bool = False) -> TruthArray:
    """Prepare an array for ngspice: check its conductances and find the states of its devices.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S], or capacitances [F] of 1c cells; 0 is an open cell.
        mismatch: Deviation of each access transistor; None: no deviation.
        drawn: The conductances are what programming left, see `devices.programmable_range`.

    Raises:
        InputError: A shape or value cannot be used.
        OutsideRangeError: A conductance is outside the device's range, or between the two states of a binary device.
        SimulatorError: A deck of single devices failed; its folder is kept.
    """
    g = check_conductances(spec, g, g_range=programmable_range(spec, drawn=drawn))
    check_two_states(spec, g)
    if mismatch is not None:
        check_mismatch(spec, mismatch)
    check_chord(spec)
    return TruthArray(spec, g, array_states(spec, g), mismatch)


@checked
def read(
    array: TruthArray,
    x: ArrayLike,
    *,
    nodes: bool = False,
    folder: str | Path | None = None,
    simulator: Simulator | None = None,
    time_limit_s: float | None = None,
    n_jobs: int = 2,
) -> Solution:
    """Read a prepared array in ngspice, once per input vector.

    Args:
        array: From `prepare`.
        x: Inputs (batch, rows); see `netlist.crossbar`.
        nodes: Also return the voltages and currents at every cell.
        folder: Where to keep the run folder; None removes it after success. Reads of charge run one deck per input
            vector and keep numbered folders.
        simulator: The ngspice to use; None: `spice.find_ngspice()`.
        time_limit_s: Wall-clock limit of each attempt [s]; None: follows from what the deck is predicted to take.
        n_jobs: Number of decks that run at the same time.

    Returns:
        The solution: currents [A], or charges [C] for 1c cells and for inputs coded by pulse width.

    Raises:
        InputError: A shape or value cannot be used, or `nodes` is True for a read of charge.
        SimulatorError: A run failed; its folder is kept.
    """
    decks = _decks(array, x, nodes)
    if len(decks) == 1:
        raws = [run(decks[0], folder=folder, simulator=simulator, time_limit_s=time_limit_s)]
    else:
        raws = run_many(decks, n_jobs=n_jobs, folder=folder, simulator=simulator, time_limit_s=time_limit_s)
    return _solution(array, decks, raws)


@checked
def read_many(
    reads: Sequence[tuple[TruthArray, ArrayLike]],
    *,
    folder: str | Path | None = None,
    simulator: Simulator | None = None,
    time_limit_s: float | None = None,
    n_jobs: int = 2,
    progress: Progress | None = None,
) -> list[Solution]:
    """Read many prepared arrays with decks in parallel; return the solutions in the order of `reads`.

    Args:
        reads: Arrays from `prepare`, each with its inputs (batch, rows).
        folder: Where to keep a numbered run folder per deck; None removes them after success.
        simulator, time_limit_s, n_jobs: As in `read`.
        progress: Called with (finished, total) after each deck.

    Raises:
        InputError: A shape or value cannot be used.
        DecksFailedError: Some decks failed; the other decks were finished and their folders are kept.
    """
    with running_reads(
        reads,
        folder=folder,
        simulator=simulator,
        time_limit_s=time_limit_s,
        n_jobs=n_jobs,
        progress=progress,
    ) as solutions:
        return solutions()


@checked
@contextmanager
def running_reads(
    reads: Sequence[tuple[TruthArray, ArrayLike]],
    *,
    folder: str | Path | None = None,
    simulator: Simulator | None = None,
    time_limit_s: float | None = None,
    n_jobs: int = 2,
    progress: Progress | None = None,
) -> Iterator[Callable[[], list[Solution]]]:
    """Read many prepared arrays while the body of a `with` statement does other work.

    The body gets a function that waits for the decks and returns what `read_many` returns. An exception in the body
    ends all simulators. Arguments and errors as of `read_many`.
    """
    groups = [_decks(array, x, nodes=False) for array, x in reads]
    with running_decks(
        [deck for group in groups for deck in group],
        n_jobs=n_jobs,
        folder=folder,
        simulator=simulator,
        time_limit_s=time_limit_s,
        progress=progress,
    ) as results:

        def solutions() -> list[Solution]:
            raws = iter(results())
            pairs = zip(reads, groups, strict=True)
            return [_solution(array, group, list(islice(raws, len(group)))) for (array, _), group in pairs]

        yield solutions


@checked
def decks(array: TruthArray, x: ArrayLike) -> list[str]:
    """Write the decks that `read` runs, with solver options: one for currents, one per input vector for charges.

    Each is complete: it contains what it needs of the files of the cell.

    Raises:
        InputError: A shape or value cannot be used.
    """
    at_rest = TRUTH_OPTIONS if array.spec.sense.block is None else AMPLIFIER_OPTIONS
    options = TRANSIENT_OPTIONS if _as_charge(array.spec) else at_rest
    return [add_options(assemble_own(deck.text).text, options) for deck in _decks(array, x, nodes=False)]


def _decks(array: TruthArray, x: ArrayLike, nodes: bool) -> Sequence[Netlist | TransientNetlist]:
    """Write one deck for a batch of currents, or one per input vector for charges."""
    spec = array.spec
    x = check_inputs(spec, x)
    if not _as_charge(spec):
        return [checked_crossbar(spec, array.g, x, state=array.state, mismatch=array.mismatch, nodes=nodes)]
    if nodes:
        raise InputError(
            "nodes = True, but the output is a charge: expected nodes = False, or an array whose output is a current"
        )
    if array.mismatch is not None:
        raise InputError("mismatch is given, but the output is a charge: expected an array whose output is a current")
    return [checked_transient(spec, array.g, vector, state=array.state) for vector in x]


def _solution(array: TruthArray, decks: Sequence[Netlist | TransientNetlist], raws: Sequence[RawResult]) -> Solution:
    pulses = [deck for deck in decks if isinstance(deck, TransientNetlist)]
    if pulses:
        solution = charges(pulses, raws)
    else:
        (deck,) = decks
        assert isinstance(deck, Netlist)
        solution = solution_of(array.spec, deck, raws[0])
    return replace(solution, provenance=replace(solution.provenance, given=array.given))


def _as_charge(spec: ArraySpec) -> bool:
    """Tell whether the output is a charge, which only a read in time gives."""
    return spec.array.cell == "1c" or spec.driver.input_code == "pulse_width"
