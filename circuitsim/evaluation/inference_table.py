"""The table of an inference: one row for each image."""

import csv
from pathlib import Path

import numpy as np

from circuitsim.network import Inference
from circuitsim.results.atomic_files import atomic

ImageColumns = dict[str, list]
"""Columns of a table by name with unit, each with one entry for each image."""


def write_inference_table(
    path: Path, results: dict[str, Inference], labels: np.ndarray | None, first: int, more: ImageColumns
) -> None:
    """Write one row for each image: class, one output, or rms difference of many outputs; and more columns."""
    outputs = {form: result.logits.reshape(len(result.logits), -1).astype(float) for form, result in results.items()}
    exact, score = outputs["float"], results["float"].score
    flat = np.zeros((len(exact), 0)) if labels is None else labels.reshape(len(labels), -1)
    if results["float"].logits.ndim == 2 and exact.shape[1] > 1 and (score is None or score.task == "classification"):
        name, columns = "class", {form: result.classes for form, result in results.items()}
        flat = flat.argmax(axis=1)[:, None] if flat.shape[1] > 1 else flat
    elif exact.shape[1] == 1:
        name, columns = "output", {form: values[:, 0] for form, values in outputs.items()}
    else:
        name, forms = "rms_difference_from_float", ("ideal", "array")
        columns = {form: np.sqrt(np.mean((outputs[form] - exact) ** 2, axis=1)) for form in forms}
    label_column = flat[:, 0].tolist() if flat.shape[1] == 1 else [""] * len(exact)
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["image [1]", "label [1]", *(f"{name}_{form} [1]" for form in columns), *more])
        rows = zip(label_column, *(values.tolist() for values in columns.values()), *more.values(), strict=True)
        writer.writerows([(first + k, *row) for k, row in enumerate(rows)])
