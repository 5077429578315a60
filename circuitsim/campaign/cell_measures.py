"""Measures of cells as programming leaves them: the share within a tolerance, and how often a current fails."""

from typing import Literal

import numpy as np

from circuitsim import calibration, levels
from circuitsim.campaign.array_measures import MeasuredNumbers
from circuitsim.campaign.importance import normal_proposal, rare_share, weighted_draws
from circuitsim.devices import device_card
from circuitsim.devices.statistics import draw_conductances, programming_sigma, read_statistics
from circuitsim.errors import InputError
from circuitsim.spec import ArraySpec, Count, full_scale_inputs, input_unit


def programming_yield(
    spec: ArraySpec, rng: np.random.Generator, *, tolerance: float, after: float = 0.0, matrix: str = "log_uniform"
) -> MeasuredNumbers:
    """Program an array once, by the statistics of the device's card: the share of its cells within a tolerance.

    Args:
        spec: The array.
        rng: Source of all randomness.
        tolerance: Largest error that passes, as a fraction of g_max − g_min.
        after: Time since programming [s]; drift or retention is drawn where the card states it.
        matrix: Kind of conductances, of `calibration.MATRIX_KINDS`.

    Raises:
        InputError: The tolerance is not above 0, or the card states no programming error.
    """
    if not tolerance > 0:
        raise InputError(f"tolerance = {tolerance:g}: expected a fraction of g_max - g_min above 0")
    kind = "uniform" if input_unit(spec) == "V" else "half"
    (drawn,) = calibration.random_experiments(spec, rng, matrices=(matrix,), vectors={kind: 1})
    causes = ["programming"] if after == 0 else ["programming", "drift"]
    found = draw_conductances(read_statistics(device_card(spec)), drawn.g, after, causes=causes, rng=rng)
    error = np.abs(found - drawn.g) / (spec.device.g_max - spec.device.g_min)
    return {
        "within": (float(np.mean(error <= tolerance)), "1"),
        "outside": (float(np.sum(error > tolerance)), "1"),
        "largest": (float(error.max()), "1"),
    }


def rare_current(
    spec: ArraySpec,
    rng: np.random.Generator,
    *,
    limit: float,
    side: Literal["below", "above"] = "below",
    target: float | None = None,
    draws: Count = 1000,
    shift: float | None = None,
    scale: float = 1.0,
    level: Literal["nodal", "ideal"] = "nodal",
) -> MeasuredNumbers:
    """How often programming leaves the current of the last column beyond a limit, by importance sampling.

    All cells are wanted at one conductance, all rows are driven to v_ref + v_read, and cells have the programming
    error of the device's card. The cells of the last column are drawn with their errors moved towards the limit, and
    wider; each draw counts by its likelihood. The estimate has no bias: replicates of it may be averaged.

    Args:
        spec: The array.
        rng: Source of all randomness.
        limit: Current beyond which a column fails [A].
        side: On which side of the limit it fails.
        target: Wanted conductance [S]; None: the middle of g_min and g_max.
        draws: Number of arrays that are drawn.
        shift: How far errors are moved, in standard deviations of the current of the column without wires; None: from
            the current without errors to the limit.
        scale: How many times as wide errors are drawn; with many cells more than 1 leaves few draws their weight.
        level: "nodal", the array solver; "ideal", the product without wires and transistors.

    Raises:
        InputError: The array has no voltages on bit lines, or the card states no programming error.
    """
    if spec.array.input_line != "bl" or input_unit(spec) != "V" or spec.array.cell not in ("1r", "1t1r"):
        raise InputError("rare_current: expected array.cell = '1r' or '1t1r', with voltages on bit lines")
    rows, cols = spec.array.rows, spec.array.cols
    wanted = np.full((rows, cols), target if target is not None else (spec.device.g_min + spec.device.g_max) / 2)
    sigma = programming_sigma(read_statistics(device_card(spec)), wanted)
    x = full_scale_inputs(spec)[None, :]
    slope = (x[0] - spec.sense.v_ref) * sigma[:, -1]
    length = float(np.linalg.norm(slope))
    if length == 0:
        raise InputError("rare_current: no error changes the current, by the card: expected one")
    away = (limit - _current(spec, wanted, x, level)) / length
    toward = shift * (-1 if side == "below" else 1) if shift is not None else away
    if shift is None and (away > 0) == (side == "below"):
        toward = 0.0  # failing is not rare
    z, log_weight = weighted_draws(normal_proposal(toward * slope / length, scale), draws, rng=rng)
    currents = np.empty(draws)
    for k in range(draws):
        g = np.maximum(wanted + sigma * rng.standard_normal((rows, cols)), 0.0)
        g[:, -1] = np.maximum(wanted[:, -1] + sigma[:, -1] * z[k], 0.0)
        currents[k] = _current(spec, g, x, level)
    found = rare_share(currents < limit if side == "below" else currents > limit, log_weight)
    return {
        "probability": (found.value, "1"),
        "low": (found.low, "1"),
        "high": (found.high, "1"),
        "effective": (found.effective, "1"),
        "failed": (float(found.failed), "1"),
    }


def _current(spec: ArraySpec, g: np.ndarray, x: np.ndarray, level: Literal["nodal", "ideal"]) -> float:
    """Return the current of the last column [A]."""
    if level == "ideal":
        return float((x[0] - spec.sense.v_ref) @ g[:, -1])
    return float(levels.solve(spec, g, x, level, drawn=True).out[0, -1])
