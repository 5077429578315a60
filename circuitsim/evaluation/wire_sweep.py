"""Accuracy against wire resistance, with the array recalibrated at each value."""

from collections.abc import Sequence

import numpy as np

from circuitsim import spice
from circuitsim.calibration import random_experiments
from circuitsim.calibration.certify import errors_against
from circuitsim.calibration.solve_experiments import solve_in_ngspice
from circuitsim.chain import exact_array, read_exact
from circuitsim.errors import InputError, SpecError
from circuitsim.evaluation.accuracy import calibrated_accuracy
from circuitsim.network import Network
from circuitsim.results import CellSurface, Experiment, SenseTable, TileModel
from circuitsim.results.evaluation import WirePoint
from circuitsim.spec import ArraySpec, checked, full_scale_inputs
from circuitsim.spice import Progress

RESISTANCES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # ohm per segment
SPOT_CHECK = {"uniform": 2, "sparse": 1, "binary": 1, "all_on": 1}


@checked
def wire_sweep(
    network: Network,
    spec: ArraySpec,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    calibration_images: np.ndarray,
    tiles: Sequence[Experiment],
    rng: np.random.Generator,
    resistances: Sequence[float] = RESISTANCES,
    simulator: spice.Simulator | None = None,
    n_jobs: int = 2,
    progress: Progress | None = None,
) -> tuple[WirePoint, ...]:
    """Classify images at each wire resistance, with the model recalibrated against the array solver.

    The model is also compared with ngspice at the lowest and the highest resistance.

    Args:
        network, images, labels: As in `calibrated_accuracy`.
        spec: The array; the segments of its row and column wires take the same resistance.
        calibration_images: Images from which the ADC ranges are learnt at each resistance.
        tiles: Tiles of the network, at least one, for the hold-out and the IR drop; the first one is also compared with
            ngspice. `network_experiments` takes them from calibration images.
        rng: Source of all randomness; each point has its own generator, spawned from it.
        resistances: Resistances of one segment, in the order of the result [ohm].
        simulator: The ngspice to use; None: the one that `spice.find_ngspice` finds.
        n_jobs: Number of decks solved in parallel.
        progress: Called with (finished, total).

    Returns:
        Accuracy, largest IR drop and error of the model at each resistance.

    Raises:
        InputError: There are no tiles or no resistances, or as `calibrated_accuracy`.
        SpecError: The cells are capacitors, a resistance cannot be used, or as `calibrated_accuracy`.
        OutsideRangeError, SimulatorError: As `calibrated_accuracy`.
    """
    if spec.array.cell == "1c":
        raise SpecError("array.cell = '1c': charges have no IR drop to sweep, expected a cell that carries a current")
    if not len(tiles):
        raise InputError("tiles is empty: expected at least one tile of the network, see network_experiments")
    if not len(resistances):
        raise InputError("resistances is empty: expected at least one resistance of a wire segment in ohm")
    arrays = [with_wires(spec, r_wire) for r_wire in resistances]
    points: list[WirePoint] = []
    for r_wire, array, generator in zip(resistances, arrays, rng.spawn(len(resistances)), strict=True):
        if progress is not None:
            progress(len(points), len(resistances))
        accuracy, result = calibrated_accuracy(
            network,
            array,
            images,
            labels,
            calibration_images=calibration_images,
            rng=generator,
            tiles=tiles,
            simulator=simulator,
        )
        ngspice_error = (None, None)
        if r_wire in (min(resistances), max(resistances)):
            full_scale = result.certificate.full_scale
            ngspice_error = _against_ngspice(result.model, tiles, full_scale, generator, simulator, n_jobs)
        points.append(
            WirePoint(
                r_wire=r_wire,
                accuracy=accuracy,
                ir_drop=largest_drop(array, result.model.current_surface, tiles, sense=result.model.sense),
                rms=result.certificate.typical.rms,
                max=result.certificate.typical.max,
                ngspice_rms=ngspice_error[0],
                ngspice_max=ngspice_error[1],
            )
        )
    if progress is not None:
        progress(len(points), len(resistances))
    return tuple(points)


def with_wires(spec: ArraySpec, r_wire: float) -> ArraySpec:
    """Return the array with row and column segments of `r_wire` [ohm], in place of resistances from wire geometry."""
    return spec.replace(wire={"row": None, "col": None, "r_row": r_wire, "r_col": r_wire})


def largest_drop(
    spec: ArraySpec, surface: CellSurface | None, tiles: Sequence[Experiment], *, sense: SenseTable | None = None
) -> float:
    """Return the largest fraction of the read voltage that a cell of the tiles loses with all rows on."""
    v_in = full_scale_inputs(spec)[None]
    worst = 0.0
    for tile in tiles:
        solution = read_exact(exact_array(spec, tile.g, surface, sense=sense), v_in, nodes=True)
        assert solution.v_row is not None and solution.v_col is not None
        worst = max(worst, float(1 - (solution.v_row - solution.v_col).min() / spec.driver.v_read))
    return worst


def _against_ngspice(
    model: TileModel,
    tiles: Sequence[Experiment],
    full_scale: float,
    rng: np.random.Generator,
    simulator: spice.Simulator | None,
    n_jobs: int,
) -> tuple[float, float]:
    """Return the rms and the largest error of the model against ngspice, relative to `full_scale`."""
    checks = (*random_experiments(model.spec, rng, matrices=("log_uniform",), vectors=SPOT_CHECK), tiles[0])
    truths = solve_in_ngspice(model.spec, checks, n_jobs=n_jobs, simulator=simulator)
    error = errors_against(model, checks, truths, full_scale)
    return error.rms, error.max
