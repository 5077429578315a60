"""SPICE in the loop: whole images through the network with every tile product solved by ngspice."""

import re
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from circuitsim import behavioral, spice, truth
from circuitsim.calibration import differing_codes, error_statistics
from circuitsim.network import Inference, LayerRange, Network, Product, Read, TilePlace, evaluate, program
from circuitsim.periphery import adc_table, convert
from circuitsim.results import Calibration, Certificate, ErrorStatistics, Solution, TileModel
from circuitsim.results.evaluation import LoopLayer
from circuitsim.spec import ArraySpec


@dataclass(frozen=True)
class SolvedTile:
    """One tile with a batch of activations, solved by ngspice.

    Attributes:
        place: What the tile holds.
        g: (rows, cols) conductances [S].
        v_in: (batch, rows) inputs [V].
        solution: What ngspice says.
        folder: Run folder with the deck.
        seconds: Run time [s].
    """

    place: TilePlace
    g: np.ndarray
    v_in: np.ndarray
    solution: Solution
    folder: Path
    seconds: float


def run_in_ngspice(
    network: Network,
    spec: ArraySpec,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    ranges: dict[str, LayerRange],
    folder: Path,
    simulator: spice.Simulator,
    n_jobs: int,
    progress: Callable[[int, int], None],
) -> tuple[Inference, list[SolvedTile]]:
    """Classify images with ngspice in place of the model; each layer sees what ngspice made of the layer before."""
    solved: list[SolvedTile] = []
    programmed = program(network, spec, _ngspice_product(spec, folder, simulator, solved))
    total = sum(len(layer.places) for layer in programmed.layers.values())
    with ThreadPoolExecutor(n_jobs) as pool:  # the work is in ngspice's own processes

        def tile_map(function: Callable, tiles: Iterable) -> list:
            results = []
            for result in pool.map(function, tiles):
                results.append(result)
                progress(len(solved), total)
            return results

        progress(0, total)
        try:
            inference = evaluate(programmed, images, labels, ranges=ranges, level="ngspice", tile_map=tile_map)
        except BaseException:  # an interrupt, too, shall not wait for decks that have not begun
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return inference, sorted(solved, key=lambda tile: (tile.place.layer, tile.place.index))


def _ngspice_product(spec: ArraySpec, folder: Path, simulator: spice.Simulator, solved: list[SolvedTile]) -> Product:
    lock = threading.Lock()

    def program_tile(place: TilePlace, g: np.ndarray) -> Read:
        run_folder = folder / f"{re.sub(r'[^A-Za-z0-9]+', '_', place.layer).strip('_')}_{place.index:02d}"

        def read(v_in: np.ndarray) -> np.ndarray:
            start = time.perf_counter()
            solution = truth.read(truth.prepare(spec, g), v_in, folder=run_folder, simulator=simulator)
            seconds = time.perf_counter() - start
            with lock:
                solved.append(SolvedTile(place, g, v_in, solution, run_folder, seconds))
            return solution.out

        return read

    return program_tile


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
