"""SPICE in the loop: whole images through the network with every tile product solved by ngspice."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from circuitsim import behavioral, spice
from circuitsim.calibration import differing_codes, error_statistics
from circuitsim.evaluation.products import NgspiceProduct, run_folder
from circuitsim.network import Inference, LayerRange, Network, TilePlace, evaluate, program
from circuitsim.periphery import adc_table, convert
from circuitsim.results import Calibration, Certificate, ErrorStatistics, Solution, TileModel
from circuitsim.results.evaluation import LoopLayer
from circuitsim.spec import ArraySpec
from circuitsim.spice import Progress


@dataclass(frozen=True)
class SolvedTile:
    """One tile with a batch of activations, solved by ngspice.

    Attributes:
        place: What the tile holds.
        g: (rows, cols) conductances [S].
        v_in: (batch, rows) inputs [V].
        solution: What ngspice says.
        folder: Run folder with the deck.
    """

    place: TilePlace
    g: np.ndarray
    v_in: np.ndarray
    solution: Solution
    folder: Path


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
    progress: Progress | None = None,
) -> tuple[Inference, list[SolvedTile]]:
    """Classify images with ngspice in place of the model; each layer sees what ngspice made of the layer before.

    Args:
        network: The network.
        spec: The array that every tile is.
        images: (images, …) in the network's units.
        labels: (images,) classes; None when they are not known.
        ranges: From `network.fit_ranges`, so that codes can be compared with those of another product.
        folder: Keeps the deck, log and raw file of every tile.
        simulator: Which ngspice; None: `spice.find_ngspice()`.
        n_jobs: Tiles solved at the same time.
        progress: Called with (solved tiles, all).

    Returns:
        The inference, and every tile as ngspice solved it, ordered by layer and tile.

    Raises:
        InputError: Images or labels do not fit the network, or the deck would not come to an end here.
        SimulatorError: A run failed; its folder is kept.
    """
    solved: list[SolvedTile] = []
    total = 0

    def record(place: TilePlace, g: np.ndarray, v_in: np.ndarray, solution: Solution) -> None:
        solved.append(SolvedTile(place, g, v_in, solution, folder / run_folder(place)))
        if progress is not None:
            progress(len(solved), total)

    programmed = program(network, spec, NgspiceProduct(spec, folder, simulator, record))
    total = sum(len(layer.places) for layer in programmed.layers.values())
    if progress is not None:
        progress(0, total)
    inference = evaluate(programmed, images, labels, ranges=ranges, level="ngspice", n_jobs=n_jobs)
    return inference, sorted(solved, key=lambda tile: (tile.place.layer, tile.place.index))


def compare(calibration: Calibration, solved: list[SolvedTile], ranges: dict[str, LayerRange]) -> tuple[LoopLayer, ...]:
    """Hold the model against ngspice, layer by layer: currents before the ADC, codes after it."""
    model, certificate = calibration.model, calibration.certificate
    layers = []
    for name in dict.fromkeys(tile.place.layer for tile in solved):
        tiles = [tile for tile in solved if tile.place.layer == name]
        exact = np.concatenate([tile.solution.out[:, : tile.place.cols].ravel() for tile in tiles])
        predicted = np.concatenate([_predict(model, tile).ravel() for tile in tiles])
        error = error_statistics((predicted - exact) / certificate.full_scale)
        adc = adc_table(model.spec, full_scale=ranges[name].full_scale)
        steps, expected, at_most = np.zeros(0), 0.0, 0.0
        if adc is not None:
            steps = np.abs(convert(adc, predicted) - convert(adc, exact))
            certified = used_columns(calibration, tiles)
            expected, at_most = differing_codes(certified, certificate.full_scale, adc.lsb, len(exact))
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
                codes_limit=at_most,
                largest_step=int(steps.max(initial=0)),
            )
        )
    return tuple(layers)


def used_columns(calibration: Calibration, tiles: list[SolvedTile]) -> ErrorStatistics:
    """Certified errors of a layer: those of its tiles in the hold-out, in the columns that the layer uses.

    A tile's unused columns carry next to no current; with them the errors would look smaller than those of the codes.
    Where the hold-out has none of the tiles, all its errors stand for them.
    """
    errors = []
    for held, solution, predicted in zip(calibration.hold_out, calibration.truths, calibration.predicted, strict=True):
        used = next((tile.place.cols for tile in tiles if np.array_equal(tile.g, held.g)), 0)
        if used:
            errors.append((predicted - solution.out)[:, :used].ravel() / calibration.certificate.full_scale)
    return error_statistics(np.concatenate(errors)) if errors else calibration.certificate.error


def holds(certificate: Certificate, layers: tuple[LoopLayer, ...]) -> bool:
    """Whether every layer's currents and codes are within what the certificate says."""
    return all(
        layer.rms <= certificate.error.rms
        and layer.max <= certificate.error.max
        and layer.codes_differing <= max(layer.codes_limit, 1)
        for layer in layers
    )


def _predict(model: TileModel, tile: SolvedTile) -> np.ndarray:
    return np.asarray(behavioral.mvm(behavioral.program(model, tile.g), tile.v_in))[:, : tile.place.cols]
