"""Climb from a read to a larger error: flip rows of the input, change blocks of the matrix."""

from collections.abc import Callable, Sequence

import numpy as np

from circuitsim.calibration.changes import changes_of
from circuitsim.calibration.comparison import Difference, Search
from circuitsim.calibration.random_starts import random_inputs, random_matrix

ROUNDS = 20  # of flips; three to six are enough
# Rounds of flips after which an ascent ends that has reached less than this share of the best one. Later rounds gain a
# few per cent, a tenth in matrices that came near the best.
TRIAL, PROMISING = 2, 0.85
GAIN = 1e-3  # relative gain of a round of flips below which it was the last
STEP_UP = 1e-3  # relative gain that makes a change of the matrix worth a step
PATIENCE = 12  # changes of the matrix in a row without a gain, after which its inputs are flipped


def flip_rows(
    search: Search, start: Difference, *, rounds: int = ROUNDS, steps: tuple[float, ...] | None = None
) -> Difference:
    """Change inputs as long as the error grows.

    One batch reads every change of a single row, of a block of rows, and of all rows at one step. A second one applies
    the best change of each row cumulatively, the most promising first: whole patterns turn in one round.

    Args:
        search: The search under way.
        start: Where to start.
        rounds: Largest number of rounds.
        steps: Inputs that a row may take; None: `Box.steps`.
    """
    best, steps = start, steps or search.box.steps
    for _ in range(rounds):
        single, joint = _single_changes(best.v_in, steps), _joint_changes(best.v_in, steps)
        error = search.errors(best.both, np.concatenate([single, joint]), best.family).max(axis=1)
        alone, blocks = error[: len(single)], error[len(single) :]
        together = _cumulative(best.v_in, single[alone > best.error], alone[alone > best.error])
        together = np.concatenate([together, joint[blocks >= max(blocks.max(initial=0.0), best.error)][:1]])
        if len(together) == 0:
            break
        found = search.read(best.both, together, best.family)
        if found.error <= best.error * (1 + GAIN):
            break
        best = found
    return best


def flip_promising(
    search: Search, starts: Sequence[Difference], *, done: Callable[[], None] | None = None
) -> list[Difference]:
    """Flip rows of the inputs of several matrices, to the end where the first rounds come near the best of them.

    Args:
        search: The search under way.
        starts: Where to start, at least one.
        done: Called after the first rounds of each matrix.
    """
    tried = []
    for start in starts:
        tried.append(flip_rows(search, start, rounds=TRIAL))
        if done is not None:
            done()
    enough = PROMISING * max(found.error for found in tried)
    return [flip_rows(search, found) if found.error >= enough else found for found in tried]


def change_blocks(search: Search, start: Difference, inputs: np.ndarray, *, programs: int) -> Difference:
    """Set blocks of the matrix to other conductances as long as the error grows, and flip rows after each round.

    A round ends where `PATIENCE` changes one after the other did not help, or three tenths of all that may be made:
    the inputs then belong to another matrix, and once their rows are flipped the first changes help again.

    Args:
        search: The search under way.
        start: Where to start.
        inputs: Inputs (batch, rows) [V] that each matrix is read with besides those of the best read.
        programs: Largest number of matrices to program.
    """
    best, left, improved, patience = start, programs, True, max(PATIENCE, 3 * programs // 10)
    while improved and left > 0:
        improved, idle = False, 0
        for change in changes_of(search.box, best.v_in, best.column):
            g = change(best.both.g, best.column)
            if np.array_equal(g, best.both.g):
                continue
            if left == 0 or idle == patience:
                break
            left, idle = left - 1, idle + 1
            found = search.read(search.program(g), np.vstack([best.v_in, inputs]), best.family)
            if found.error > best.error * (1 + STEP_UP):
                best, improved, idle = found, True, 0
        if improved:
            best = flip_rows(search, best)
    return best


def climb_from_random(
    search: Search, inputs: np.ndarray, kind: str, rng: np.random.Generator, *, programs: int, tries: int = 1
) -> None:
    """Climb from the worst of some random matrices of one of `STARTS`; other arguments as of `change_blocks`."""
    box, tried = search.box, []
    for _ in range(tries):
        both = search.program(random_matrix(kind, box, rng))
        drawn = random_inputs(box, rng, each=10)
        tried.append(search.read(both, np.vstack([drawn, inputs]), f"random start, {kind}"))
    start = flip_rows(search, max(tried, key=lambda found: found.error))
    change_blocks(search, start, inputs, programs=programs)


def _single_changes(v_in: np.ndarray, steps: tuple[float, ...]) -> np.ndarray:
    """Return every input that differs from `v_in` in one row, which takes one of the steps."""
    rows, values = np.nonzero(v_in[:, None] != np.array(steps))
    changed = np.repeat(v_in[None], len(rows), axis=0)
    changed[np.arange(len(rows)), rows] = np.array(steps)[values]
    return changed


def _joint_changes(v_in: np.ndarray, steps: tuple[float, ...]) -> np.ndarray:
    """Return the input with all rows at one voltage, or all rows of a half, quarter or eighth, moved to a step."""
    rows = np.arange(len(v_in))
    groups = [v_in == value for value in (np.unique(v_in) if len(np.unique(v_in)) <= len(steps) else ())]
    groups += [rows * parts // len(v_in) == part for parts in (1, 2, 4, 8) for part in range(parts)]
    changed = np.array([np.where(group, step, v_in) for group in groups for step in steps])
    return np.unique(changed[(changed != v_in).sum(axis=1) > 1], axis=0)


def _cumulative(v_in: np.ndarray, single: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Apply the single changes one after the other, the largest error first, each row once."""
    together, current, turned = [], v_in.copy(), set()
    for changed in single[np.argsort(-error, kind="stable")]:
        (row,) = np.flatnonzero(changed != v_in)
        if row not in turned:
            turned.add(row)
            current[row] = changed[row]
            together.append(current.copy())
    return np.array(together).reshape(-1, len(v_in))
