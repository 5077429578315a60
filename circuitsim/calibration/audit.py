"""Audit a tile in use: solve a random share of its real reads exactly."""

import math
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.behavioral import program, tile_outputs
from circuitsim.calibration.box import full_scale_of_model
from circuitsim.chain import exact_outputs, model_array
from circuitsim.errors import InputError
from circuitsim.results import Audit, TileModel
from circuitsim.results.error_scale import error_scale, errors_relative_to
from circuitsim.spec import Tolerance, check_conductances, check_inputs, checked, real_numbers


@checked
def audit(
    model: TileModel,
    g: ArrayLike,
    x: ArrayLike,
    *,
    fraction: Annotated[float, "a share of the reads above 0, up to 1"],
    limit: Tolerance,
    rng: np.random.Generator,
    out: ArrayLike | None = None,
    full_scale: Tolerance | None = None,
) -> Audit:
    """Solve a random share of real reads by the array solver and hold the outputs of a tile against it.

    Args:
        model: The behavioral model.
        g: Conductances of the tile (rows, cols) [S], or capacitances of 1c cells [F].
        x: The reads: inputs (batch, rows) [V].
        fraction: Share of the reads to solve, above 0 and up to 1; rounded up to whole reads.
        limit: Error above which a read counts, as a fraction of full scale.
        rng: Chooses the reads.
        out: Outputs of these reads as they were used (batch, cols), in the unit of the certificate; None: the
            model's own.
        full_scale: What errors are divided by, in the unit of the outputs; None: the largest output of the box.

    Returns:
        The audit, with the largest error found and the share of reads that may be above the limit.

    Raises:
        InputError, OutsideRangeError: An argument does not fit.
        NotConvergedError: The array solver did not reach its tolerance.
    """
    spec = model.spec
    g, x = check_conductances(spec, g), check_inputs(spec, x)
    if not 0 < fraction <= 1:
        raise InputError(f"fraction = {fraction:g}: expected a share of the reads above 0, up to 1")
    if out is not None:
        out = real_numbers("out", out, shape=(len(x), spec.array.cols), axes="(batch, cols)")
    if full_scale is None:
        full_scale = full_scale_of_model(model)[0]
    chosen = np.sort(rng.choice(len(x), size=math.ceil(fraction * len(x)), replace=False))
    used = np.asarray(tile_outputs(program(model, g), x[chosen])) if out is None else out[chosen]
    exact, of = exact_outputs(model_array(model, g), x[chosen]), errors_relative_to(spec)
    error = (np.abs(used - exact) / error_scale(exact, full_scale, of)).max(axis=1)
    error[np.isnan(error)] = np.inf  # a read without an answer
    return Audit(len(x), len(chosen), limit, int((error > limit).sum()), float(error.max()), float(full_scale), of)
