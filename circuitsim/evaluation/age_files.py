"""Score a network file over draws of its cells and write the results to files."""

import csv
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from circuitsim.errors import InputError
from circuitsim.evaluation.cause_products import DRAWN_CAUSES
from circuitsim.evaluation.drawn_scores import device_statistics_of, score_draws
from circuitsim.evaluation.drift_compensation import DriftCompensation
from circuitsim.evaluation.image_files import images_apart
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.network import load_network
from circuitsim.results import Certificate, DrawnScores, TileModel
from circuitsim.results.atomic_files import atomic, write_text
from circuitsim.results.solution_files import netcdf_bytes
from circuitsim.spec import checked
from circuitsim.spice import Progress


@checked
def age_files(
    model: TileModel,
    network_file: Path,
    data: Path,
    *,
    out: Path,
    seeds: Sequence[int],
    times: Sequence[float] = (0.0,),
    compensations: Sequence[DriftCompensation] = ("none",),
    trim_every: float | None = None,
    causes: Collection[str] | None = None,
    calibration_images: int | None = None,
    calibration_data: Path | None = None,
    output: str | None = None,
    digital: Sequence[str] | None = None,
    certificate: Certificate | None = None,
    strict: bool = False,
    extrapolate: bool = False,
    progress: Progress | None = None,
) -> tuple[DrawnScores, dict[str, Any]]:
    """Score a network on arrays whose cells the statistics of their device draw, from files to files.

    Args:
        model: A calibrated model of the tiles.
        network_file: ONNX file.
        data: .npz with `images` and `labels`.
        out: Folder for results.json, draws.csv and draws.nc (labelled, see `DrawnScores.to_dataset`).
        seeds, times, compensations, trim_every, causes, extrapolate, progress: As in `score_draws`.
        calibration_images, calibration_data, output, digital: As in `infer_files`.
        certificate, strict: As in `BehavioralProduct`.

    Returns:
        The scores, and the content of results.json.

    Raises:
        InputError: A file cannot be read, there are no labels, or as `score_draws`.
        OutsideRangeError: As `score_draws`, or `strict` and a use outside the certificate.
    """
    product = BehavioralProduct(model, certificate=certificate, strict=strict)
    network = load_network(network_file, output=output)
    first, images, labels = images_apart(network, data, calibration_data, calibration_images)
    if labels is None:
        raise InputError(f"{data}: has no labels; expected .npz with images and labels, which scores need")
    found = score_draws(
        network,
        product,
        images,
        labels,
        calibration_images=first,
        digital=digital,
        seeds=seeds,
        causes=causes,
        times=times,
        compensations=compensations,
        trim_every=trim_every,
        extrapolate=extrapolate,
        progress=progress,
    )
    table = out / "draws.csv"
    _write_table(table, found)
    labelled = netcdf_bytes(found.to_dataset())
    with atomic(out / "draws.nc") as temporary:
        temporary.write_bytes(labelled)
    content = {
        "metric": found.metric,
        "causes": list(found.causes),
        "float": found.floating,
        "cells as wanted": found.undrawn,
        "images": len(images),
        "calibration_images": len(first),
        "calibration_data": None if calibration_data is None else str(calibration_data),
        "digital_layers": list((model.spec.mapping.digital if digital is None else digital) or ()),
        "seeds": list(found.seeds),
        "notes": _notes(model, found.causes),
        "trim_every_s": trim_every,
        "draws": _rows(found),
        "model_digest": model.digest,
        "csv": str(table),
        "nc": str(out / "draws.nc"),
    }
    write_text(out / "results.json", json.dumps(content, indent=2) + "\n")
    return found, content


def _notes(model: TileModel, causes: Collection[str]) -> list[str]:
    """What the card of the device says of the statistics that were drawn, such as how far its source was measured."""
    statistics = device_statistics_of(model.spec)
    parts = {"programming": ("programming",), "drift": ("drift", "retention"), "read_noise": ("read_noise",)}
    used = [
        (cause, getattr(statistics.table, name))
        for cause in sorted(causes, key=DRAWN_CAUSES.index)
        for name in parts.get(cause, (cause,))
    ]
    return [
        f"{statistics.name}, {cause.replace('_', ' ')}: {part.note}"
        for cause, part in used
        if part is not None and part.note
    ]


def _rows(found: DrawnScores) -> list[dict[str, Any]]:
    """One entry for each time and compensation; null where one draw gives no spread."""
    half = found.half_width()
    return [
        {
            "time_s": t,
            "compensation": compensation,
            "mean": float(found.mean[i, j]),
            "sigma": _finite(found.sigma[i, j]),
            "half_width_95": _finite(half[i, j]),
            "gain": float(found.gains[i, j].mean()),
        }
        for i, t in enumerate(found.times)
        for j, compensation in enumerate(found.compensations)
    ]


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _write_table(path: Path, found: DrawnScores) -> None:
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["time [s]", "compensation", "seed [1]", f"{found.metric} [1]", "gain [1]"])
        for i, t in enumerate(found.times):
            for j, compensation in enumerate(found.compensations):
                for k, seed in enumerate(found.seeds):
                    writer.writerow([t, compensation, seed, found.scores[i, j, k], found.gains[i, j, k]])
