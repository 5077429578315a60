"""`circuitsim export`: a calibrated tile for other simulators."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from circuitsim.cli.matrix_files import Conductances, read_conductances
from circuitsim.cli.options import Seed, plain_name, within
from circuitsim.cli.output import Json, print_result, replaces
from circuitsim.errors import InputError
from circuitsim.results import write_text

if TYPE_CHECKING:
    from circuitsim.results import TileModel

TILES = ("ngspice", "verilog-a", "systemverilog")
MODELS = ("neurosim", "crosssim", "aihwkit")


@replaces(lambda out: [out])
def export(
    to: Annotated[str, typer.Argument(metavar="FORMAT", help=f"One of {', '.join((*TILES, *MODELS))}.")],
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Calibrated model (model.json).")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write.")],
    conductances: Conductances = None,
    name: Annotated[
        str, typer.Option(parser=plain_name, metavar="NAME", help="Name of the sub-circuit or module.")
    ] = "tile",
    bits: Annotated[
        int, typer.Option(parser=within("--bits"), metavar="N", help="ADC resolution of the NeuroSim table.")
    ] = 5,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Write a calibrated tile for another simulator: a macro-model, a module, a noise table or parameters."""
    from circuitsim.behavioral import tell_missed
    from circuitsim.results import load_model

    calibrated = load_model(model)
    tell_missed(calibrated)
    if to in TILES:
        text = _tile(to, calibrated, read_conductances(calibrated.spec, conductances, seed), name)
    elif to in MODELS:
        text = _parameters(to, calibrated, bits, seed)
    else:
        raise InputError(f"export {to!r}: expected one of {', '.join((*TILES, *MODELS))}")
    write_text(out, text)
    print_result(
        {"file": str(out), "format": to, "model_digest": calibrated.digest}, f"{out}: {to}", as_json, beside=out
    )


def _tile(to: str, model: "TileModel", g: np.ndarray, name: str) -> str:
    from circuitsim.behavioral import program
    from circuitsim.export import spice_macro, systemverilog_model, veriloga_model

    write = {"ngspice": spice_macro, "verilog-a": veriloga_model, "systemverilog": systemverilog_model}[to]
    return write(program(model, g), name=name)


def _parameters(to: str, model: "TileModel", bits: int, seed: int) -> str:
    from circuitsim.export import aihwkit_configuration, crosssim_parameters, neurosim_noise_table

    if to == "neurosim":
        return neurosim_noise_table(model, bits=bits, rng=np.random.default_rng(seed)).text
    values = crosssim_parameters(model.spec) if to == "crosssim" else aihwkit_configuration(model.spec)
    return json.dumps(values, indent=2) + "\n"
