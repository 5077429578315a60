"""State the error of the currents that a model gives row drivers, against the solutions of the hold-out."""

from collections.abc import Sequence

import numpy as np

from circuitsim.behavioral import AnyTile, program, read_rows, row_currents, voltage_tile
from circuitsim.calibration.error_statistics import error_statistics
from circuitsim.chain import model_array, read_exact
from circuitsim.results import Experiment, RowErrors, Solution, TileModel, WorstFound
from circuitsim.spec import input_unit


def row_errors(
    model: TileModel,
    experiments: Sequence[Experiment],
    truths: Sequence[Solution],
    worst: WorstFound | None = None,
    *,
    tiles: Sequence[AnyTile] | None = None,
) -> RowErrors | None:
    """Compare the row currents of a model with those of solutions.

    Args:
        model: The model.
        experiments: Conductances and inputs.
        truths: Their solutions, in the same order.
        worst: The largest error of the outputs that was found; its witness is read too.
        tiles: Tiles of the experiments; None: they are programmed.

    Returns:
        The errors over the largest row current of the solutions; None where they state no row currents, and where
        inputs switch gates.
    """
    if input_unit(model.spec) != "V":
        return None
    if tiles is None:
        tiles = [program(model, experiment.g) for experiment in experiments]
    pairs = []
    for experiment, tile, truth in zip(experiments, tiles, truths, strict=True):
        if truth.i_row is None:
            return None
        pairs.append((_rows(model, tile, experiment.g, experiment.v_in), truth.i_row))
    largest, at_worst = max(float(np.abs(true).max()) for _, true in pairs), None
    if worst is not None:
        case = worst.witness.case
        true = read_exact(model_array(model, case.g), case.v_in[None]).i_row
        assert true is not None  # inputs are on bit lines
        largest = max(largest, float(np.abs(true).max()))
        at_worst = float(np.abs(_rows(model, program(model, case.g), case.g, case.v_in[None]) - true).max()) / largest
    return RowErrors(largest, error_statistics(np.concatenate([(m - true) / largest for m, true in pairs])), at_worst)


def _rows(model: TileModel, tile: AnyTile, g: np.ndarray, v_in: np.ndarray) -> np.ndarray:
    return read_rows(row_currents(model, g), voltage_tile(tile, "read the row currents of"), v_in)
