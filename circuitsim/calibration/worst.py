"""The worst case of a certificate: by search, not below what the hold-out holds, its witness solved in ngspice."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from circuitsim import spice
from circuitsim.behavioral import ChargeForm, model_form
from circuitsim.calibration.drawn_loads import with_drawn_loads
from circuitsim.calibration.loads import MARGIN, largest_found, load_table
from circuitsim.calibration.search import find_worst, structured_worst
from circuitsim.calibration.witness import witness_in_ngspice
from circuitsim.results import (
    Experiment,
    LoadTable,
    ReadCase,
    Solution,
    TileModel,
    Witness,
    WorstFound,
    column_load,
)
from circuitsim.results.error_scale import error_scale, errors_relative_to

Effort = Literal["full", "structured", "none"]
"""How a worst case is sought: by the whole search and by column load, by structured cases alone, or not at all."""


def seek_worst(
    model: TileModel,
    full_scale: float,
    experiments: Sequence[Experiment],
    predicted: Sequence[np.ndarray],
    exact: Sequence[Solution],
    *,
    effort: Effort,
    rng: np.random.Generator,
    simulator: spice.Simulator | None = None,
) -> tuple[WorstFound | None, LoadTable | None]:
    """Seek the largest error of a model; what the reads of the hold-out show counts as found.

    Tiles that hold the array solver's own product are not searched: see `is_own_product`.

    Args:
        model: The model.
        full_scale: What errors are divided by, in the unit of the outputs.
        experiments, predicted, exact: The hold-out, its outputs (batch, cols) by the model, and its solutions by
            the array solver.
        effort: "none" seeks nothing; "structured" makes no table by load, and draws no tiles.
        rng: Generates random starts and matrices.
        simulator: The ngspice that solves the witness, see `witness_in_ngspice`; None: it is not solved there.

    Returns:
        The largest error found, and the largest by column load.
    """
    if effort == "none":
        return None, None
    met = [_largest(model, full_scale, *read) for read in zip(experiments, predicted, exact, strict=True)]
    if is_own_product(model):
        worst = largest_found(*met)
        table = None if effort == "structured" else LoadTable((1.0,), (worst.error,), MARGIN * worst.error)
    elif effort == "structured":
        worst, table = largest_found(structured_worst(model, full_scale), *met), None
    else:
        worst = largest_found(find_worst(model, full_scale, rng=rng), *met)
        table, worst = load_table(model, full_scale, worst=worst, rng=rng)
        table = with_drawn_loads(table, model, full_scale, rng=rng.spawn(1)[0])
        for found in met:
            table = raised(table, column_load(found.witness.case.g, model.spec.device.g_max), found.error)
    if simulator is not None:
        worst = witness_in_ngspice(model, worst, full_scale, simulator=simulator)
    return worst, table


def is_own_product(model: TileModel) -> bool:
    """Whether tiles hold the product that the array solver finds: against it a search would meet rounding alone."""
    form = model_form(model)
    return isinstance(form, ChargeForm) and form.exact


def raised(table: LoadTable, load: float, error: float) -> LoadTable:
    """Return a table in which matrices of a load have at least an error (fraction of full scale)."""
    first = table.loads.index(table.cap_of(min(load, table.loads[-1])))
    worst = tuple(max(e, error) if k >= first else e for k, e in enumerate(table.worst))
    needed = MARGIN * max(e / cap for e, cap in zip(worst, table.loads, strict=True))
    return replace(table, worst=worst, coefficient=max(table.coefficient, needed))


def _largest(
    model: TileModel, full_scale: float, experiment: Experiment, predicted: np.ndarray, exact: Solution
) -> WorstFound:
    """Return the largest error of the reads of an experiment."""
    error = np.abs(predicted - exact.out) / error_scale(exact.out, full_scale, errors_relative_to(model.spec))
    vector, column = np.unravel_index(error.argmax(), error.shape)
    family = f"hold-out, {experiment.matrix_kind} matrix, {experiment.input_kinds[vector]} inputs"
    case = ReadCase.of(experiment.g, experiment.v_in[vector], int(column), family)
    witness = Witness(case, float(predicted[vector, column]), float(exact.out[vector, column]))
    return WorstFound(float(error[vector, column]), witness, 1, len(error))
