"""Split the error of a network file into causes and layers, and write the results to files."""

import csv
import dataclasses
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from circuitsim.errors import InputError
from circuitsim.evaluation.image_files import first_images, images_apart
from circuitsim.evaluation.mixed_placement import choose_digital
from circuitsim.evaluation.network_budget import network_budget
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.network import InputRangePer, load_network
from circuitsim.results import Certificate, TileModel
from circuitsim.results.atomic_files import atomic, write_text
from circuitsim.results.network_budget import BudgetEntry, NetworkBudget
from circuitsim.spec import checked, cited_parts
from circuitsim.spice import Progress


@checked
def budget_files(
    model: TileModel,
    network_file: Path,
    data: Path,
    *,
    out: Path,
    seeds: Sequence[int] = (0,),
    causes: Collection[str] | None = None,
    t: float = 0.0,
    inputs_per: InputRangePer = "layer",
    max_loss: float | None = None,
    mac_energy: float | None = None,
    images_scored: int | None = None,
    calibration_images: int | None = None,
    output: str | None = None,
    certificate: Certificate | None = None,
    strict: bool = False,
    extrapolate: bool = False,
    progress: Progress | None = None,
) -> tuple[NetworkBudget, dict[str, Any]]:
    """Split the error of a network on arrays into causes and layers, from files to files.

    Args:
        model: A calibrated model of the tiles.
        network_file: ONNX file.
        data: .npz with `images` and `labels`.
        out: Folder for results.json and budget.csv.
        seeds, causes, t, inputs_per, extrapolate, progress: As in `network_budget`.
        max_loss: Also choose layers that stay digital, see `choose_digital`; None: no choice.
        mac_energy: As in `choose_digital`; only with `max_loss`.
        images_scored, calibration_images, output: As in `infer_files`.
        certificate, strict: As in `BehavioralProduct`.

    Returns:
        The budget, and the content of results.json.

    Raises:
        InputError: A file cannot be read, there are no labels, or as `network_budget` and `choose_digital`.
        SpecError, OutsideRangeError: As `network_budget`.
    """
    if mac_energy is not None and max_loss is None:
        raise InputError("mac_energy has no effect without max_loss: expected both, or neither")
    product = BehavioralProduct(model, certificate=certificate, strict=strict)
    network = load_network(network_file, output=output)
    first, images, labels = images_apart(network, data, None, calibration_images)
    images, labels = first_images(images, labels, images_scored)
    if labels is None:
        raise InputError(f"{data}: has no labels; expected .npz with images and labels, which scores need")
    given = {"calibration_images": first, "seeds": seeds, "causes": causes, "t": t, "extrapolate": extrapolate}
    given |= {"inputs_per": inputs_per}
    found = network_budget(network, product, images, labels, progress=progress, **given)
    placement = None
    if max_loss is not None:
        chosen = choose_digital(network, product, images, labels, max_loss=max_loss, mac_energy=mac_energy, **given)
        placement = dataclasses.asdict(chosen)
    table = out / "budget.csv"
    _write_table(table, found)
    content = {
        "metric": found.metric,
        "float": found.floating,
        "images": found.images,
        "calibration_images": len(first),
        "causes": list(found.causes),
        "seeds": list(found.seeds),
        "time_s": t,
        "inputs_per": inputs_per,
        "left_out": list(found.left_out),
        "entries": [_row(entry) for entry in found.entries],
        "placement": placement,
        "model_digest": model.digest,
        **cited_parts(model.spec),
        "csv": str(table),
    }
    write_text(out / "results.json", json.dumps(content, indent=2) + "\n")
    return found, content


def _row(entry: BudgetEntry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "name": entry.name,
        "score": float(entry.scores.mean()),
        "loss": entry.loss,
        "draws": len(entry.scores),
        "sigma": entry.sigma,
        "half_width_95": entry.half_width,
        "images_half_width_95": entry.images_half_width,
        "difference_from_float": float(entry.differences.mean()),
    }


def _write_table(path: Path, found: NetworkBudget) -> None:
    """One row for each entry and draw."""
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["kind", "name", "seed [1]", f"{found.metric} [1]", "loss [1]", "difference from float [1]"])
        for entry in found.entries:
            seeds = found.seeds if len(entry.scores) == len(found.seeds) else ("",)
            for seed, *values in zip(seeds, entry.scores, entry.losses, entry.differences, strict=True):
                writer.writerow([entry.kind, entry.name, seed, *values])
