"""`circuitsim solve`: read an array at any level, from voltages or from DAC codes."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from circuitsim.cli.codes import LONG_S, asked_of_codes, one_of, solve_codes
from circuitsim.cli.matrix_files import Codes, Conductances, Inputs, arrays, origin_of
from circuitsim.cli.options import (
    CapacitorSigma,
    CertificateFile,
    Chips,
    FullScale,
    MaxError,
    NoiseSeed,
    OffsetSigma,
    Out,
    Seed,
    SpecFile,
    Strict,
)
from circuitsim.cli.output import Json, announce, print_result, progress_bar, replaces
from circuitsim.spec import load_spec
from circuitsim.units import format_quantity

if TYPE_CHECKING:
    from circuitsim.results import Solution

SOLVED = ("solution.nc", "solution.csv", "reading.nc", "reading.csv", "reading_chips.csv", "reading_waveforms.nc")


@replaces(lambda out: [*(out / name for name in SOLVED), *out.glob("ngspice/deck.*"), *out.glob("ngspice/*/deck.*")])
def solve(
    spec_file: SpecFile,
    level: Annotated[str, typer.Option(help="ngspice (truth), nodal (exact, fast) or behavioral (needs --model).")] = (
        "nodal"
    ),
    out: Out = Path("out/solve"),
    conductances: Conductances = None,
    inputs: Inputs = None,
    codes: Codes = None,
    model: Annotated[Path | None, typer.Option(help="Calibrated model (model.json) for the behavioral level.")] = None,
    certificate: CertificateFile = None,
    strict: Strict = False,
    max_error: MaxError = None,
    nodes: Annotated[bool, typer.Option(help="Also write the voltages at every cell.")] = False,
    seed: Seed = 0,
    noise_seed: NoiseSeed = None,
    chips: Chips = None,
    capacitor_sigma: CapacitorSigma = None,
    offset_sigma: OffsetSigma = None,
    full_scale: FullScale = None,
    as_json: Json = False,
) -> None:
    """Read an array and write its outputs in SI units, as NetCDF and CSV; with ngspice also deck and log.

    With --codes from DAC codes to ADC codes, through the circuits that the specification names.
    """
    from circuitsim import levels
    from circuitsim.results import load_certificate, load_model, save_solution

    spec = load_spec(spec_file)
    use = {
        "model": load_model(model) if model else None,
        "certificate": load_certificate(certificate) if certificate else None,
        "strict": strict,
        "max_error": max_error,
    }
    asked = asked_of_codes(
        codes is not None,
        seed,
        noise_seed=noise_seed,
        chips=chips,
        capacitor_sigma=capacitor_sigma,
        offset_sigma=offset_sigma,
        full_scale=full_scale,
    )
    if codes is not None:
        one_of(True, inputs, codes, nodes=nodes)
        solve_codes(
            spec, out, level, conductances=conductances, codes=codes, seed=seed, as_json=as_json, **use, **asked
        )
        return
    g, x = arrays(spec, conductances, inputs, seed)
    if level == "ngspice" and not as_json:
        _announce_long(spec.shape, len(x))
    with progress_bar(f"solving {len(x)} vector(s) of {spec.shape[0]}x{spec.shape[1]} at level {level}", quiet=as_json):
        solution = levels.solve(
            spec,
            g,
            x,
            level,  # pyright: ignore[reportArgumentType]  # levels.solve says which there are
            **use,
            nodes=nodes,
            folder=out / "ngspice" if level == "ngspice" else None,
        )
    netcdf, table = save_solution(out, solution, spec=spec, x=x, g=g)
    origin = origin_of(spec, conductances, seed)
    content = {"netcdf": str(netcdf), "csv": str(table), "conductances": origin, **describe_solution(solution)}
    largest = format_quantity(content["largest_output"], solution.unit)
    text = f"{table}: {len(x)} x {spec.shape[1]} {solution.quantity}s, largest {largest}; conductances: {origin}"
    print_result(content, text, as_json)


def describe_solution(solution: "Solution") -> dict[str, Any]:
    """What `circuitsim solve --json` prints: largest output, quantity, unit, what is known of its error, provenance."""
    content: dict[str, Any] = {
        "largest_output": float(np.abs(solution.out).max()),
        "quantity": solution.quantity,
        "unit": solution.unit,
    }
    if solution.convergence is not None:
        name = "kirchhoff" if solution.convergence.residual is None else "residual"
        content[name] = float(getattr(solution.convergence, name).max())
    if solution.tile_error is not None:
        content["tile_error"] = dataclasses.asdict(solution.tile_error)
    return content | {"provenance": dataclasses.asdict(solution.provenance)}


def _announce_long(shape: tuple[int, int], vectors: int) -> None:
    """Announce a run of ngspice that will take long."""
    from circuitsim import spice

    prediction = spice.predict(shape, vectors=vectors, simulator=spice.find_ngspice())
    if prediction.seconds > LONG_S:
        announce(prediction.sentence)
