"""Run a network file on a calibrated array and write the results to files."""

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from circuitsim.errors import InputError
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.network import evaluate, evaluate_float, evaluate_ideal, fit_ranges, load_network, program
from circuitsim.results import Certificate, TileModel
from circuitsim.results.atomic_files import atomic, write_text


def infer_files(
    model: TileModel,
    network_file: Path,
    data: Path,
    *,
    calibration_images: int,
    out: Path,
    certificate: Certificate | None = None,
    strict: bool = False,
) -> dict[str, Any]:
    """Classify images with the float network, on ideal arrays, and on the model's array.

    Args:
        model: A calibrated model; its specification gives tiles, DAC and ADC.
        network_file: ONNX file.
        data: .npz with `images` (images, ...) and optionally `labels` (images,), or .npy of images.
        calibration_images: Number of images, from the first on, from which the ADC ranges are learnt.
        out: Folder for results.json and inference.csv.
        certificate: Certificate of the model; reads outside it warn. None: inputs outside the model's range warn.
        strict: Refuse reads outside the certificate.

    Returns:
        The content of results.json: accuracies as fractions, statistics of each layer, digest of the model.

    Raises:
        InputError: A file cannot be read, the images do not fit the network, the certificate belongs to another model,
            or `strict` is True without a certificate.
        SpecError: The layers of a network cannot lie on the model's array.
        OutsideRangeError: `strict` is True and a read is outside the certificate.

    Warns:
        OutsideCertificateWarning: A read is outside the certificate.
    """
    product = BehavioralProduct(model, certificate=certificate, strict=strict)
    images, labels = _read_data(data)
    network = load_network(network_file)
    first_images = images[:calibration_images]
    if len(first_images) == 0:
        raise InputError(f"calibration_images = {calibration_images}: expected at least 1 of the {len(images)} images")
    float_net = evaluate_float(network, images, labels)
    ideal = evaluate_ideal(network, model.spec, images, labels, calibration_images=first_images)
    programmed = program(network, model.spec, product)
    array = evaluate(programmed, images, labels, ranges=fit_ranges(programmed, first_images))
    table = out / "inference.csv"
    with atomic(table) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["image [1]", "label [1]", "class_float [1]", "class_ideal [1]", "class_array [1]"])
        label_column = [""] * len(images) if labels is None else labels.tolist()
        columns = (label_column, float_net.classes.tolist(), ideal.classes.tolist(), array.classes.tolist())
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
