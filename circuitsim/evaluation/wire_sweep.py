"""Accuracy against wire resistance: the array recalibrated at each value."""

from collections.abc import Sequence

import numpy as np

from circuitsim import nodal, spice
from circuitsim.calibration import random_experiments
from circuitsim.calibration.certify import errors_against
from circuitsim.calibration.solve_experiments import solve_in_ngspice
from circuitsim.evaluation.accuracy import calibrated_accuracy
from circuitsim.network import Network
from circuitsim.results import CellSurface, Experiment, TileModel
from circuitsim.results.evaluation import WirePoint
from circuitsim.spec import ArraySpec
from circuitsim.spice import Progress

RESISTANCES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # ohm per segment
SPOT_CHECK = {"uniform": 2, "sparse": 1, "binary": 1, "all_on": 1}


def wire_sweep(
    network: Network,
    spec: ArraySpec,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    calibration_images: np.ndarray,
    tiles: Sequence[Experiment],
    rng: np.random.Generator,
    simulator: spice.Simulator,
    n_jobs: int,
    progress: Progress,
) -> tuple[WirePoint, ...]:
    """Classify all images at each of `RESISTANCES`, with the model certified anew against the array solver.

    Args:
        network, spec, images, labels: What is classified on what; row and column wires are changed together.
        calibration_images: For the ADC ranges, which are learnt anew too.
        tiles: The network's own tiles, for the hold-out and for the spot checks in ngspice at both ends.
        rng: Source of the draws; every point has a generator of its own, spawned from it.
        simulator, n_jobs: For characterization and spot checks.
        progress: Called with (finished, all).
    """
    points = []
    generators = rng.spawn(len(RESISTANCES))
    for number, (r_wire, generator) in enumerate(zip(RESISTANCES, generators, strict=True)):
        progress(number, len(RESISTANCES))
        at = with_wires(spec, r_wire)
        accuracy, result = calibrated_accuracy(
            network,
            at,
            images,
            labels,
            calibration_images=calibration_images,
            rng=generator,
            tiles=tiles,
            simulator=simulator,
        )
        checked = (None, None)
        if r_wire in (RESISTANCES[0], RESISTANCES[-1]):
            checked = _against_ngspice(result.model, tiles, result.certificate.full_scale, generator, simulator, n_jobs)
        points.append(
            WirePoint(
                r_wire=r_wire,
                accuracy=accuracy,
                ir_drop=largest_drop(at, result.model.surface, tiles),
                rms=result.certificate.error.rms,
                max=result.certificate.error.max,
                ngspice_rms=checked[0],
                ngspice_max=checked[1],
            )
        )
    progress(len(RESISTANCES), len(RESISTANCES))
    return tuple(points)


def with_wires(spec: ArraySpec, r_wire: float) -> ArraySpec:
    """The array with segments of r_wire [ohm] in rows and columns, also where they follow from a geometry."""
    return spec.replace(wire={"row": None, "col": None, "r_row": r_wire, "r_col": r_wire})


def largest_drop(spec: ArraySpec, surface: CellSurface | None, tiles: Sequence[Experiment]) -> float:
    """Largest fraction of the read voltage that a cell of the given tiles loses with every row on."""
    v_in = np.full((1, spec.array.rows), spec.driver.v_read)
    worst = 0.0
    for tile in tiles:
        solution = nodal.read(nodal.prepare(spec, tile.g, surface), v_in, nodes=True)
        assert solution.v_row is not None and solution.v_col is not None
        worst = max(worst, float(1 - (solution.v_row - solution.v_col).min() / spec.driver.v_read))
    return worst


def _against_ngspice(
    model: TileModel,
    tiles: Sequence[Experiment],
    full_scale: float,
    rng: np.random.Generator,
    simulator: spice.Simulator,
    n_jobs: int,
) -> tuple[float, float]:
    checks = (*random_experiments(model.spec, rng, matrices=("log_uniform",), vectors=SPOT_CHECK), tiles[0])
    truths = solve_in_ngspice(model.spec, checks, n_jobs=n_jobs, simulator=simulator)
    error = errors_against(model, checks, truths, full_scale)
    return error.rms, error.max
