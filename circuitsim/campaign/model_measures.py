"""Measures that calibrate the behavioral model of an array: its certificate, and a network's accuracy on it."""

from pathlib import Path
from typing import Literal

import numpy as np

from circuitsim import calibration, evaluation
from circuitsim.calibration import Effort
from circuitsim.campaign.array_measures import MeasuredNumbers
from circuitsim.errors import InputError
from circuitsim.evaluation.image_files import first_images, images_apart
from circuitsim.network import load_network
from circuitsim.spec import ArraySpec, Count


def certificate_numbers(
    spec: ArraySpec,
    rng: np.random.Generator,
    *,
    truth: Literal["nodal", "ngspice"] = "ngspice",
    search: Effort = "none",
) -> MeasuredNumbers:
    """Calibrate the behavioral model and return what its certificate states.

    Args:
        spec: The array.
        rng: Source of all randomness.
        truth: Level that judges the model on the hold-out.
        search: How the worst case is sought; "none" leaves `worst` out.
    """
    found = calibration.calibrate(spec, rng=rng, truth=truth, search=search, thorough=False, n_jobs=1).certificate
    numbers: MeasuredNumbers = {
        "rms": (found.typical.rms, "1"),
        "largest": (found.typical.max, "1"),
        "full_scale": (found.full_scale, found.unit),
    }
    if found.worst is not None:
        numbers["worst"] = (found.worst.error, "1")
    return numbers


def network_accuracy(
    spec: ArraySpec,
    rng: np.random.Generator,
    *,
    network: Path,
    data: Path,
    images: Count | None = None,
    calibration_images: Count | None = None,
    truth: Literal["nodal", "ngspice"] = "nodal",
) -> MeasuredNumbers:
    """Calibrate the behavioral model and classify images with a network on it.

    Args:
        spec: The array; all tiles of the network are arrays of this kind.
        rng: Source of all randomness.
        network: ONNX file.
        data: Images and labels: .npz with arrays `images` and `labels`.
        images: Number of images that are scored, from the first on; None: all.
        calibration_images: Number of images, from the first on, that set the ranges and are not scored; None: 200, or
            half of the images if there are fewer than 400.
        truth: Level that judges the model.

    Raises:
        InputError: A file cannot be read, there are no labels, or they are no classes.
    """
    loaded = load_network(network)
    first, scored, labels = images_apart(loaded, data, None, calibration_images)
    scored, labels = first_images(scored, labels, images)
    if labels is None:
        raise InputError(f"{data}: has no labels; expected .npz with images and labels, which an accuracy needs")
    accuracy, calibrated = evaluation.calibrated_accuracy(
        loaded, spec, scored, labels, calibration_images=first, rng=rng, truth=truth
    )
    return {"accuracy": (accuracy, "1"), "model_rms": (calibrated.certificate.typical.rms, "1")}
