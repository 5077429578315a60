"""`circuitsim certificate`: a certificate in words, and its stored worst case computed anew."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from circuitsim.cli.output import Json, print_result
from circuitsim.errors import InputError

if TYPE_CHECKING:
    from circuitsim.results import Certificate

DOES_NOT_HOLD = 1  # exit code


def certificate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A certificate.json, or its folder.")],
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Compute the stored worst case again instead, with the model and the array solver: exit code 0 if it"
            " repeats, 1 if not.",
        ),
    ] = False,
    model: Annotated[
        Path | None, typer.Option(help="Model for --check (model.json); absent: the one in the certificate's folder.")
    ] = None,
    ngspice: Annotated[bool, typer.Option("--ngspice", help="With --check, solve the case in ngspice too.")] = False,
    as_json: Json = False,
) -> None:
    """Print in words what a certificate states, or check that its worst case repeats."""
    if check:
        _check(file, model, ngspice, as_json)
        return
    for option, given in (("--model", model is not None), ("--ngspice", ngspice)):
        if given:
            raise InputError(f"{option} is given without --check: expected both, or FILE alone")
    from circuitsim.report import certificate_in_words
    from circuitsim.results import load_certificate

    statement = load_certificate(file)
    content = dataclasses.asdict(statement) | {"lsb": describe_code_errors(statement)}
    print_result(content, certificate_in_words(statement), as_json)


def _check(file: Path, model: Path | None, ngspice: bool, as_json: bool) -> None:
    """Print whether the stored worst case repeats; end with `DOES_NOT_HOLD` if it does not."""
    from circuitsim.calibration import repeat_witness
    from circuitsim.results import load_certificate, load_model

    folder = file if file.is_dir() else file.parent
    repeated = repeat_witness(load_model(model or folder), load_certificate(file), in_ngspice=ngspice)
    if repeated is None:
        raise InputError(f"{file}: states no worst case, because none was sought; expected one to check")
    print_result(dataclasses.asdict(repeated), f"{file}: {repeated.sentence}", as_json)
    if not repeated.holds:
        raise typer.Exit(DOES_NOT_HOLD)


def describe_code_errors(statement: "Certificate") -> dict[str, Any] | None:
    """What `circuitsim calibrate --json` prints of the errors behind the ADC, in LSB."""
    behind = statement.code_errors
    if behind is None:
        return None
    loads = () if statement.by_load is None else zip(statement.by_load.loads, statement.by_load.worst, strict=True)
    return {
        **dataclasses.asdict(behind),
        f"lsb_{statement.unit}": behind.lsb,
        "typical": {"rms": statement.in_lsb(statement.typical.rms), "largest": statement.in_lsb(statement.typical.max)},
        "worst": None if statement.worst is None else statement.in_lsb(statement.worst.error),
        "by_load": [{"load": load, "worst": statement.in_lsb(worst)} for load, worst in loads],
    }
