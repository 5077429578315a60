"""Write the results of the demo: results.json, CSV tables and an HTML report."""

import csv
import dataclasses
import datetime
import importlib.metadata
import json
import platform
from collections.abc import Sequence
from math import floor
from pathlib import Path
from typing import Any

import numpy as np

import circuitsim
from circuitsim.demo.job import DemoResult
from circuitsim.network import Inference
from circuitsim.periphery import adc_table
from circuitsim.report import Comparison, IrDrop, ReportContent, hold_out_comparison, write_report
from circuitsim.results import Accuracy, Check, DeckRecord, WireSweep, atomic, write_text
from circuitsim.units import format_quantity

RMS_TARGET, MAX_TARGET = 5e-4, 3e-3  # relative to full scale, for the default array
SANITY_TARGET = 1e-5  # of the largest logit; float32 carries seven digits
TEXT_COLUMNS = ("name", "what", "matrix", "input")
UNITS = {"r_wire": "ohm", "largest_step": "LSB", "i_ngspice": "A", "i_model": "A"}  # other columns are plain numbers
LIBRARIES = ("numpy", "scipy", "numba", "onnxruntime", "PySpice", "scikit-learn")


def write_results(out: Path, result: DemoResult, content: ReportContent) -> Path:
    """Write results.json, the CSV tables and report.html into `out`; return the path of the report."""
    write_text(out / "results.json", json.dumps(summary(result, content), indent=2) + "\n")
    _write_tables(out, result)
    return write_report(out, content)


def summary(result: DemoResult, content: ReportContent) -> dict[str, Any]:
    """Return the content of results.json: accuracies and errors as fractions; SI units in the names of keys."""
    certificate = result.calibration.certificate
    return {
        "accuracy": {entry.name: entry.accuracy for entry in content.accuracies},
        "images": len(result.array.classes),
        "certificate": {
            "typical_rms": certificate.typical.rms,
            "largest_drawn": certificate.typical.max,
            "worst": None if certificate.worst is None else certificate.worst.error,
            "grade": certificate.grade,
        },
        "own_tiles": [dataclasses.asdict(layer) for layer in result.tiles],
        "full_scale_A": certificate.full_scale,
        "sanity_relative_logit_difference": result.sanity,
        "spice_loop": dataclasses.asdict(result.loop),
        "wire_sweep": [dataclasses.asdict(point) for point in result.sweep],
        "array_energy_per_inference_J": result.energy.total,
        "array_energy_per_mac_J": result.energy.per_mac,
        "power_difference_nodal_ngspice": result.power_difference,
        "checks": [dataclasses.asdict(check) for check in content.checks],
        "times_s": {step.name: step.seconds for step in result.steps},
        "seed": result.seed,
        "versions": content.versions,
        "digests": {
            "specification": result.spec.digest,
            "model": result.calibration.model.digest,
            "cell": result.calibration.model.surface.provenance.deck_digest,
            "decks": {deck.path: deck.digest for deck in content.decks},
        },
    }


def report_content(out: Path, result: DemoResult) -> ReportContent:
    """Return the content of the report; `out` is the folder with the decks."""
    calibration = result.calibration
    return ReportContent(
        title="Handwritten digits on a 1T1R array",
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        spec=result.spec,
        certificate=calibration.certificate,
        comparison=_comparison(result),
        ir_drop=_ir_drop(result),
        accuracies=_accuracies(result),
        wire_sweep=WireSweep(
            points=result.sweep,
            images=len(result.array.classes),
            float_accuracy=_accuracy(result.float_net),
            nominal=float(np.median(result.spec.wires.r_row[:, 1:-1])),
        ),
        spice_loop=result.loop,
        own_tiles=result.tiles,
        energy=result.energy,
        checks=_checks(result),
        steps=result.steps,
        decks=_decks(out, result),
        versions=_versions(result),
        notes=(
            "The reads are DC: the wire capacitances in the decks have no effect.",
            "Programmed conductances are exact: no programming error, read noise or drift is modelled.",
            "The ADC only rounds and clips; the range of each layer has the least rms error on calibration images.",
        ),
    )


def _comparison(result: DemoResult) -> Comparison:
    adc = adc_table(result.spec, full_scale=next(iter(result.ranges.values())).full_scale)
    return hold_out_comparison(result.calibration, lsb=None if adc is None else adc.lsb)


def _ir_drop(result: DemoResult) -> IrDrop:
    v_read, (v_ref, v_on) = result.spec.driver.v_read, result.spec.drive_range
    v_row, v_col = result.drop.v_row, result.drop.v_col
    assert v_row is not None and v_col is not None
    v_cell = v_row[0] - v_col[0]
    return IrDrop(
        what=f"all rows at {format_quantity(v_on, 'V')}, network tile of the largest conductance, ngspice",
        row_drop=v_on - v_row[0],
        col_rise=v_col[0] - v_ref,
        v_cell=v_cell,
        v_applied=v_read,
        worst=float(1 - v_cell.min() / v_read),
    )


def _accuracies(result: DemoResult) -> tuple[Accuracy, ...]:
    what = {
        "float": "onnxruntime, float32",
        "ideal": "exact products of conductance and voltage, tiles, DAC and ADC",
        "array": "certified model: wires, transistors, nonlinear cells, driver and sense resistance, DAC and ADC",
    }
    entries = []
    for name, inference in (("float", result.float_net), ("ideal", result.ideal), ("array", result.array)):
        differing = None if name == "float" else int(np.sum(inference.classes != result.float_net.classes))
        entries.append(Accuracy(name, what[name], _accuracy(inference), len(inference.classes), differing))
    return tuple(entries)


def _checks(result: DemoResult) -> tuple[Check, ...]:
    certificate, loop = result.calibration.certificate, result.loop
    at = max(loop.layers, key=lambda layer: layer.max / layer.worst)
    codes = max(loop.layers, key=lambda layer: layer.codes_differing / layer.codes_allowed)
    rows = [
        (
            "ohmic cells without wires, DAC and ADC: largest difference from the float network, relative to its logits",
            result.sanity,
            SANITY_TARGET,
            "1",
        ),
        ("certificate: typical rms error against ngspice", certificate.typical.rms, RMS_TARGET, "1"),
        ("certificate: largest error drawn, against ngspice", certificate.typical.max, MAX_TARGET, "1"),
        (
            "SPICE in the loop: rms error within the certificate",
            max(layer.rms for layer in loop.layers),
            certificate.typical.rms,
            "1",
        ),
        (
            f"SPICE in the loop: largest error within the worst found for such matrices (nearest: {at.name})",
            at.max,
            at.worst,
            "1",
        ),
        (
            f"SPICE in the loop: differing ADC codes of a layer within the prediction (worst: {codes.name})",
            codes.codes_differing,
            floor(codes.codes_allowed),
            "count",
        ),
        ("SPICE in the loop: images with another class than on the model", loop.images - loop.same_class, 0, "count"),
        ("power: array solver against ngspice", result.power_difference, 1e-6, "1"),
    ]
    return tuple(
        Check(what, float(measured), float(limit), unit, bool(measured <= limit))
        for what, measured, limit, unit in rows
    )


def _decks(out: Path, result: DemoResult) -> tuple[DeckRecord, ...]:
    decks = []
    for experiment, truth, folder in zip(
        result.calibration.hold_out,
        result.calibration.truths,
        sorted((out / "hold_out").glob("deck_*")),
        strict=True,
    ):
        what = f"hold-out, {experiment.matrix_kind}, {len(experiment.v_in)} vectors"
        decks.append(DeckRecord.of_run(what, _relative(out, folder), truth.provenance))
    for tile in result.solved:
        what = f"loop, {tile.place.layer}, tile {tile.place.index}, {len(tile.v_in)} vectors"
        decks.append(DeckRecord.of_run(what, _relative(out, tile.folder), tile.solution.provenance))
    return tuple(decks)


def _relative(out: Path, folder: Path) -> str:
    return str(folder.absolute().relative_to(out.absolute()) / "deck.cir")


def _versions(result: DemoResult) -> dict[str, str]:
    versions = {"circuitsim": circuitsim.__version__, "ngspice": result.simulator.version_text}
    versions["Python"] = platform.python_version()
    return versions | {name: importlib.metadata.version(name) for name in LIBRARIES}


def _accuracy(inference: Inference) -> float:
    assert inference.accuracy is not None  # every inference of this job has labels
    return inference.accuracy


def _write_tables(out: Path, result: DemoResult) -> None:
    accuracies = [dataclasses.asdict(entry) for entry in _accuracies(result)]
    _write_csv(out / "accuracy.csv", list(accuracies[0]), [list(entry.values()) for entry in accuracies])
    names = ["r_wire", "accuracy", "ir_drop", "rms", "max", "ngspice_rms", "ngspice_max"]
    points = [[getattr(point, name) for name in names] for point in result.sweep]
    _write_csv(out / "wire_resistance.csv", names, points)
    layers = [dataclasses.asdict(layer) for layer in result.loop.layers]
    _write_csv(out / "spice_loop.csv", list(layers[0]), [list(layer.values()) for layer in layers])
    rows = [
        (experiment.matrix_kind, kind, column, exact, model)
        for experiment, truth, predicted in zip(
            result.calibration.hold_out, result.calibration.truths, result.calibration.predicted, strict=True
        )
        for kind, truths, models in zip(experiment.input_kinds, truth.out, predicted, strict=True)
        for column, (exact, model) in enumerate(zip(truths, models, strict=True))
    ]
    _write_csv(out / "hold_out.csv", ["matrix", "input", "column", "i_ngspice", "i_model"], rows)


def _write_csv(path: Path, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a table with columns "name [unit]"; columns of text have no unit."""
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([name if name in TEXT_COLUMNS else f"{name} [{UNITS.get(name, '1')}]" for name in names])
        writer.writerows([[_cell(value) for value in row] for row in rows])


def _cell(value: object) -> object:
    return "" if value is None else f"{value:.9g}" if isinstance(value, float) else value
