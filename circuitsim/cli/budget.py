"""`circuitsim budget`: what each cause and each layer takes from a network's score, and which layers stay digital."""

from pathlib import Path
from typing import Annotated, Any

import typer

from circuitsim.cli.choices import seconds
from circuitsim.cli.options import (
    CalibrationImages,
    Cause,
    CertificateFile,
    Extrapolate,
    InputRangePer,
    Out,
    ScoredOutput,
    Seed,
    Strict,
    within,
)
from circuitsim.cli.output import Json, print_result, progress_bar, replaces
from circuitsim.units import format_quantity

HEADINGS = {
    "cause alone": "each cause alone",
    "cause removed": "all causes but one",
    "layer alone on arrays": "each layer alone on arrays",
    "layer alone digital": "each layer alone digital",
}


@replaces(lambda out: [out / name for name in ("results.json", "budget.csv", "budget.png", "budget.svg")])
def budget(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Calibrated model (model.json).")],
    network: Annotated[Path, typer.Argument(metavar="NETWORK", help="Network, an ONNX file.")],
    data: Annotated[Path, typer.Option(help="Images and labels: .npz with arrays `images` and `labels`.")],
    images: Annotated[
        int | None,
        typer.Option(parser=within("--images"), metavar="N", help="Number of images that are scored; absent: all."),
    ] = None,
    draws: Annotated[
        int, typer.Option(parser=within("--draws"), metavar="N", help="Number of draws of all cells.")
    ] = 5,
    seed: Seed = 0,
    after: Annotated[
        float,
        typer.Option(parser=seconds("--after"), metavar="TIME", help="Time since programming, such as 0, 1h, 1d, 1y."),
    ] = 0.0,
    cause: Cause = None,
    max_loss: Annotated[
        float | None,
        typer.Option(
            parser=within("--max-loss"),
            metavar="E",
            help="Also choose the layers that stay digital, so that the score loses at most this (accuracy, or rmse).",
        ),
    ] = None,
    mac_energy: Annotated[
        float | None,
        typer.Option(
            parser=within("--mac-energy"),
            metavar="J",
            help="Energy of a digital multiply-accumulate with its memory, such as 1p: layers are chosen for the least"
            " energy. Absent: for the fewest digital multiply-accumulates.",
        ),
    ] = None,
    input_range_per: InputRangePer = "layer",
    calibration_images: CalibrationImages = None,
    output: ScoredOutput = None,
    certificate: CertificateFile = None,
    strict: Strict = False,
    extrapolate: Extrapolate = False,
    out: Out = Path("out/budget"),
    as_json: Json = False,
) -> None:
    """Split a network's loss of score on arrays into causes and layers; choose layers that stay digital."""
    from circuitsim.evaluation import budget_files
    from circuitsim.report import save_network_budget
    from circuitsim.results import load_certificate, load_model

    with progress_bar("budget", quiet=as_json) as progress:
        found, content = budget_files(
            load_model(model),
            network,
            data,
            out=out,
            seeds=range(seed, seed + draws),
            causes=cause,
            t=after,
            inputs_per=input_range_per,  # pyright: ignore[reportArgumentType]  `fit_ranges` checks it
            max_loss=max_loss,
            mac_energy=mac_energy,
            images_scored=images,
            calibration_images=calibration_images,
            output=output,
            certificate=load_certificate(certificate) if certificate else None,
            strict=strict,
            extrapolate=extrapolate,
            progress=progress,
        )
    content["plot"] = [str(path) for path in save_network_budget(found, out / "budget.png")]
    print_result(content, budget_in_words(content), as_json)


def budget_in_words(content: dict[str, Any]) -> list[Any]:
    """Say what was scored, one table of all entries, what is left out, and the choice of digital layers."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    metric = content["metric"]
    for name in ("", "", metric, "loss", "σ of draws", "±95 % by draws", "±95 % by images", "outputs off by"):
        table.add_column(name, justify="right" if name else "left")
    previous = ""
    for row in content["entries"]:
        heading = "" if row["kind"] == previous else HEADINGS.get(row["kind"], "all causes, all layers")
        previous = row["kind"]
        spread = [
            "-" if row[key] is None else f"{row[key]:.4f}" for key in ("sigma", "half_width_95", "images_half_width_95")
        ]
        off = f"{row['difference_from_float']:.1%}"
        name = row["name"].replace("_", " ") if row["kind"].startswith("cause") else row["name"]
        table.add_row(heading, name, f"{row['score']:.4f}", signed(row["loss"]), *spread, off)
    drawn = any(row["draws"] > 1 for row in content["entries"])
    first = (
        f"float {metric} {content['float']:.4f} of {content['images']} images; causes: "
        f"{', '.join(cause.replace('_', ' ') for cause in content['causes'])}"
        + (f"; {len(content['seeds'])} draws of all cells" if drawn else "")
    )
    left = [f"left out: {sentence}" for sentence in content["left_out"]]
    return [first, table, *left, *_placed(content), f"table: {content['csv']}", *_drawn(content)]


def _drawn(content: dict[str, Any]) -> list[str]:
    return [f"drawn: {' '.join(content['plot'])}"] if "plot" in content else []


def _placed(content: dict[str, Any]) -> list[str]:
    found = content["placement"]
    if found is None:
        return []
    names = ", ".join(repr(name) for name in found["digital"])
    kept = f"mapping.digital = [{names}]" if names else "no layer has to stay digital"
    missed = "" if found["reached"] else f"; a loss of {found['max_loss']:g} was NOT reached"
    share = found["digital_macs"] / max(found["macs"], 1)
    spread = "" if found["sigma"] is None else f" (σ {found['sigma']:.4f})"
    above = "" if found["loss"] <= found["max_loss"] else f": above {found['max_loss']:g}, the choice needs more images"
    chosen = signed(found["loss_chosen"])
    return [
        f"placement: {kept}, chosen on {found['images'][0]} images, where it loses {chosen}{missed}",
        f"placement: on the {found['images'][1]} other images it loses {signed(found['loss'])}{spread}, and "
        f"{signed(found['loss_on_arrays'])} with all layers on arrays{above}",
        f"placement: {share:.1%} of the multiply-accumulates are digital; an image takes {found['reads']:.0f} reads "
        f"and {found['conversions']:.0f} conversions, instead of {found['reads_on_arrays']:.0f} and "
        f"{found['conversions_on_arrays']:.0f}",
        *_placed_energy(found["energies"]),
    ]


def _placed_energy(energies: dict[str, Any] | None) -> list[str]:
    if energies is None:
        return ["placement: energy unknown, inputs are pulse widths"]
    arrays, digital, before = (_joules(*energies[key]) for key in ("arrays", "digital", "all_on_arrays"))
    source = "published machines, not verified" if energies["published"] else "--mac-energy"
    return [
        f"placement: an image takes {arrays} on arrays (conversions: {energies['converter']}) and {digital} digital "
        f"({source}), instead of {before} with all layers on arrays; cells as wanted"
    ]


def _joules(low: float, high: float) -> str:
    ends = dict.fromkeys(format_quantity(end, "J", 3) for end in (low, high))
    return " to ".join(ends)


def signed(loss: float) -> str:
    """Return a loss with its sign; one that rounds to 0 has none."""
    text = f"{loss:+.4f}"
    return text[1:] if float(text) == 0 else text
