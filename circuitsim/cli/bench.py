"""`circuitsim bench`: timings as ratios against installed peers, in one run."""

import json
from pathlib import Path
from typing import Annotated

import typer

from circuitsim.cli.options import Repeats, within
from circuitsim.cli.output import Json, print_result, progress_bar
from circuitsim.cli.usage import help_without_command
from circuitsim.results import write_text

app = typer.Typer(rich_markup_mode=None)
app.callback(invoke_without_command=True)(help_without_command)

Largest = Annotated[
    int | None,
    typer.Option(parser=within("--largest"), metavar="N", help="Largest array, rows = columns; absent: all."),
]


@app.command()
def solver(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for solver.json and solver.png.")] = Path(
        "out/bench"
    ),
    largest: Largest = None,
    ngspice_up_to: Annotated[
        int,
        typer.Option(
            parser=within("--ngspice-up-to"),
            metavar="N",
            help="Largest array that ngspice solves; 39 needs a minute for 128.",
        ),
    ] = 64,
    repeats: Repeats = 5,
    as_json: Json = False,
) -> None:
    """Time the array solver beside ngspice, scipy, badcrossbar and CHOLMOD (where installed) on the same arrays."""
    from circuitsim.bench import SIZES, solver_benchmark
    from circuitsim.report import save_figure, solver_figure, svg_text

    sizes = tuple(n for n in SIZES if largest is None or n <= largest)
    with progress_bar("solver benchmark", quiet=as_json):
        result = solver_benchmark(sizes=sizes, repeats=repeats, ngspice_up_to=ngspice_up_to)
    write_text(out / "solver.json", json.dumps(result, indent=2) + "\n")
    figure = solver_figure(result)
    save_figure(figure, svg_text(figure), out, "solver")
    lines = [f"{name}: {ratio:.4g}" for name, ratio in result["ratios"].items()]
    print_result(result, "\n".join([*lines, f"all numbers: {out / 'solver.json'}"]), as_json)


@app.command()
def calibration(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for calibration.json.")] = Path("out/bench"),
    largest: Largest = None,
    ngspice_up_to: Annotated[
        int,
        typer.Option(
            parser=within("--ngspice-up-to"),
            metavar="N",
            help="Largest array whose hold-out ngspice solves; beyond, the array solver is the truth.",
        ),
    ] = 0,
    repeats: Repeats = 7,
    as_json: Json = False,
) -> None:
    """Compare behavioral models, ours and others', with the truth on the same arrays: error and time in one table."""
    from circuitsim.bench import CASES, calibration_benchmark, calibration_tables

    cases = tuple(case for case in CASES if largest is None or case.n <= largest)
    with progress_bar("calibration benchmark", quiet=as_json):
        result = calibration_benchmark(cases=cases, repeats=repeats, ngspice_up_to=ngspice_up_to)
    write_text(out / "calibration.json", json.dumps(result, indent=2) + "\n")
    print_result(result, [*calibration_tables(result), f"all numbers: {out / 'calibration.json'}"], as_json)
