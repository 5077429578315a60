"""`circuitsim count` and `circuitsim energy`: what an inference needs on arrays, from shapes alone."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from circuitsim.cli.options import BatchAxis, ColumnsPerAdc, Converter, CostsFile, Out, Output, Seed
from circuitsim.cli.output import Json, print_result, progress_bar, replaces

if TYPE_CHECKING:
    from circuitsim.results import TileModel
    from circuitsim.spec import ArraySpec

NetworkOrName = Annotated[
    str,
    typer.Argument(
        metavar="NETWORK",
        help="Network, an ONNX file; or one as shapes: digits, mnist-cnn, resnet18, resnet50, mobilenetv2, bert-base,"
        " gru-kws, decoder-1b.",
    ),
]
Arrays = Annotated[
    Path,
    typer.Argument(metavar="SPEC", help="Specification of the arrays (.toml), or a calibrated model (model.json)."),
]
Sized = Annotated[
    Path | None,
    typer.Option("--data", help="Images of an ONNX network that does not state the size of its inputs, .npz or .npy."),
]


@replaces(lambda out: [out / "results.json", out / "counts.csv"])
def count(
    network: NetworkOrName,
    spec: Arrays,
    data: Sized = None,
    output: Output = None,
    batch_axis: BatchAxis = None,
    out: Out = Path("out/count"),
    as_json: Json = False,
) -> None:
    """Count arrays, cells, reads, conversions, additions and bytes of an inference, without running it."""
    from circuitsim.cli.energy_words import counts_in_words
    from circuitsim.evaluation import count_files

    content = count_files(network, _arrays(spec), data=data, output=output, batch_axis=batch_axis, out=out)
    print_result(content, counts_in_words(content), as_json)


@replaces(lambda out: [out / "results.json", out / "energy.csv"])
def energy(
    network: NetworkOrName,
    spec: Arrays,
    level: Annotated[
        str | None,
        typer.Option(
            help="How arrays are read for their power: behavioral (the default with a model), nodal (with a"
            " specification), or ngspice."
        ),
    ] = None,
    data: Sized = None,
    output: Output = None,
    batch_axis: BatchAxis = None,
    costs: CostsFile = None,
    converter: Converter = None,
    columns_per_adc: ColumnsPerAdc = 1,
    seed: Seed = 0,
    out: Out = Path("out/energy"),
    as_json: Json = False,
) -> None:
    """Compute energy, latency and area of an inference, part by part, with random weights and inputs."""
    from circuitsim.cli.energy_words import costs_in_words
    from circuitsim.evaluation import energy_files, load_costs

    with progress_bar("energy", quiet=as_json):
        content = energy_files(
            network,
            _arrays(spec),
            level=level,  # pyright: ignore[reportArgumentType]  `level_product` checks it
            data=data,
            output=output,
            batch_axis=batch_axis,
            costs=None if costs is None else load_costs(costs),
            converter=converter,
            columns_per_adc=columns_per_adc,
            rng=np.random.default_rng(seed),
            out=out,
        )
    print_result(content, costs_in_words(content), as_json)


def _arrays(file: Path) -> "TileModel | ArraySpec":
    from circuitsim.results import load_model
    from circuitsim.spec import load_spec

    return load_spec(file) if file.suffix == ".toml" else load_model(file)
