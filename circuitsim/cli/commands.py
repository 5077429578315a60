"""The commands of `circuitsim`."""

import dataclasses
import signal
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from circuitsim import __version__, blocks, devices
from circuitsim.cli.age import age
from circuitsim.cli.bench import app as bench_app
from circuitsim.cli.block import app as block_app
from circuitsim.cli.budget import budget
from circuitsim.cli.cache_words import cache, cache_report
from circuitsim.cli.campaign import app as campaign_app
from circuitsim.cli.certificate import DOES_NOT_HOLD, certificate, describe_code_errors
from circuitsim.cli.cite import cite
from circuitsim.cli.device import app as device_app
from circuitsim.cli.energy import count, energy
from circuitsim.cli.explain import explain
from circuitsim.cli.explore import explore
from circuitsim.cli.export import export
from circuitsim.cli.infer import infer
from circuitsim.cli.manual_places import page_of_error
from circuitsim.cli.netlist import write_netlist
from circuitsim.cli.new import new
from circuitsim.cli.options import Jobs, Out, Seed, SpecFile, within
from circuitsim.cli.output import Json, announce, log_to_stderr, print_result, progress_bar, replaces
from circuitsim.cli.preset import app as preset_app
from circuitsim.cli.reproduce import reproduce
from circuitsim.cli.solve import solve
from circuitsim.cli.usage import help_without_command, usage_sentence, where_explained
from circuitsim.errors import CircuitsimError, InputError
from circuitsim.spec import json_schema, load_spec, with_ideal

if TYPE_CHECKING:
    from circuitsim.results import Certificate

app = typer.Typer(
    help="SPICE-level co-simulation of analog in-memory computing arrays.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # words in brackets name sections and units
)
app.add_typer(block_app, name="block", help="Drivers, sense amplifiers and converters as circuits.")
app.add_typer(bench_app, name="bench", help="Timings as ratios to installed peers, in one run.")
app.add_typer(campaign_app, name="campaign", help="Many points, on this machine or a cluster, whose results are kept.")
app.command("explore")(explore)
app.command("explain")(explain)
app.command("cite")(cite)
app.command("certificate")(certificate)
app.command("export")(export)
app.command("infer")(infer)
app.command("age")(age)
app.command("count")(count)
app.command("energy")(energy)
app.command("budget")(budget)
app.command("new")(new)
app.command("netlist")(write_netlist)
app.command("cache")(cache)
app.command("solve")(solve)
app.command("reproduce")(reproduce)
app.add_typer(preset_app, name="preset", help="Chips of the field as specifications, with their sources.")
app.add_typer(device_app, name="device", help="Device cards: which exist, where they come from, how they behave.")

INTERRUPTED = 130  # exit code after Ctrl-C, as in a shell
MODEL_FILES = ("model.json", "model.npz", "model_sense.npz", "model_off.npz", "settling.json", "certificate.json")
DEMO_RESULTS = (
    *("results.json", "accuracy.csv", "wire_resistance.csv", "spice_loop.csv", "hold_out.csv"),
    *("model/model.json", "model/model.npz", "model/certificate.json"),
)


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", envvar="CIRCUITSIM_LOG", help="Log the steps of long work.")
    ] = False,
) -> None:
    if version:
        typer.echo(f"circuitsim {__version__}")
        raise typer.Exit
    help_without_command(context)
    log_to_stderr(verbose=verbose)


@app.command()
def doctor(
    measure: Annotated[
        bool, typer.Option("--measure", help="Also time one read of 64 x 64 cells with each linear solver.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Report which ngspice and PySpice are installed, what they can do, and which will be used."""
    from circuitsim.spice import diagnose, find_ngspice, measure_solvers

    diagnosis, (cache, said) = diagnose(), cache_report()
    found, lines = dataclasses.asdict(diagnosis) | {"cache": cache}, [diagnosis.text, said]
    if measure and diagnosis.executable is not None:
        speed = measure_solvers(find_ngspice())
        found["speed"], lines = dataclasses.asdict(speed), [*lines, speed.text]
    print_result(found, "\n".join(lines), as_json)
    if diagnosis.executable is None:
        raise typer.Exit(3)


@app.command()
def schema(
    device: Annotated[bool, typer.Option("--device", help="Schema of device.toml, a device card.")] = False,
    block: Annotated[bool, typer.Option("--block", help="Schema of block.toml, a block card.")] = False,
    campaign: Annotated[bool, typer.Option("--campaign", help="Schema of a campaign file.")] = False,
    exploration: Annotated[bool, typer.Option("--exploration", help="Schema of an exploration file.")] = False,
    claim: Annotated[bool, typer.Option("--claim", help="Schema of claim.toml, a study's claim.")] = False,
    as_json: Json = True,
) -> None:
    """Print the JSON Schema of the specification, for editors that complete and check TOML."""
    given = {"device": device, "block": block, "campaign": campaign, "exploration": exploration, "claim": claim}
    named = [name for name, wanted in given.items() if wanted]
    if len(named) > 1:
        raise InputError(f"--{' and --'.join(named)} are given: expected one of them")
    schemas = {"device": devices.device_json_schema, "block": blocks.block_json_schema}
    schemas |= {"campaign": _of_campaign, "exploration": _of_exploration, "claim": _of_claim}
    print_result(schemas[named[0]]() if named else json_schema(), "", as_json)


def _of_exploration() -> dict[str, Any]:
    from circuitsim.campaign import exploration_json_schema

    return exploration_json_schema()


def _of_campaign() -> dict[str, Any]:
    from circuitsim.campaign import campaign_json_schema

    return campaign_json_schema()


def _of_claim() -> dict[str, Any]:
    from circuitsim.studies import claim_json_schema

    return claim_json_schema()


@app.command()
@replaces(lambda out: [*(out / name for name in MODEL_FILES), *_pages(out)])
def calibrate(
    spec_file: SpecFile,
    out: Out = Path("out/calibration"),
    max_rms: Annotated[
        float | None,
        typer.Option(
            parser=within("--max-rms"),
            metavar="R",
            help="Target rms error, as a fraction of full scale; for strings, of each current. Exit code 1 if it is"
            " not reached; absent: 2e-4, and exit code 0 in any case.",
        ),
    ] = None,
    max_worst: Annotated[
        float | None,
        typer.Option(
            parser=within("--max-worst"),
            metavar="W",
            help="Target for the largest error found by search, as the same fraction: exit code 1 if it is not"
            " reached; absent: any.",
        ),
    ] = None,
    search: Annotated[
        str,
        typer.Option(help="How to search for the worst case: full, structured (quick, without a table by load), none."),
    ] = "full",
    truth: Annotated[str, typer.Option(help="ngspice, or nodal for arrays too large for ngspice.")] = "ngspice",
    thorough: Annotated[
        bool | None,
        typer.Option(
            "--thorough/--quick",
            help="Split the product's error into its causes and check an array of twice the size, or leave both out;"
            " absent: thorough with --truth ngspice.",
        ),
    ] = None,
    waveforms: Annotated[
        bool,
        typer.Option("--waveforms", help="Also run one product of the whole chain in ngspice and draw its waveforms."),
    ] = False,
    settling: Annotated[
        bool,
        typer.Option(
            "--settling",
            help="Also fit how columns settle within half an LSB to the array solver, for `circuitsim infer"
            " --settling`.",
        ),
    ] = False,
    jobs: Jobs = 2,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Calibrate the behavioral model of an array and certify it on a hold-out solved by ngspice."""
    from circuitsim import calibration, levels
    from circuitsim.cli.codes import one_product
    from circuitsim.cli.page_panels import circuit_curves
    from circuitsim.cli.settling import settling_of, settling_words
    from circuitsim.evaluation import circuit_tables
    from circuitsim.report import certificate_in_words, write_calibration_report
    from circuitsim.results import SETTLING_FILE, save_certificate, save_model, save_settling

    spec = load_spec(spec_file)
    levels.check_can(with_ideal(spec, "driver", "adc"), "behavioral")
    shown = one_product(spec, seed) if waveforms else None
    settles = settling_of(spec, seed, quiet=as_json) if settling else None
    with progress_bar("hold-out decks", quiet=as_json) as progress:
        result = calibration.calibrate(
            spec,
            rng=np.random.default_rng(seed),
            max_rms=2e-4 if max_rms is None else max_rms,
            max_worst=max_worst,
            search=search,  # pyright: ignore[reportArgumentType]  # calibration.calibrate says which there are
            truth=truth,
            thorough=thorough,
            folder=out / "hold_out" if truth == "ngspice" else None,
            n_jobs=jobs,
            progress=progress,
        )
    model_file, certificate_file = save_model(out, result.model), out / "certificate.json"
    save_certificate(certificate_file, result.certificate)
    settling_file = None if settles is None else save_settling(out / SETTLING_FILE, settles)
    tables = circuit_tables(spec, sense=result.model.sense)
    page = write_calibration_report(out, result, circuits=circuit_curves(tables), waveforms=shown)
    statement = result.certificate
    files = {"model": model_file, "certificate": certificate_file, "report": page, "settling": settling_file}
    content = {name: None if file is None else str(file) for name, file in files.items()}
    content |= {**_stated(statement), "grade": result.model.grade}
    words = [f"model: {model_file}", f"report: {page}", *settling_words(settling_file, settles)]
    print_result(content, certificate_in_words(statement) + "\n\n" + "\n".join(words), as_json)
    _end_where_missed(statement.reached, asked=(max_rms, max_worst) != (None, None))


def _stated(statement: "Certificate") -> dict[str, Any]:
    """Return what a certificate states of a model, for JSON."""
    return {
        "typical": {"rms": statement.typical.rms, "largest_drawn": statement.typical.max},
        "worst": None if statement.worst is None else statement.worst.error,
        "by_load": None if statement.by_load is None else dataclasses.asdict(statement.by_load),
        f"full_scale_{statement.unit}": statement.full_scale,
        "relative_to": statement.relative_to,
        "lsb": describe_code_errors(statement),
        "left_out": list(statement.left_out),
        "cost": None if statement.cost is None else dataclasses.asdict(statement.cost),
        "reached": statement.reached,
    }


def _end_where_missed(reached: bool | None, *, asked: bool) -> None:
    """End with `DOES_NOT_HOLD` where the error that was asked for is not reached."""
    if asked and not reached:
        raise typer.Exit(DOES_NOT_HOLD)


@app.command()
@replaces(lambda out: [*(out / name for name in DEMO_RESULTS), *_pages(out)])
def demo(
    out: Out = Path("out/demo"),
    jobs: Jobs = 2,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Run a network for handwritten digits on 1T1R arrays, from calibration to accuracy, with a report."""
    from circuitsim.demo import report_content, run_demo, summary, write_results

    result = run_demo(out, seed=seed, n_jobs=jobs, show=lambda title: progress_bar(title, quiet=as_json))
    content = report_content(out, result)
    page = write_results(out, result, content)
    lines = [f"{'pass' if check.passed else 'FAIL'}  {check.what}: {check.measured:.3g}" for check in content.checks]
    lines += [f"{entry.name:6s} accuracy {entry.accuracy:.4f}" for entry in content.accuracies]
    print_result(summary(result, content), "\n".join([*lines, f"report: {page}"]), as_json)


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
            notes = [*getattr(error, "__notes__", []), *where_explained(error), *page_of_error(error)]
            announce(f"circuitsim: {'; '.join([str(error), *notes])}")
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
            if not hasattr(error, "format_message"):  # no error of typer's or click's
                raise
            announce(f"circuitsim: {usage_sentence(error)}")
            sys.exit(InputError.exit_code)
    sys.exit(code or 0)


def _tell(message: Warning | str, *_: object) -> None:
    announce(f"circuitsim: warning: {'; '.join([str(message), *page_of_error(message)])}")
