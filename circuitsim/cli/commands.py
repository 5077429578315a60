"""The commands of `circuitsim`."""

import dataclasses
import re
import shlex
import signal
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from circuitsim import __version__, blocks, devices
from circuitsim.cli.bench import app as bench_app
from circuitsim.cli.block import app as block_app
from circuitsim.cli.cache_words import cache_report
from circuitsim.cli.certificate import certificate
from circuitsim.cli.device import app as device_app
from circuitsim.cli.export import export
from circuitsim.cli.infer import infer
from circuitsim.cli.matrix_files import Conductances, Inputs, arrays
from circuitsim.cli.options import CertificateFile, Jobs, MaxError, Out, Seed, Strict, within
from circuitsim.cli.output import Json, announce, log_to_stderr, print_result, progress_bar, replaces
from circuitsim.cli.usage import usage_sentence
from circuitsim.errors import CircuitsimError, InputError
from circuitsim.results import write_text
from circuitsim.spec import json_schema, load_spec
from circuitsim.units import format_quantity

if TYPE_CHECKING:
    from circuitsim.results import Solution

app = typer.Typer(
    help="SPICE-level co-simulation of analog in-memory computing arrays.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(block_app, name="block", help="Drivers, sense amplifiers and converters as circuits.")
app.add_typer(bench_app, name="bench", help="Timings as ratios to installed peers, in one run.")
app.command("certificate")(certificate)
app.command("export")(export)
app.command("infer")(infer)
app.add_typer(device_app, name="device", help="Device cards: which exist, where they come from, how they behave.")

INTERRUPTED = 130  # exit code after Ctrl-C, as in a shell
DEMO_RESULTS = (
    *("results.json", "accuracy.csv", "wire_resistance.csv", "spice_loop.csv", "hold_out.csv"),
    *("model/model.json", "model/model.npz", "model/certificate.json"),
)
LONG_S = 10.0  # a run that takes longer is announced

SpecFile = Annotated[Path, typer.Argument(metavar="SPEC", help="Specification of the array, a TOML file.")]


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", envvar="CIRCUITSIM_LOG", help="Log the steps of long work.")
    ] = False,
) -> None:
    if version:
        typer.echo(f"circuitsim {__version__}")
        raise typer.Exit
    log_to_stderr(verbose=verbose)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Report which ngspice and PySpice are installed, what they can do, and which will be used."""
    from circuitsim.spice import diagnose

    diagnosis, (cache, said) = diagnose(), cache_report()
    print_result(dataclasses.asdict(diagnosis) | {"cache": cache}, f"{diagnosis.text}\n{said}", as_json)
    if diagnosis.executable is None:
        raise typer.Exit(3)


@app.command()
def schema(
    device: Annotated[bool, typer.Option("--device", help="That of device.toml, the card of a device.")] = False,
    block: Annotated[bool, typer.Option("--block", help="That of block.toml, the card of a block.")] = False,
    as_json: Json = True,
) -> None:
    """Print the JSON Schema of the specification, for editors that complete and check TOML."""
    if device and block:
        raise InputError("--device and --block are given: expected one of them")
    card = devices.device_json_schema() if device else blocks.block_json_schema() if block else json_schema()
    print_result(card, "", as_json)


@app.command("netlist")
@replaces(lambda out: [out, *(file for file in out.parent.glob("*") if _is_numbered(file, out))])
def write_netlist(
    spec_file: SpecFile,
    out: Out = Path("array.cir"),
    conductances: Conductances = None,
    inputs: Inputs = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Write the deck of an array, ready for plain ngspice: `ngspice -b array.cir`."""
    from circuitsim.levels import array_decks

    spec = load_spec(spec_file)
    g, x = arrays(spec, conductances, inputs, seed)
    decks = array_decks(spec, g, x)
    paths = [out] if len(decks) == 1 else [out.with_name(f"{out.stem}_{k:03d}{out.suffix}") for k in range(len(decks))]
    for path, text in zip(paths, decks, strict=True):
        write_text(path, text)
    content = {"deck": str(paths[0]), "decks": [str(p) for p in paths], "vectors": len(x), "spec_digest": spec.digest}
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    text = f"{paths[0]}{more}: {len(x)} input vector(s); run it with: ngspice -b {shlex.quote(str(paths[0]))}"
    print_result(content, text, as_json, beside=out)


@app.command()
@replaces(lambda out: [out / "solution.nc", out / "solution.csv", *out.glob("ngspice/deck.*")])
def solve(
    spec_file: SpecFile,
    level: Annotated[str, typer.Option(help="ngspice (truth), nodal (exact, fast) or behavioral (needs --model).")] = (
        "nodal"
    ),
    out: Out = Path("out/solve"),
    conductances: Conductances = None,
    inputs: Inputs = None,
    model: Annotated[Path | None, typer.Option(help="Calibrated model (model.json) for the behavioral level.")] = None,
    certificate: CertificateFile = None,
    strict: Strict = False,
    max_error: MaxError = None,
    nodes: Annotated[bool, typer.Option(help="Also write the voltages at every cell.")] = False,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Read an array: its outputs in SI units, as NetCDF and CSV; deck and log beside them for ngspice."""
    from circuitsim import levels
    from circuitsim.results import load_certificate, load_model, save_solution

    spec = load_spec(spec_file)
    g, x = arrays(spec, conductances, inputs, seed)
    if level == "ngspice" and not as_json:
        _announce_long(spec.shape, len(x))
    with progress_bar(f"solving {len(x)} vector(s) of {spec.shape[0]}x{spec.shape[1]} at level {level}", quiet=as_json):
        solution = levels.solve(
            spec,
            g,
            x,
            level,  # pyright: ignore[reportArgumentType]  # levels.solve says which there are
            model=load_model(model) if model else None,
            certificate=load_certificate(certificate) if certificate else None,
            strict=strict,
            max_error=max_error,
            nodes=nodes,
            folder=out / "ngspice" if level == "ngspice" else None,
        )
    netcdf, table = save_solution(out, solution, spec=spec, x=x, g=g)
    content = {"netcdf": str(netcdf), "csv": str(table), **describe_solution(solution)}
    largest = format_quantity(content["largest_output"], solution.unit)
    text = f"{table}: {len(x)} x {spec.shape[1]} {solution.quantity}s, largest {largest}"
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


@app.command()
@replaces(lambda out: [*(out / name for name in ("model.json", "model.npz", "certificate.json")), *_pages(out)])
def calibrate(
    spec_file: SpecFile,
    out: Out = Path("out/calibration"),
    max_rms: Annotated[
        float,
        typer.Option(parser=within("--max-rms"), metavar="R", help="Error asked for, rms as a fraction of full scale."),
    ] = 2e-4,
    max_worst: Annotated[
        float | None,
        typer.Option(
            parser=within("--max-worst"),
            metavar="W",
            help="Largest error found by search that is asked for, as a fraction of full scale; absent: any.",
        ),
    ] = None,
    search: Annotated[
        str, typer.Option(help="How the worst case is sought: full, structured (quick, without a table by load), none.")
    ] = "full",
    truth: Annotated[str, typer.Option(help="ngspice, or nodal for arrays too large for ngspice.")] = "ngspice",
    jobs: Jobs = 2,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Calibrate the behavioral model of an array and certify it on a hold-out solved by ngspice."""
    from circuitsim import calibration, levels
    from circuitsim.report import certificate_in_words, write_calibration_report
    from circuitsim.results import save_certificate, save_model

    spec = load_spec(spec_file)
    levels.check_can(spec, "behavioral")
    with progress_bar("hold-out decks", quiet=as_json) as progress:
        result = calibration.calibrate(
            spec,
            rng=np.random.default_rng(seed),
            max_rms=max_rms,
            max_worst=max_worst,
            search=search,  # pyright: ignore[reportArgumentType]  # calibration.calibrate says which there are
            truth=truth,
            folder=out / "hold_out" if truth == "ngspice" else None,
            n_jobs=jobs,
            progress=progress,
        )
    model_file = save_model(out, result.model)
    certificate_file = out / "certificate.json"
    save_certificate(certificate_file, result.certificate)
    page = write_calibration_report(out, result)
    statement = result.certificate
    content = {
        "model": str(model_file),
        "certificate": str(certificate_file),
        "report": str(page),
        "typical": {"rms": statement.typical.rms, "largest_drawn": statement.typical.max},
        "worst": None if statement.worst is None else statement.worst.error,
        "by_load": None if statement.by_load is None else dataclasses.asdict(statement.by_load),
        "full_scale_A": statement.full_scale,
        "reached": statement.reached,
        "grade": result.model.grade,
    }
    print_result(content, certificate_in_words(statement) + f"\n\nmodel: {model_file}\nreport: {page}", as_json)


@app.command()
@replaces(lambda out: [*(out / name for name in DEMO_RESULTS), *_pages(out)])
def demo(
    out: Out = Path("out/demo"),
    jobs: Jobs = 2,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """The main job: from a 1T1R array to a network's accuracy on handwritten digits, with a report."""
    from circuitsim.demo import report_content, run_demo, summary, write_results

    result = run_demo(out, seed=seed, n_jobs=jobs, show=lambda title: progress_bar(title, quiet=as_json))
    content = report_content(out, result)
    page = write_results(out, result, content)
    lines = [f"{'pass' if check.passed else 'FAIL'}  {check.what}: {check.measured:.3g}" for check in content.checks]
    lines += [f"{entry.name:6s} accuracy {entry.accuracy:.4f}" for entry in content.accuracies]
    print_result(summary(result, content), "\n".join([*lines, f"report: {page}"]), as_json)


def _is_numbered(file: Path, out: Path) -> bool:
    """Tell whether a file is one of several decks named after `out`."""
    return re.fullmatch(rf"{re.escape(out.stem)}_\d{{3,}}{re.escape(out.suffix)}", file.name) is not None


def _pages(out: Path) -> "tuple[Path, ...]":
    from circuitsim.report import report_files  # loads the plotting library

    return report_files(out)


def main() -> None:
    """Run the command line; an error becomes one sentence and its exit code, a warning one sentence."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: decks that are running are ended too
    with warnings.catch_warnings():
        warnings.showwarning = _tell
        try:
            code = app(prog_name="circuitsim", standalone_mode=False)
        except CircuitsimError as error:
            announce(f"circuitsim: {'; '.join([str(error), *getattr(error, '__notes__', [])])}")
            sys.exit(error.exit_code)
        except (KeyboardInterrupt, typer.Abort):
            sys.exit(INTERRUPTED)
        except OSError as error:
            announce(f"circuitsim: {error.filename or 'output'}: {error.strerror}")
            sys.exit(InputError.exit_code)
        except MemoryError:
            announce("circuitsim: the memory of this machine does not suffice: make the array or the batch smaller")
            sys.exit(InputError.exit_code)
        except Exception as error:
            message = getattr(error, "format_message", None)
            if message is None:  # no error of typer's or click's
                raise
            asked = type(error).__name__ == "NoArgsIsHelpError"  # some versions have printed the help, others hold it
            if text := message() if asked else f"circuitsim: {usage_sentence(error)}":
                announce(text)
            sys.exit(InputError.exit_code)
    sys.exit(code or 0)


def _tell(message: Warning | str, *_: object) -> None:
    announce(f"circuitsim: warning: {message}")


def _announce_long(shape: tuple[int, int], vectors: int) -> None:
    """Announce a run of ngspice that will take long."""
    from circuitsim import spice

    prediction = spice.predict(shape, vectors=vectors, simulator=spice.find_ngspice())
    if prediction.seconds > LONG_S:
        announce(prediction.sentence)
