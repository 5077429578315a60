"""`circuitsim infer`: a network on a calibrated array."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from circuitsim.cli.choices import kept_tiles, one_of, rule_of_ranges
from circuitsim.cli.options import (
    AdcRangePer,
    BatchAxis,
    CalibrationData,
    CalibrationImages,
    CertificateFile,
    ColumnsPerAdc,
    Converter,
    CostsFile,
    Digital,
    InputRangePer,
    MaxError,
    NoiseSeed,
    Out,
    Output,
    Strict,
    within,
)
from circuitsim.cli.output import Json, print_result, progress_steps, replaces
from circuitsim.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from circuitsim.evaluation import EnergyOptions
    from circuitsim.results import TileModel
    from circuitsim.spec import ArraySpec


@replaces(lambda out: [out / "results.json", out / "inference.csv", out / "energy.csv"])
def infer(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL", help="Calibrated model (model.json); or a specification (.toml), for levels without one."
        ),
    ],
    network: Annotated[Path, typer.Argument(metavar="NETWORK", help="Network, an ONNX file.")],
    data: Annotated[
        Path,
        typer.Option(
            help="Images: .npz with arrays `images`, or one named as each input of the network, and, for a score,"
            " `labels` (classes, one-hot classes, or numbers in the shape of the output); or .npy of images."
        ),
    ],
    level: Annotated[
        str | None,
        typer.Option(
            parser=one_of("--level"),
            metavar="WORD",
            help="How tiles are read: behavioral (the default with a model), nodal (with a specification), or ngspice,"
            " the truth: seconds for each tile.",
        ),
    ] = None,
    layers: Annotated[
        list[str] | None,
        typer.Option(
            "--layers",
            metavar="LAYER",
            help="Layer that is read at --level, the others by the model or the array solver; may be given several"
            " times; absent: all.",
        ),
    ] = None,
    images: Annotated[
        int | None,
        typer.Option(parser=within("--images"), metavar="N", help="Number of images that are scored; absent: all."),
    ] = None,
    calibration_images: CalibrationImages = None,
    calibration_data: CalibrationData = None,
    output: Output = None,
    batch_axis: BatchAxis = None,
    digital: Digital = None,
    metric: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.py:NAME",
            help="Your function of outputs and labels that gives the score, a number; the file is executed.",
        ),
    ] = None,
    certificate: CertificateFile = None,
    strict: Strict = False,
    max_error: MaxError = None,
    search_inputs: Annotated[
        bool,
        typer.Option(
            "--search-inputs", help="Search for the worst inputs of each tile of the network. Needs --certificate."
        ),
    ] = False,
    input_code: Annotated[
        str | None,
        typer.Option(
            help="How codes become inputs: amplitude, bit_serial or pulse_width; absent: as the model's array has it."
        ),
    ] = None,
    input_range: Annotated[
        str,
        typer.Option(
            parser=rule_of_ranges("--input-range"),
            metavar="RULE",
            help="What sets the inputs' ranges: largest, least_rms, or a percentile such as 99.9.",
        ),
    ] = "largest",
    adc_range: Annotated[
        str,
        typer.Option(
            parser=rule_of_ranges("--adc-range"),
            metavar="RULE",
            help="What sets the ADCs' ranges: least_rms, largest, or a percentile such as 99.9.",
        ),
    ] = "least_rms",
    input_range_per: InputRangePer = "layer",
    adc_range_per: AdcRangePer = "layer",
    settling: Annotated[
        bool,
        typer.Option(
            "--settling",
            help="State which driver.t_read the network needs: how columns settle within half an LSB, stored by"
            " `circuitsim calibrate --settling`, else fitted to the array solver (seconds to minutes).",
        ),
    ] = False,
    energy: Annotated[
        bool,
        typer.Option("--energy", help="Also state energy, latency and area of an inference, from its reads."),
    ] = False,
    costs: CostsFile = None,
    converter: Converter = None,
    columns_per_adc: ColumnsPerAdc = 1,
    bounds: Annotated[
        str | None,
        typer.Option(
            parser=one_of("--bounds"),
            metavar="SOURCE",
            help="Bound the effect of the model's error on the outputs and class of each image, given the largest error"
            " of each tile: certificate (its error per column load of every matrix), drawn_tiles (the same of tiles as"
            " networks make them), or own_tiles (the network's tiles on calibration images, compared with the array"
            " solver, times 1.5).",
        ),
    ] = None,
    noise_seed: NoiseSeed = None,
    dtype: Annotated[
        str,
        typer.Option(
            help="Type that tiles of a model are computed with: float64, or float32, which takes half the time and may"
            " give the neighbouring code where a current is within rounding of a threshold."
        ),
    ] = "float64",
    device: Annotated[
        str | None,
        typer.Option(
            "--device",
            metavar="NAME",
            help="Device of torch on which layers on arrays are computed, such as cuda or cpu; steps between them stay"
            " on the CPU. Absent: NumPy, compiled. Not verified on a GPU.",
        ),
    ] = None,
    keep_tiles: Annotated[
        bool,
        typer.Option(
            "--keep-tiles",
            callback=kept_tiles,
            help="Keep programmed tiles in the cache and reuse them: the same numbers without the time for"
            " programming. CIRCUITSIM_TILES_MB limits it (2000 MB), circuitsim cache --clear tiles empties it.",
        ),
    ] = False,
    memory: Annotated[
        float,
        typer.Option(
            parser=within("--memory"),
            metavar="B",
            show_default="1 GB",
            help="Bytes that images may take, such as 500meg or 4g: they run in chunks of that size.",
        ),
    ] = 1e9,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", parser=within("--jobs"), metavar="N", help="Number of threads that read the tiles of a layer."
        ),
    ] = 1,
    out: Out = Path("out/infer"),
    as_json: Json = False,
) -> None:
    """Run a network with its products by weights on arrays: its score, what ran where and why, the ranges."""
    from circuitsim.cli.infer_words import inference_in_words
    from circuitsim.cli.settling import stored_settling
    from circuitsim.evaluation import infer_files, read_metric
    from circuitsim.network import range_rule
    from circuitsim.results import load_certificate, load_model
    from circuitsim.spec import load_spec

    arrays = load_spec(model) if model.suffix == ".toml" else load_model(model)
    with progress_steps("inference", quiet=as_json) as moved:
        content = infer_files(
            arrays,
            network,
            data,
            level=level,  # pyright: ignore[reportArgumentType]  `level_product` checks it
            layers=layers or None,
            images_scored=images,
            calibration_images=calibration_images,
            calibration_data=calibration_data,
            output=output,
            batch_axis=batch_axis,
            digital=digital or None,
            metric=None if metric is None else read_metric(metric),
            out=out,
            certificate=load_certificate(certificate) if certificate else None,
            strict=strict,
            max_error=max_error,
            search_inputs=search_inputs,
            input_code=input_code,
            input_range=range_rule(input_range),
            adc_range=range_rule(adc_range),
            input_range_per=input_range_per,  # pyright: ignore[reportArgumentType]
            adc_range_per=adc_range_per,  # pyright: ignore[reportArgumentType]  `infer_files` checks it
            settling=stored_settling(model) or True if settling else False,
            energy=_energy_options(arrays, energy, costs, converter, columns_per_adc),
            bounds=bounds,  # pyright: ignore[reportArgumentType]  `infer_files` checks it
            rng=None if noise_seed is None else np.random.default_rng(noise_seed),
            dtype=dtype,
            device=device,
            keep_tiles=keep_tiles,
            memory=memory,
            n_jobs=jobs,
            progress=moved,
        )
    print_result(content, [inference_in_words(content), *_energy_in_words(content["energy"])], as_json)


def _energy_in_words(found: dict[str, Any] | None) -> "list[str | Table]":
    from circuitsim.cli.energy_words import energy_lines

    return [] if found is None else [*energy_lines(found), f"energy by layer: {found['csv']}"]


def _energy_options(
    arrays: "TileModel | ArraySpec", energy: bool, costs: Path | None, converter: str | None, columns_per_adc: int
) -> "EnergyOptions | None":
    """Return how energy is computed, None where it is not asked for; refuse what then has no effect."""
    from circuitsim.evaluation import EnergyOptions, load_costs, standing_converter
    from circuitsim.spec import ArraySpec

    given = {"--costs": costs, "--converter": converter, "--columns-per-adc": None if columns_per_adc == 1 else 1}
    if not energy:
        for option, value in given.items():
            if value is not None:
                raise InputError(f"{option} has no effect without --energy; add it, or leave {option} out")
        return None
    spec = arrays if isinstance(arrays, ArraySpec) else arrays.spec
    return EnergyOptions(
        costs=None if costs is None else load_costs(costs),
        converter=None if converter is None else standing_converter(spec, converter),
        columns_per_adc=columns_per_adc,
    )
