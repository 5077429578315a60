"""SPICE in the loop: classify images with all tile products solved by ngspice."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from circuitsim import behavioral, spice
from circuitsim.calibration import differing_codes, error_statistics
from circuitsim.errors import InputError
from circuitsim.evaluation.products import NgspiceProduct, run_folder
from circuitsim.network import (
    Inference,
    LayerRange,
    Network,
    TilePlace,
    evaluate,
    layer_adc,
    network_tables,
    program,
)
from circuitsim.periphery import Periphery, convert_and_count
from circuitsim.results import Calibration, Certificate, ErrorStatistics, Solution, TileModel, column_load
from circuitsim.results.evaluation import LoopLayer
from circuitsim.spec import ArraySpec, by_value, checked
from circuitsim.spice import Progress


@by_value
@dataclass(frozen=True)
class SolvedTile:
    """One tile with a batch of activations, solved by ngspice.

    Attributes:
        place: The part of the layer that the tile holds.
        g: (rows, cols) conductances [S].
        v_in: (batch, rows) inputs [V].
        solution: Solution by ngspice.
        folder: Run folder with the deck.
    """

    place: TilePlace
    g: np.ndarray
    v_in: np.ndarray
    solution: Solution
    folder: Path


@checked
def run_in_ngspice(
    network: Network,
    spec: ArraySpec,
    images: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    ranges: dict[str, LayerRange],
    folder: Path,
    simulator: spice.Simulator | None = None,
    n_jobs: int = 2,
    tables: Periphery | None = None,
    progress: Progress | None = None,
) -> tuple[Inference, list[SolvedTile]]:
    """Classify images with ngspice in place of the model; each layer receives ngspice's outputs of the previous layer.

    Args:
        network: The network.
        spec: The array; all tiles are arrays of this kind.
        images: (images, …) in the network's units.
        labels: (images,) classes; None if unknown.
        ranges: From `network.fit_ranges`. Use the same ranges as for the product whose codes are compared.
        folder: Where to keep the deck, log and raw file of each tile.
        simulator: The ngspice to use; None: the one that `spice.find_ngspice` finds.
        n_jobs: Number of tiles solved at the same time.
        tables: Tables of the drivers and ADCs that are circuits, and of the amplifiers for what digital sums take their
            outputs for; None: all are ideal.
        progress: Called with (solved tiles, total).

    Returns:
        The inference, and the solved tiles ordered by layer and tile.

    Raises:
        InputError: Images or labels do not fit the network, or a deck would exceed the time limit or the memory.
        SimulatorError: A run failed; its folder is kept.
    """
    solved: list[SolvedTile] = []
    total = 0

    def record(place: TilePlace, g: np.ndarray, v_in: np.ndarray, solution: Solution) -> None:
        solved.append(SolvedTile(place, g, v_in, solution, folder / run_folder(place)))
        if progress is not None:
            progress(len(solved), total)

    programmed = program(network, spec, NgspiceProduct(spec, folder, simulator, record), tables=tables)
    total = sum(len(layer.places) for layer in programmed.layers.values())
    if progress is not None:
        progress(0, total)
    inference = evaluate(programmed, images, labels, ranges=ranges, name="ngspice", n_jobs=n_jobs)
    return inference, sorted(solved, key=lambda tile: (tile.place.layer, tile.place.index))


@checked
def compare_layers(
    calibration: Calibration,
    solved: list[SolvedTile],
    ranges: dict[str, LayerRange],
    *,
    tables: Periphery | None = None,
) -> tuple[LoopLayer, ...]:
    """Compare the model with ngspice in each layer: currents before the ADC, and codes after it.

    Args:
        calibration: The model with its certificate and hold-out.
        solved: Tiles solved by ngspice, from `run_in_ngspice`.
        ranges: The ranges with which they were solved.
        tables: Tables of the circuits with which they were solved.

    Raises:
        InputError: Tiles or columns have ADC ranges of their own.
    """
    _check_one_range(ranges)
    model, certificate = calibration.model, calibration.certificate
    around = network_tables(model.spec, tables)
    layers = []
    for name in dict.fromkeys(tile.place.layer for tile in solved):
        tiles = [tile for tile in solved if tile.place.layer == name]
        exact = np.concatenate([tile.solution.out[:, tile.place.col_part].ravel() for tile in tiles])
        predicted = np.concatenate([_predict(model, tile).ravel() for tile in tiles])
        error = error_statistics((predicted - exact) / certificate.full_scale)
        adc = layer_adc(model.spec, around, ranges[name].full_scale)
        steps, expected, limit = np.zeros(0), 0.0, 0.0
        if adc is not None:
            codes, true = (convert_and_count(replace(adc, noise=0.0), out[:, None])[0] for out in (predicted, exact))
            steps = np.abs(codes - true).ravel()
            certified_error = used_columns(calibration, tiles)
            expected, limit = differing_codes(certified_error, certificate.full_scale, adc.lsb, len(exact))
        layers.append(
            LoopLayer(
                name=name,
                products=sum(len(tile.v_in) for tile in tiles),
                currents=len(exact),
                rms=error.rms,
                max=error.max,
                codes=len(steps),
                codes_differing=int(np.count_nonzero(steps)),
                codes_predicted=expected,
                codes_limit=limit,
                largest_step=int(steps.max(initial=0)),
                worst=_worst_known(certificate, tiles),
            )
        )
    return tuple(layers)


def used_columns(calibration: Calibration, tiles: list[SolvedTile]) -> ErrorStatistics:
    """Summarize the certified errors of a layer: those of its hold-out tiles in the columns that the layer uses.

    Unused columns carry almost no current. Including them would understate the errors behind the compared codes. If
    the hold-out contains none of the tiles, the errors of the whole hold-out are returned.
    """
    errors = []
    hold_out = zip(calibration.hold_out, calibration.truths, calibration.predicted, strict=True)
    for experiment, solution, predicted in hold_out:
        cols = next((tile.place.col_part for tile in tiles if np.array_equal(tile.g, experiment.g)), None)
        if cols is not None:
            errors.append((predicted - solution.out)[:, cols].ravel() / calibration.certificate.full_scale)
    return error_statistics(np.concatenate(errors)) if errors else calibration.certificate.typical


def _check_one_range(ranges: dict[str, LayerRange]) -> None:
    if own := [name for name, known in ranges.items() if known.column_scales is not None]:
        raise InputError(f"layer {own[0]!r} has ADC ranges for each tile or column: expected one of the layer")


@checked
def within_certificate(certificate: Certificate, layers: tuple[LoopLayer, ...]) -> bool:
    """Tell whether the errors and the differing codes of all layers are within what the certificate states.

    The rms error of a layer is held against the typical one, its largest error against the worst that is known for
    matrices of such a load.
    """
    return all(
        layer.rms <= certificate.typical.rms
        and layer.max <= layer.worst
        and layer.codes_differing <= layer.codes_allowed
        for layer in layers
    )


def _worst_known(certificate: Certificate, tiles: list[SolvedTile]) -> float:
    """Return the largest error that is known for matrices up to the load of the tiles."""
    load = max(column_load(tile.g, certificate.g_range[1]) for tile in tiles)
    worst = certificate.tile_error(load).worst
    return certificate.typical.max if worst is None else worst


def _predict(model: TileModel, tile: SolvedTile) -> np.ndarray:
    return np.asarray(behavioral.tile_outputs(behavioral.program(model, tile.g), tile.v_in))[:, tile.place.col_part]
