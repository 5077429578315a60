"""A network on a calibrated array, from files to files."""

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from circuitsim.errors import InputError
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.network import evaluate, evaluate_float, evaluate_ideal, fit_ranges, load_network, program
from circuitsim.results import TileModel
from circuitsim.results.atomic_files import atomic, write_text


def infer_files(
    model: TileModel, network_file: Path, data: Path, *, calibration_images: int, out: Path
) -> dict[str, Any]:
    """Classify images with a network on the float level, on ideal arrays, and on the model's array.

    Args:
        model: A calibrated model; its specification gives tiles, DAC and ADC.
        network_file: ONNX file.
        data: .npz with `images` (images, ...) and optionally `labels` (images,), or .npy of images.
        calibration_images: How many images, from the first on, the ADC ranges are learnt from.
        out: Folder for results.json and inference.csv.

    Returns:
        What results.json holds: accuracies as fractions, statistics of each layer, digests.

    Raises:
        InputError: A file cannot be read, or images and network do not fit.
    """
    images, labels = _read_data(data)
    network = load_network(network_file)
    learn = images[:calibration_images]
    if len(learn) == 0:
        raise InputError(f"calibration_images = {calibration_images}: expected at least 1 of the {len(images)} images")
    float_net = evaluate_float(network, images, labels)
    ideal = evaluate_ideal(network, model.spec, images, labels, calibration_images=learn)
    programmed = program(network, model.spec, BehavioralProduct(model))
    array = evaluate(programmed, images, labels, ranges=fit_ranges(programmed, learn))
    table = out / "inference.csv"
    with atomic(table) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["image", "label", "class_float", "class_ideal", "class_array"])
        shown = [""] * len(images) if labels is None else labels.tolist()
        columns = (shown, float_net.classes.tolist(), ideal.classes.tolist(), array.classes.tolist())
        writer.writerows([(k, *row) for k, row in enumerate(zip(*columns, strict=True))])
    content = {
        "accuracy": {"float": float_net.accuracy, "ideal": ideal.accuracy, "array": array.accuracy},
        "images": len(images),
        "same_class_as_float": float(np.mean(array.classes == float_net.classes)),
        "layers": [dataclasses.asdict(layer) for layer in array.layers],
        "model_digest": model.digest,
        "csv": str(table),
    }
    write_text(out / "results.json", json.dumps(content, indent=2) + "\n")
    return content


def _read_data(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    try:
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return content, None
        with content:
            return content["images"], content.get("labels")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected images as .npz or .npy") from None
    except KeyError:
        raise InputError(f"{path}: has no array named 'images'") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected images as .npz or .npy ({error})") from None
