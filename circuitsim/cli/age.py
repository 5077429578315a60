"""`circuitsim age`: a network on cells as their device makes them, from the day they are written on."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from circuitsim.cli.options import (
    CalibrationData,
    CalibrationImages,
    CertificateFile,
    Digital,
    Extrapolate,
    Out,
    Seed,
    Strict,
    within,
)
from circuitsim.cli.output import Json, plot_files, print_result, progress_bar, replaces
from circuitsim.errors import InputError

if TYPE_CHECKING:
    from circuitsim.results import DrawnScores

SECONDS = {"": 1.0, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "y": 31557600.0}
_TIME = re.compile(r"([0-9.]+(?:e[+-]?\d+)?)\s*([a-z]*)")


def _written(out: Path) -> list[Path]:
    return [out / "results.json", out / "draws.csv", *plot_files(out / "accuracy.png")]


@replaces(_written)
def age(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Calibrated model (model.json).")],
    network: Annotated[Path, typer.Argument(metavar="NETWORK", help="Network, an ONNX file.")],
    data: Annotated[Path, typer.Option(help="Images and labels: .npz with arrays `images` and `labels`.")],
    draws: Annotated[
        int, typer.Option(parser=within("--draws"), metavar="N", help="Number of draws of all cells.")
    ] = 5,
    seed: Seed = 0,
    after: Annotated[
        list[str] | None,
        typer.Option(help="Time since programming, such as 0, 1h, 1d, 1y; repeat it. Absent: 0 alone."),
    ] = None,
    compensation: Annotated[
        list[str] | None,
        typer.Option(
            help="What a gain from a reference read removes: none, network, layer or column; repeat it. Absent: none."
        ),
    ] = None,
    cause: Annotated[
        list[str] | None,
        typer.Option(
            help="What is drawn: programming, drift, read_noise, stuck; repeat it. Absent: all that the card states."
        ),
    ] = None,
    calibration_images: CalibrationImages = None,
    calibration_data: CalibrationData = None,
    output: Annotated[
        str | None, typer.Option(help="Output of the network that is scored, where it has several.")
    ] = None,
    digital: Digital = None,
    certificate: CertificateFile = None,
    strict: Strict = False,
    extrapolate: Extrapolate = False,
    out: Out = Path("out/age"),
    as_json: Json = False,
) -> None:
    """Score a network on cells as they are: written with an error, drifted, noisy, stuck; compensated or not."""
    from circuitsim.evaluation import age_files
    from circuitsim.results import load_certificate, load_model

    times = [in_seconds(text) for text in after or ("0",)]
    with progress_bar("draws", quiet=as_json) as progress:
        found, content = age_files(
            load_model(model),
            network,
            data,
            out=out,
            seeds=range(seed, seed + draws),
            times=times,
            compensations=compensation or ["none"],  # pyright: ignore[reportArgumentType]  `score_draws` checks them
            causes=cause,
            calibration_images=calibration_images,
            calibration_data=calibration_data,
            output=output,
            digital=digital or None,
            certificate=load_certificate(certificate) if certificate else None,
            strict=strict,
            extrapolate=extrapolate,
            progress=progress,
        )
    if sum(t > 0 for t in times) > 1:
        content["plot"] = _draw(found, out)
    print_result(content, _in_words(content), as_json)


def in_seconds(text: str) -> float:
    """Return the value of --after [s].

    Raises:
        InputError: It is no number with a unit of time.
    """
    found = _TIME.fullmatch(text.strip())
    if not found or found[2] not in SECONDS or found[1].count(".") > 1:
        raise InputError(f"--after {text!r}: expected seconds, or a number with one of s, min, h, d, y: 1h, 30d")
    return float(found[1]) * SECONDS[found[2]]


def _draw(found: "DrawnScores", out: Path) -> list[str]:
    """Draw score against time with a band of one standard deviation from draw to draw."""
    from circuitsim.report import Curve, Panel, save_device_figure

    unit, scale = ("%", 100.0) if found.metric == "accuracy" else ("", 1.0)
    order = sorted((t, k) for k, t in enumerate(found.times) if t > 0)
    time = np.array([t for t, _ in order])
    curves = []
    for j, compensation in enumerate(found.compensations):
        label = "no compensation" if compensation == "none" else f"a gain for each {compensation}"
        spread = None if len(found.seeds) < 2 else np.array([scale * found.sigma[k, j] for _, k in order])
        curves.append(Curve(time, np.array([scale * found.mean[k, j] for _, k in order]), label, band=spread))
    wanted = np.full(len(time), scale * found.undrawn)
    curves.append(Curve(time, wanted, "cells as wanted"))
    panel = Panel("", "time since programming", "s", found.metric, unit, tuple(curves), x_scale="log")
    return [str(path) for path in save_device_figure("", (panel,), out / "accuracy.png")]


def _in_words(content: dict[str, Any]) -> list[Any]:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("after", "compensation", content["metric"], "σ of draws", "±95 % of the mean", "gain"):
        table.add_column(name, justify="left" if name in ("after", "compensation") else "right")
    for row in content["draws"]:
        spread = ["-" if row[key] is None else f"{row[key]:.4f}" for key in ("sigma", "half_width_95")]
        table.add_row(_time(row["time_s"]), row["compensation"], f"{row['mean']:.4f}", *spread, f"{row['gain']:.3f}")
    causes = ", ".join(each.replace("_", " ") for each in content["causes"])
    first = (
        f"{content['images']} images, {len(content['seeds'])} draws of {causes}; float {content['float']:.4f}, "
        f"cells as wanted {content['cells as wanted']:.4f}"
    )
    drawn = [f"drawn: {' '.join(content['plot'])}"] if "plot" in content else []
    notes = [f"note: {note}" for note in content["notes"]]
    return [first, table, *notes, f"table: {content['csv']}", *drawn]


def _time(seconds: float) -> str:
    """In the largest unit that gives 1 or more."""
    fitting = [each for each in SECONDS if each and SECONDS[each] <= max(seconds, 1.0)]
    unit = max(fitting, key=lambda each: SECONDS[each])
    return f"{seconds / SECONDS[unit]:.4g} {unit}"
