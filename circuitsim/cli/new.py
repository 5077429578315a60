"""`circuitsim new`: a commented specification to start from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from circuitsim.cli.choices import one_of
from circuitsim.cli.options import Out
from circuitsim.cli.output import Json, print_result, write_new
from circuitsim.errors import InputError
from circuitsim.spec import ArraySpec, commented_toml, parse_spec

_WIRES = {"r_row": 1.0, "r_col": 1.0}
_TRANSISTOR = {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8}
_RESISTIVE = {"g_min": 1e-6, "g_max": 100e-6}
STARTS: Mapping[str, Mapping[str, Any]] = {
    "1t1r": {"device": {"model": "rram_sinh", **_RESISTIVE}, "access": _TRANSISTOR},
    "1r": {"device": {"model": "rram_ohmic", **_RESISTIVE}},
    "2t2r": {"device": {"model": "rram_sinh", **_RESISTIVE}, "access": _TRANSISTOR},
    "1t": {"device": {"model": "flash_fg", **_RESISTIVE, "v_gate": 2.5}, "driver": {"v_read": 0.1}},
    "1c": {"device": {"model": "charge_cell", "g_min": 0.1e-15, "g_max": 1.5e-15}, "driver": {"v_read": 1.0}},
}
"""What each type of cell needs besides what all arrays share: shipped models in their ranges."""


def new(
    out: Out = Path("array.toml"),
    cell: Annotated[
        str | None,
        typer.Option(
            parser=one_of("--cell", tuple(STARTS)),
            metavar="CELL",
            help=f"Type of cell: {', '.join(STARTS)}; absent: 1t1r. circuitsim explain array.cell says what they are.",
        ),
    ] = None,
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="A published chip to start from, instead of --cell.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a specification to start from, with the meaning, unit and default of every common key as comments.

    A file of other content is never replaced.
    """
    if preset is not None and cell is not None:
        raise InputError("--preset and --cell are given: expected one of them, a preset has its own cell")
    spec, written = _of_preset(preset) if preset is not None else _of_cell(cell or "1t1r")
    write_new(out, written)
    text = f"{out}: {spec.array.rows} x {spec.array.cols} cells; circuitsim solve {out} reads it"
    print_result({"file": str(out), "spec_digest": spec.digest, "preset": preset}, text, as_json, beside=out)


def starting_spec(cell: str) -> ArraySpec:
    """Return a small array of a type of cell, one of `STARTS`."""
    common = {"array": {"rows": 64, "cols": 64, "cell": cell}, "wire": _WIRES, "driver": {"v_read": 0.2}}
    return parse_spec({"schema": 1, **common, **STARTS[cell]})


def _of_cell(cell: str) -> tuple[ArraySpec, str]:
    spec = starting_spec(cell)
    return spec, commented_toml(spec, title=f"An array of {cell} cells, written by circuitsim new.")


def _of_preset(name: str) -> tuple[ArraySpec, str]:
    """Return the specification of a preset and its file as it stands, with the source of every key.

    Raises:
        InputError: There is no such preset, or it has no array.
    """
    from circuitsim.presets import load_preset

    preset = load_preset(name)
    if preset.spec is None:
        raise InputError(f"--preset = {name!r}: it is digital and has no array; expected a chip with one")
    return preset.spec, preset.text
