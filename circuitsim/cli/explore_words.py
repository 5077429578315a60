"""What `circuitsim explore` says to people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table

if TYPE_CHECKING:
    from circuitsim.campaign import ExplorationFile, ExplorationStep
    from circuitsim.results import Exploration

_MOST = 5  # reasons that are listed


def step_in_words(step: "ExplorationStep", file: "ExplorationFile") -> str:
    """Say in a few words what stands beside the bar: the front so far, and the best of the first objective."""
    from circuitsim.results import result_in_words

    if step.best is None:
        return "nothing keeps the limits yet" if step.done else ""
    first = (*file.minimize, *file.maximize)[0]
    return f"front {step.front}; best {first} {result_in_words(*step.best)}"


def exploration_in_words(found: "Exploration") -> list[str | Table]:
    """Say what an exploration found: the front, finalists beside their finer numbers, and what went wrong."""
    from circuitsim.report import front_rows, nothing_allowed

    share = len(found.index) / found.size
    words: list[str | Table] = []
    if front := int(found.front.sum()):
        head = f"{found.name}: {front} design{'s' if front > 1 else ''} on the front"
        failed = f", of which {found.failures} failed" if found.failures else ""
        words.append(f"{head}, from {len(found.index)} of {found.size} places ({100 * share:.0f} %){failed}")
        words.append(_table(*front_rows(found)))
    else:
        words.append(nothing_allowed(found))
    words += [
        f"finalist {found.place(_place(found, each.point))}: {each.state}{_why(each.why)}" for each in found.finalists
    ]
    if (grid := found.grid) is not None:
        volume = "" if grid.volume is None else f", {grid.volume:.4f} of its hypervolume"
        words.append(
            f"grid: {grid.found} of the {grid.front} designs on its front were found{volume}, with "
            f"{len(found.index)} of {grid.points} points ({100 * len(found.index) / max(grid.points, 1):.0f} %)"
        )
        words += [f"not found: {found.place(place)}" for place in grid.missed[:_MOST]]
    words += [f"failed: {count} x {reason}" for reason, count in found.failed[:_MOST]]
    words += [f"no design: {count} x {reason}" for reason, count in found.refused[:_MOST]]
    return words


def _place(found: "Exploration", point: int) -> tuple[int, ...]:
    return tuple(int(k) for k in np.asarray(found.index[point]))


def _why(why: str) -> str:
    return f", because {why}" if why else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(*head, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    return table
