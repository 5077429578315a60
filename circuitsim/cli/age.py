"""`circuitsim age`: a network on cells as their device makes them, from the day they are written on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from circuitsim.cli.choices import SECONDS, SPREADS, one_of, seconds
from circuitsim.cli.options import (
    AdcRangePer,
    CalibrationData,
    CalibrationImages,
    CertificateFile,
    Digital,
    DrawnCause,
    Extrapolate,
    InputRangePer,
    Out,
    ScoredOutput,
    Seed,
    Strict,
    within,
)
from circuitsim.cli.output import Json, plot_files, print_result, progress_bar, replaces
from circuitsim.errors import InputError

if TYPE_CHECKING:
    from circuitsim.report import Panel
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
    temperature: Annotated[
        list[float] | None,
        typer.Option(
            parser=within("--temperature"),
            metavar="T",
            help="Temperature of the reads [°C]; repeat it. Cells are programmed as at 27 °C, and ranges learnt at the"
            " model's own. Absent: the model's own.",
        ),
    ] = None,
    adc_gain_sigma: Annotated[
        float | None,
        typer.Option(
            parser=within("--adc-gain-sigma"),
            metavar="R",
            help="Standard deviation, from column to column, of the gain of amplifier and ADC, relative.",
        ),
    ] = None,
    adc_offset_sigma: Annotated[
        float | None,
        typer.Option(
            parser=within("--adc-offset-sigma"),
            metavar="LSB",
            help="Standard deviation, from column to column, of their offset [LSB of the ADC].",
        ),
    ] = None,
    adc_noise: Annotated[
        float | None,
        typer.Option(parser=within("--adc-noise"), metavar="LSB", help="Noise of every conversion, rms [LSB]."),
    ] = None,
    capacitor_sigma: Annotated[
        float | None,
        typer.Option(
            parser=within("--capacitor-sigma"),
            metavar="R",
            help="Standard deviation of a unit capacitor of a SAR in [adc], relative.",
        ),
    ] = None,
    offset_sigma: Annotated[
        float | None,
        typer.Option(
            parser=within("--offset-sigma"),
            metavar="V",
            help="Standard deviation of the offset of each comparator of a circuit in [adc] [V].",
        ),
    ] = None,
    input_range_per: InputRangePer = "layer",
    adc_range_per: AdcRangePer = "layer",
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
    """Score a network on imperfect cells (programming error, drift, noise, stuck cells), compensated or not."""
    from circuitsim.evaluation import ConverterSpread, age_files
    from circuitsim.results import load_certificate, load_model

    times, sigmas = after or [0.0], (adc_gain_sigma, adc_offset_sigma, adc_noise, capacitor_sigma, offset_sigma)
    spread = {name: value for name, value in zip(SPREADS.values(), sigmas, strict=True) if value is not None}
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
            temperatures=temperature or None,
            spread=ConverterSpread(**spread) if spread else None,
            inputs_per=input_range_per,  # pyright: ignore[reportArgumentType]  `fit_ranges` checks it
            adc_per=adc_range_per,  # pyright: ignore[reportArgumentType]  `fit_ranges` checks it
            causes=_causes(cause),
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


def _causes(words: list[str] | None) -> list[str] | None:
    """Return what acts on cells; the word none stands alone for nothing."""
    if words is None or "none" not in words:
        return words
    if len(words) > 1:
        raise InputError(
            f"--cause = none beside {', '.join(each for each in words if each != 'none')}: expected either"
        )
    return []


def _draw(found: "tuple[DrawnScores, ...]", out: Path) -> list[str]:
    """Draw score against time with a band of one standard deviation from draw to draw, a panel for each temperature."""
    from circuitsim.report import save_device_figure

    return [str(path) for path in save_device_figure("", tuple(_panel(each) for each in found), out / "accuracy.png")]


def _panel(found: "DrawnScores") -> "Panel":
    from circuitsim.report import Curve, Panel

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
    title = f"{found.temperature_c:g} °C"
    return Panel(title, "time since programming", "s", found.metric, unit, tuple(curves), x_scale="log")


def _in_words(content: dict[str, Any]) -> list[Any]:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    hot, left = len(content["temperatures_c"]) > 1, ("after", "at", "compensation")
    named = ("after", *(("at",) if hot else ()), "compensation", content["metric"])
    for name in (*named, "σ of draws", "±95 % of the mean", "gain"):
        table.add_column(name, justify="left" if name in left else "right")
    for row in content["draws"]:
        spread = ["-" if row[key] is None else f"{row[key]:.4f}" for key in ("sigma", "half_width_95")]
        at = [f"{row['temperature_c']:g} °C"] if hot else []
        table.add_row(
            _time(row["time_s"]), *at, row["compensation"], f"{row['mean']:.4f}", *spread, f"{row['gain']:.3f}"
        )
    wanted = dict.fromkeys((row["temperature_c"], row["cells_as_wanted"]) for row in content["draws"])
    as_wanted = ", ".join(f"{score:.4f} at {celsius:g} °C" for celsius, score in wanted)
    first = f"{content['images']} images, {_drawn(content)}; float {content['float']:.4f}, cells as wanted {as_wanted}"
    drawn = [f"drawn: {' '.join(content['plot'])}"] if "plot" in content else []
    notes = [f"note: {note}" for note in content["notes"]]
    if (every := content["trim_every_s"]) is not None:
        notes.insert(0, f"note: compensations are of the last reference read, one every {_time(every)}")
    return [first, table, *notes, f"table: {content['csv']}", *drawn]


def _drawn(content: dict[str, Any]) -> str:
    """Say what was drawn, and how often."""
    causes = [each.replace("_", " ") for each in content["causes"]]
    causes += ["converters"] if content["spread"] else []
    count = len(content["seeds"])
    return (
        f"{count} draw{'' if count == 1 else 's'} of {', '.join(causes)}" if causes else "nothing is drawn: one score"
    )


def _time(seconds: float) -> str:
    """In the largest unit that gives 1 or more."""
    fitting = [each for each in SECONDS if each and SECONDS[each] <= max(seconds, 1.0)]
    unit = max(fitting, key=lambda each: SECONDS[each])
    return f"{seconds / SECONDS[unit]:.4g} {unit}"
