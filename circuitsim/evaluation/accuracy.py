"""Accuracy of a network on a calibrated array, for one specification or over the values of one of its keys."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from circuitsim.calibration import Effort, calibrate
from circuitsim.errors import InputError
from circuitsim.evaluation.circuit_tables import circuit_tables
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.network import Network, evaluate, fit_ranges, program
from circuitsim.results import AccuracyPoint, Calibration, Experiment
from circuitsim.spec import ArraySpec, checked, with_values
from circuitsim.spec.abilities import IN_TIME, SPREAD
from circuitsim.spice import Progress, Simulator


@checked
def calibrated_accuracy(
    network: Network,
    spec: ArraySpec,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    calibration_images: np.ndarray,
    rng: np.random.Generator,
    tiles: Sequence[Experiment] = (),
    truth: str = "nodal",
    search: Effort = "none",
    simulator: Simulator | None = None,
) -> tuple[float, Calibration]:
    """Calibrate an array and classify images with the network on it.

    Args:
        network: The network.
        spec: The array; all tiles are arrays of this kind.
        images: Images to classify (images, …).
        labels: Their classes (images,).
        calibration_images: Images from which the ADC ranges are learnt; must not be among `images`.
        rng: Generates the matrices and inputs on which the model is chosen and certified.
        tiles: Tiles of the network, for the hold-out; see `network_experiments`.
        truth: Level that judges the model, "nodal" or "ngspice".
        search: How the worst case is sought, see `calibrate`; by default it is not, because an accuracy does not depend
            on it.
        simulator: The ngspice to use; None: the one that `spice.find_ngspice` finds.

    Returns:
        Fraction of the images classified correctly, and the model with its certificate and hold-out.

    Raises:
        SpecError: The behavioral model does not describe this array.
        InputError: Images or labels do not fit the network, or an argument cannot be used.
        OutsideRangeError: The temperature is outside a card's range.
        SimulatorError: ngspice failed.
    """
    calibration = calibrate(spec, rng=rng, extra=tiles, truth=truth, search=search, simulator=simulator)
    product = BehavioralProduct(calibration.model, certificate=calibration.certificate)
    programmed = program(network, spec, product, tables=circuit_tables(spec, sense=calibration.model.sense))
    ranges = fit_ranges(programmed, calibration_images)
    accuracy = evaluate(programmed, images, labels, ranges=ranges).accuracy
    if accuracy is None:
        raise InputError("labels are numbers of a regression; expected classes, for an accuracy")
    return accuracy, calibration


@checked
def accuracy_against(
    network: Network,
    spec: ArraySpec,
    key: str,
    values: Sequence[Any],
    images: np.ndarray,
    labels: np.ndarray,
    *,
    calibration_images: np.ndarray,
    rng: np.random.Generator,
    tiles: Sequence[Experiment] = (),
    truth: str = "nodal",
    simulator: Simulator | None = None,
    progress: Progress | None = None,
) -> tuple[AccuracyPoint, ...]:
    """Classify images at each value of one key, with the array recalibrated at each value.

    Each point has its own generator, spawned from `rng`, so that its result does not depend on the points before it.

    Args:
        network, images, labels, calibration_images, tiles, truth, simulator: As in `calibrated_accuracy`.
        spec: The array; all keys but one stay as they are.
        key: Section and key of the specification, joined by a dot, for example "driver.r_out".
        values: Values of the key, in the order of the result.
        rng: Source of all randomness.
        progress: Called with (finished, total).

    Returns:
        Accuracy and typical error at each value; no worst case is sought.

    Raises:
        SpecError: The key does not exist, or a value cannot be used.
        InputError: `key` is not of the form section.key, or there are no values.
    """
    specs = with_values(spec, key, values)
    unfelt = SPREAD if spec.array.cell == "1c" else SPREAD | IN_TIME
    if key in unfelt:
        raise InputError(f"key = {key!r} describes {unfelt[key]}, which no accuracy depends on: expected another key")
    points = []
    for value, one, generator in zip(values, specs, rng.spawn(len(values)), strict=True):
        accuracy, calibration = calibrated_accuracy(
            network,
            one,
            images,
            labels,
            calibration_images=calibration_images,
            rng=generator,
            tiles=tiles,
            truth=truth,
            simulator=simulator,
        )
        error = calibration.certificate.typical
        points.append(AccuracyPoint(key, value, accuracy, error.rms, error.max))
        if progress is not None:
            progress(len(points), len(values))
    return tuple(points)
