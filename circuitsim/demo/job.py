"""The demo: from a 1T1R array to the accuracy of a network on handwritten digits."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from circuitsim import spice, truth
from circuitsim.calibration import calibrate
from circuitsim.demo.clock import Clock, Progress, Show
from circuitsim.demo.data import NETWORK, Digits, load_digits
from circuitsim.demo.folder import clear_decks
from circuitsim.errors import InputError
from circuitsim.evaluation import (
    BehavioralProduct,
    NodalProduct,
    SolvedTile,
    compare_layers,
    inference_energy,
    network_experiments,
    own_tiles,
    power_difference,
    run_in_ngspice,
    wire_sweep,
    within_certificate,
)
from circuitsim.network import (
    Inference,
    LayerRange,
    Network,
    evaluate,
    evaluate_float,
    evaluate_ideal,
    fit_ranges,
    float_difference,
    load_network,
    program,
)
from circuitsim.results import (
    Calibration,
    Experiment,
    InferenceEnergy,
    LayerTiles,
    Solution,
    SpiceLoop,
    Step,
    WirePoint,
    atomic,
    save_certificate,
    save_model,
)
from circuitsim.spec import ArraySpec, full_scale_inputs, load_spec, parse_spec

TEMPLATE = Path(__file__).with_name("array.toml")
CALIBRATION_IMAGES = 200
ENERGY_IMAGES = 50
LOOP_IMAGES = 10
NETWORK_VECTORS = 8


@dataclass(frozen=True)
class DemoResult:
    """Results of the demo; `circuitsim.demo.write` writes them to files.

    Attributes:
        spec: The array.
        simulator: The ngspice that was used.
        seed: Seed of all random numbers.
        calibration: Model, certificate and hold-out.
        float_net: The test set on the float network.
        ideal: The test set on ideal arrays with DAC and ADC.
        array: The test set on the calibrated model.
        sanity: Largest logit difference between ohmic arrays without wires and the float network, over the test set,
            relative to the largest logit.
        ranges: Input and ADC ranges of the layers.
        loop: Comparison of ngspice and the model on some images.
        solved: Tiles that ngspice solved for these images.
        drop: Solution by ngspice, with node voltages, of the network tile with the largest total conductance and all
            rows on.
        sweep: Accuracy against wire resistance.
        energy: Energy of one inference.
        power_difference: Largest relative difference in power between ngspice and the array solver.
        tiles: What the certificate states of the network's own tiles.
        steps: Run time of each step.
    """

    spec: ArraySpec
    simulator: spice.Simulator
    seed: int
    calibration: Calibration
    float_net: Inference
    ideal: Inference
    array: Inference
    sanity: float
    ranges: dict[str, LayerRange]
    loop: SpiceLoop
    solved: tuple[SolvedTile, ...]
    drop: Solution
    sweep: tuple[WirePoint, ...]
    energy: InferenceEnergy
    power_difference: float
    tiles: tuple[LayerTiles, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class _Job:
    """Inputs of every step."""

    out: Path
    spec: ArraySpec
    network: Network
    digits: Digits
    calibration_images: np.ndarray  # from the training part
    rng: np.random.Generator
    simulator: spice.Simulator
    n_jobs: int


def run_demo(out: Path, *, seed: int = 0, n_jobs: int = 2, show: Show | None = None) -> DemoResult:
    """Run the demo.

    Args:
        out: Folder for the results. An `array.toml` in it is the specification; without one, the default is written.
        seed: Seed of all random numbers.
        n_jobs: Number of decks solved in parallel.
        show: Opens the progress display of a step with the given title; None shows nothing.

    Raises:
        InputError: The folder cannot be written, or the edited specification cannot be used.
        SimulatorError: ngspice is missing or failed; the run folder is kept.
    """
    simulator = spice.find_ngspice()
    spec = prepare_folder(out)
    rng = np.random.default_rng(seed)
    digits = load_digits()
    chosen = rng.choice(len(digits.train_images), CALIBRATION_IMAGES, replace=False)
    job = _Job(out, spec, load_network(NETWORK), digits, digits.train_images[chosen], rng, simulator, n_jobs)
    clock = Clock(show)
    with clock.step("float network, ideal arrays, sanity check"):
        float_net, ideal, sanity = _references(job)
    with clock.step("calibration, hold-out solved by ngspice") as progress:
        tiles = network_experiments(job.network, spec, job.calibration_images, vectors=NETWORK_VECTORS, rng=rng)
        calibration = _calibrate(job, tiles, progress)
    with clock.step(f"inference of {len(digits.test_images)} images on the model"):
        product = BehavioralProduct(calibration.model, certificate=calibration.certificate)
        programmed = program(job.network, spec, product)
        ranges = fit_ranges(programmed, job.calibration_images)
        array = evaluate(programmed, digits.test_images, digits.test_labels, ranges=ranges)
    with clock.step(f"SPICE in the loop, {LOOP_IMAGES} images") as progress:
        loop, solved = _loop(job, calibration, array, ranges, progress)
    with clock.step("energy and IR drop"):
        surface = calibration.model.current_surface
        energy = inference_energy(job.network, spec, surface, digits.test_images[:ENERGY_IMAGES], ranges=ranges)
        difference = power_difference(spec, surface, solved)
        drop = _worst_drop(job, tiles)
    with clock.step("accuracy against wire resistance") as progress:
        sweep = _sweep(job, tiles, progress)
    return DemoResult(
        spec=spec,
        simulator=simulator,
        seed=seed,
        calibration=calibration,
        float_net=float_net,
        ideal=ideal,
        array=array,
        sanity=sanity,
        ranges=ranges,
        loop=loop,
        solved=tuple(solved),
        drop=drop,
        sweep=sweep,
        energy=energy,
        power_difference=difference,
        tiles=own_tiles(programmed, calibration.model, calibration.certificate),
        steps=clock.steps,
    )


def prepare_folder(out: Path) -> ArraySpec:
    """Read the specification in the folder, or write the default first; delete the decks of earlier runs.

    Raises:
        InputError: The folder cannot be written, or decks of somebody else lie where the demo's would; the
            specification cannot be used, or it has fewer than 2 columns.
    """
    path = out / "array.toml"
    if not path.exists():
        with atomic(path) as temporary:
            shutil.copyfile(TEMPLATE, temporary)
    spec = load_spec(path)
    if spec.array.cols < 2:
        raise InputError(f"{path}: array.cols = {spec.array.cols}: differential weights need at least 2 columns")
    clear_decks(out)
    return spec


def _references(job: _Job) -> tuple[Inference, Inference, float]:
    """Evaluate the float network and ideal arrays, and check mapping, tiles, phases and sums on ohmic arrays."""
    images, labels = job.digits.test_images, job.digits.test_labels
    float_net = evaluate_float(job.network, images, labels)
    ideal = evaluate_ideal(job.network, job.spec, images, labels, calibration_images=job.calibration_images)
    plain = _plain(job.spec)
    return float_net, ideal, float(float_difference(job.network, plain, images, product=NodalProduct(plain)).max())


def _plain(spec: ArraySpec) -> ArraySpec:
    """Return the array with ohmic 1R cells, without wire, driver or sense resistance."""
    plain = spec.model_dump(by_alias=True)
    plain["array"]["cell"] = "1r"
    plain["device"] = {"model": "rram_ohmic", "g_min": spec.device.g_min, "g_max": spec.device.g_max}
    plain |= {"access": None, "wire": {"r_row": 0.0, "r_col": 0.0}}
    plain["driver"]["r_out"] = plain["sense"]["r_in"] = 0.0
    return parse_spec(plain)


def _calibrate(job: _Job, tiles: tuple[Experiment, ...], progress: Progress) -> Calibration:
    calibration = calibrate(
        job.spec,
        rng=job.rng,
        extra=tiles,
        folder=job.out / "hold_out",
        n_jobs=job.n_jobs,
        simulator=job.simulator,
        progress=progress,
    )
    save_model(job.out / "model", calibration.model)
    save_certificate(job.out / "model" / "certificate.json", calibration.certificate)
    return calibration


def _loop(
    job: _Job, calibration: Calibration, array: Inference, ranges: dict[str, LayerRange], progress: Progress
) -> tuple[SpiceLoop, list[SolvedTile]]:
    in_ngspice, solved = run_in_ngspice(
        job.network,
        job.spec,
        job.digits.test_images[:LOOP_IMAGES],
        job.digits.test_labels[:LOOP_IMAGES],
        ranges=ranges,
        folder=job.out / "loop",
        simulator=job.simulator,
        n_jobs=job.n_jobs,
        progress=progress,
    )
    layers = compare_layers(calibration, solved, ranges)
    same = int(np.sum(in_ngspice.classes == array.classes[:LOOP_IMAGES]))
    return SpiceLoop(LOOP_IMAGES, same, layers, within_certificate(calibration.certificate, layers)), solved


def _worst_drop(job: _Job, tiles: tuple[Experiment, ...]) -> Solution:
    """Solve the network tile with the largest total conductance in ngspice, all rows on, with node voltages."""
    tile = max(tiles, key=lambda experiment: experiment.g.sum())
    array, folder = truth.prepare(job.spec, tile.g), job.out / "loop" / "ir_drop"
    return truth.read(array, full_scale_inputs(job.spec)[None], nodes=True, folder=folder, simulator=job.simulator)


def _sweep(job: _Job, tiles: tuple[Experiment, ...], progress: Progress) -> tuple[WirePoint, ...]:
    return wire_sweep(
        job.network,
        job.spec,
        job.digits.test_images,
        job.digits.test_labels,
        calibration_images=job.calibration_images,
        tiles=tiles,
        rng=job.rng,
        simulator=job.simulator,
        n_jobs=job.n_jobs,
        progress=progress,
    )
