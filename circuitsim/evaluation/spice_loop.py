"""SPICE in the loop: whole images through the network with every tile product solved by ngspice."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from circuitsim import behavioral, spice
from circuitsim.calibration import differing_codes, error_statistics
from circuitsim.netlist import crossbar
from circuitsim.network import Inference, LayerRange, Network, Product, ReadTile, TilePlace, evaluate, program
from circuitsim.periphery import adc_table, convert
from circuitsim.results import Calibration, Certificate, ErrorStatistics, Solution, TileModel
from circuitsim.results.evaluation import LoopLayer
from circuitsim.spec import ArraySpec
from circuitsim.truth import read_solution


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
        attempts: Runs needed.
    """

    place: TilePlace
    g: np.ndarray
    v_in: np.ndarray
    solution: Solution
    folder: Path
    seconds: float
    attempts: int


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
    programmed = program(
        network, spec, _ngspice_product(spec, folder, simulator, solved, lambda: progress(len(solved), total))
    )
    total = sum(len(layer.places) for layer in programmed.layers.values())
    progress(0, total)
    inference = evaluate(programmed, images, labels, ranges=ranges, level="ngspice", n_jobs=n_jobs)
    return inference, sorted(solved, key=lambda tile: (tile.place.layer, tile.place.index))


def _ngspice_product(
    spec: ArraySpec,
    folder: Path,
    simulator: spice.Simulator,
    solved: list[SolvedTile],
    when_solved: Callable[[], None],
) -> Product:
    lock = threading.Lock()

    def program_tile(place: TilePlace, g: np.ndarray) -> ReadTile:
        run_folder = folder / f"{re.sub(r'[^A-Za-z0-9]+', '_', place.layer).strip('_')}_{place.index:02d}"

        def read(v_in: np.ndarray) -> np.ndarray:
            deck = crossbar(spec, g, v_in)
            raw = spice.run(deck, folder=run_folder, simulator=simulator)
            solution = read_solution(spec, deck, raw)
            with lock:
                solved.append(SolvedTile(place, g, v_in, solution, run_folder, raw.seconds, len(raw.attempts)))
                when_solved()
            return solution.out

        return read

    return program_tile


def compare(calibration: Calibration, solved: list[SolvedTile], ranges: dict[str, LayerRange]) -> tuple[LoopLayer, ...]:
    """Hold the model against ngspice, layer by layer: currents before the ADC, codes after it."""
    model, certificate = calibration.model, calibration.certificate
    layers = []
    for name in dict.fromkeys(tile.place.layer for tile in solved):
        tiles = [tile for tile in solved if tile.place.layer == name]
        truth = np.concatenate([tile.solution.out[:, : tile.place.cols].ravel() for tile in tiles])
        predicted = np.concatenate([_predict(model, tile).ravel() for tile in tiles])
        error = error_statistics((predicted - truth) / certificate.full_scale)
        adc = adc_table(model.spec, full_scale=ranges[name].full_scale)
        steps, expected, at_most = np.zeros(0), 0.0, 0.0
        if adc is not None:
            steps = np.abs(convert(adc, predicted) - convert(adc, truth))
            certified = used_columns(calibration, tiles)
            expected, at_most = differing_codes(certified, certificate.full_scale, adc.lsb, len(truth))
        layers.append(
            LoopLayer(
                name=name,
                products=sum(len(tile.v_in) for tile in tiles),
                currents=len(truth),
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
    for held, truth, predicted in zip(calibration.hold_out, calibration.truths, calibration.predicted, strict=True):
        used = next((tile.place.cols for tile in tiles if np.array_equal(tile.g, held.g)), 0)
        if used:
            errors.append((predicted - truth.out)[:, :used].ravel() / calibration.certificate.full_scale)
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
