"""Score a network file over draws of its cells and write the results to files."""

import csv
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from circuitsim.calibration.drawn import stated_statistics
from circuitsim.errors import InputError
from circuitsim.evaluation.cause_products import DRAWN_CAUSES
from circuitsim.evaluation.column_converters import ConverterSpread
from circuitsim.evaluation.drawn_scores import score_draws
from circuitsim.evaluation.drift_compensation import DriftCompensation
from circuitsim.evaluation.image_files import images_apart
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.network import InputRangePer, RangePer, load_network
from circuitsim.results import Certificate, DrawnScores, TileModel
from circuitsim.results.atomic_files import atomic, write_text
from circuitsim.results.solution_files import netcdf_bytes
from circuitsim.spec import checked, cited_parts
from circuitsim.spice import Progress

if TYPE_CHECKING:
    import xarray as xr


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
    temperatures: Sequence[float] | None = None,
    spread: ConverterSpread | None = None,
    inputs_per: InputRangePer = "layer",
    adc_per: RangePer = "layer",
    causes: Collection[str] | None = None,
    calibration_images: int | None = None,
    calibration_data: Path | None = None,
    output: str | None = None,
    digital: Sequence[str] | None = None,
    certificate: Certificate | None = None,
    strict: bool = False,
    extrapolate: bool = False,
    progress: Progress | None = None,
) -> tuple[tuple[DrawnScores, ...], dict[str, Any]]:
    """Score a network on arrays whose cells the statistics of their device draw, from files to files.

    Args:
        model: A calibrated model of the tiles.
        network_file: ONNX file.
        data: .npz with `images` and `labels`.
        out: Folder for results.json, draws.csv and draws.nc (labelled, see `DrawnScores.to_dataset`, and temperature).
        seeds, times, compensations, trim_every, spread, causes, extrapolate, progress: As in `score_draws`.
        inputs_per, adc_per: As in `score_draws`.
        temperatures: Temperatures of the reads [°C], see `tiles_at`; None: that of the model alone.
        calibration_images, calibration_data, output, digital: As in `infer_files`.
        certificate, strict: As in `BehavioralProduct`.

    Returns:
        The scores at each temperature, and the content of results.json.

    Raises:
        InputError: A file cannot be read, there are no labels, or as `score_draws`.
        OutsideRangeError: As `score_draws`, or `strict` and a use outside the certificate.
    """
    product = BehavioralProduct(model, certificate=certificate, strict=strict)
    network = load_network(network_file, output=output)
    first, images, labels = images_apart(network, data, calibration_data, calibration_images)
    if labels is None:
        raise InputError(f"{data}: has no labels; expected .npz with images and labels, which scores need")
    how: dict[str, Any] = {"seeds": seeds, "causes": causes, "times": times, "compensations": compensations}
    how |= {
        "trim_every": trim_every,
        "spread": spread,
        "digital": digital,
        "inputs_per": inputs_per,
        "adc_per": adc_per,
    }
    how |= {"calibration_images": first, "extrapolate": extrapolate}
    at = _each_once(temperatures, model)
    found = tuple(
        score_draws(network, product, images, labels, temperature_c=each, progress=_part(progress, k, len(at)), **how)
        for k, each in enumerate(at)
    )
    table = out / "draws.csv"
    _write_table(table, found)
    labelled = netcdf_bytes(_together(found))
    with atomic(out / "draws.nc") as temporary:
        temporary.write_bytes(labelled)
    content = {
        **_drawn_content(model, found),
        "spread": None if spread is None else asdict(spread),
        "inputs_per": inputs_per,
        "adc_per": adc_per,
        "images": len(images),
        "calibration_images": len(first),
        "calibration_data": None if calibration_data is None else str(calibration_data),
        "digital_layers": list((model.spec.mapping.digital if digital is None else digital) or ()),
        "trim_every_s": trim_every,
        "csv": str(table),
        "nc": str(out / "draws.nc"),
    }
    write_text(out / "results.json", json.dumps(content, indent=2) + "\n")
    return found, content


def _each_once(temperatures: Sequence[float] | None, model: TileModel) -> list[float]:
    at = [model.spec.array.temperature_c] if temperatures is None else list(temperatures)
    if not at or len(set(at)) < len(at):
        raise InputError(f"temperatures = {at}: expected at least one, and none twice")
    return at


def _drawn_content(model: TileModel, found: Sequence[DrawnScores]) -> dict[str, Any]:
    """Return what is said of the scores at all temperatures; `cells as wanted` is the score at the first one."""
    first = found[0]
    return {
        "metric": first.metric,
        "causes": list(first.causes),
        "float": first.floating,
        "cells as wanted": first.undrawn,
        "temperatures_c": [each.temperature_c for each in found],
        "seeds": list(first.seeds),
        "notes": list(dict.fromkeys([*_notes(model, first.causes), *(note for each in found for note in each.notes)])),
        "draws": [row for each in found for row in _rows(each)],
        "model_digest": model.digest,
        **cited_parts(model.spec),
    }


def _part(progress: Progress | None, k: int, count: int) -> Progress | None:
    """Return the listener of temperature k out of `count`."""
    return None if progress is None else lambda finished, total: progress(k * total + finished, count * total)


def _together(found: Sequence[DrawnScores]) -> "xr.Dataset":
    """Join the scores at all temperatures along an axis of their own; the score of wanted cells lies along it."""
    import xarray as xr  # takes 0.4 s to import

    parts = [each.to_dataset().assign(undrawn=each.undrawn) for each in found]
    joined = xr.concat(parts, dim=xr.Variable("temperature", [each.temperature_c for each in found], {"units": "°C"}))
    joined.attrs = {name: value for name, value in joined.attrs.items() if name not in ("undrawn", "temperature_c")}
    return joined


def _notes(model: TileModel, causes: Collection[str]) -> list[str]:
    """What the card of the device says of the statistics that were drawn, such as how far its source was measured."""
    statistics = stated_statistics(model.spec)
    if statistics is None:
        return []
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
            "temperature_c": found.temperature_c,
            "cells_as_wanted": found.undrawn,
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


def _write_table(path: Path, found: Sequence[DrawnScores]) -> None:
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        metric = found[0].metric
        writer.writerow(["time [s]", "temperature [°C]", "compensation", "seed [1]", f"{metric} [1]", "gain [1]"])
        for each in found:
            for i, t in enumerate(each.times):
                for j, compensation in enumerate(each.compensations):
                    for k, seed in enumerate(each.seeds):
                        drawn = each.scores[i, j, k], each.gains[i, j, k]
                        writer.writerow([t, each.temperature_c, compensation, seed, *drawn])
