"""`circuitsim age`: a network on cells as their device makes them, from the day they are written on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from circuitsim.cli.choices import SECONDS, one_of, seconds
from circuitsim.cli.options import (
    CalibrationData,
    CalibrationImages,
    CertificateFile,
    Digital,
    DrawnCause,
    Extrapolate,
    Out,
    ScoredOutput,
    Seed,
    Strict,
    within,
)
from circuitsim.cli.output import Json, plot_files, print_result, progress_bar, replaces

if TYPE_CHECKING:
    from circuitsim.results import DrawnScores


_LABELS = {"none": "no compensation", "column_offset": "gain and offset for each column"}


def _written(out: Path) -> list[Path]:
    return [out / "results.json", out / "draws.csv", out / "draws.nc", *plot_files(out / "accuracy.png")]


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
        list[float] | None,
        typer.Option(
            parser=seconds("--after"),
            metavar="TIME",
            help="Time since programming, such as 0, 1h, 1d, 1y; repeat it. Absent: 0 alone.",
        ),
    ] = None,
    compensation: Annotated[
        list[str] | None,
        typer.Option(
            parser=one_of("--compensation"),
            metavar="WORD",
            help="What a gain from a reference read removes: none, network, layer, column, or column_offset (gain and"
            " offset of each column); repeat it. Absent: none.",
        ),
    ] = None,
    trim_every: Annotated[
        float | None,
        typer.Option(
            parser=seconds("--trim-every"),
            metavar="TIME",
            help="Time from one reference read to the next, such as 30d; absent: one at each time of --after.",
        ),
    ] = None,
    cause: DrawnCause = None,
    calibration_images: CalibrationImages = None,
    calibration_data: CalibrationData = None,
    output: ScoredOutput = None,
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

    times = after or [0.0]
    with progress_bar("draws", quiet=as_json) as progress:
        found, content = age_files(
            load_model(model),
            network,
            data,
            out=out,
            seeds=range(seed, seed + draws),
            times=times,
            compensations=compensation or ["none"],  # pyright: ignore[reportArgumentType]  `score_draws` checks them
            trim_every=trim_every,
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


def _draw(found: "DrawnScores", out: Path) -> list[str]:
    """Draw score against time with a band of one standard deviation from draw to draw."""
    from circuitsim.report import Curve, Panel, save_device_figure

    unit, scale = ("%", 100.0) if found.metric == "accuracy" else ("", 1.0)
    order = sorted((t, k) for k, t in enumerate(found.times) if t > 0)
    time = np.array([t for t, _ in order])
    curves = []
    for j, compensation in enumerate(found.compensations):
        label = _LABELS.get(compensation, f"a gain for each {compensation}")
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
    if (every := content["trim_every_s"]) is not None:
        notes.insert(0, f"note: compensations are of the last reference read, one every {_time(every)}")
    return [first, table, *notes, f"table: {content['csv']}", *drawn]


def _time(seconds: float) -> str:
    """In the largest unit that gives 1 or more."""
    fitting = [each for each in SECONDS if each and SECONDS[each] <= max(seconds, 1.0)]
    unit = max(fitting, key=lambda each: SECONDS[each])
    return f"{seconds / SECONDS[unit]:.4g} {unit}"
