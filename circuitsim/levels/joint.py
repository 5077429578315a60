"""What is known of a matrix on several arrays, from what is known of each."""

from collections.abc import Sequence

import numpy as np

from circuitsim.results import Convergence, Solution, TileError
from circuitsim.spec import ArraySpec, DrawnArray


def worst_convergence(solutions: Sequence[Solution]) -> Convergence | None:
    """Return each measure of convergence for each vector, from the drawn array with the largest value."""
    parts = [solution.convergence for solution in solutions if solution.convergence is not None]
    if len(parts) < len(solutions):
        return None

    def worst(values: list[np.ndarray | None]) -> np.ndarray | None:
        arrays = [value for value in values if value is not None]
        return np.max(arrays, axis=0) if len(arrays) == len(parts) else None

    return Convergence(
        kirchhoff=np.max([part.kirchhoff for part in parts], axis=0),
        residual=worst([part.residual for part in parts]),
        iterations=worst([part.iterations for part in parts]),
    )


def joint_tile_error(spec: ArraySpec, drawn: Sequence[DrawnArray], solutions: Sequence[Solution]) -> TileError | None:
    """Return what is known of the outputs of a matrix on several tiles: errors add up as the currents do.

    Sub-arrays of the same columns are added, and a reference column, which has the error of a column, is subtracted.
    Full scale is that of all sub-arrays of a column together; None if one tile has no error to state.
    """
    errors = [solution.tile_error for solution in solutions]
    parts = [error for error in errors if error is not None]
    if len(parts) < len(errors):
        return None
    columns = [array.cols.start for array in drawn]
    count, twice = columns.count(columns[0]), 1 if spec.technique.g_reference is None else 2
    worst = dict.fromkeys(columns, 0.0)
    for start, part in zip(columns, parts, strict=True):
        worst[start] += twice * (part.worst or 0.0) / count
    return TileError(
        full_scale=count * parts[0].full_scale,
        typical_rms=twice * parts[0].typical_rms,
        load=max(part.load for part in parts),
        worst=None if any(part.worst is None for part in parts) else max(worst.values()),
        relative_to=parts[0].relative_to,
    )
