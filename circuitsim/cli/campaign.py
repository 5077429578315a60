"""`circuitsim campaign`: many points, on this machine or a cluster, whose results are never lost."""

import dataclasses
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from circuitsim.cli.campaign_words import (
    best_of,
    estimate_lines,
    estimates_in_words,
    left_in_words,
    status_in_words,
)
from circuitsim.cli.choices import WORDS, table_kind
from circuitsim.cli.options import Out, within
from circuitsim.cli.output import Json, print_result, progress_bar, replaces
from circuitsim.cli.usage import help_without_command

if TYPE_CHECKING:
    from circuitsim.campaign import CampaignPlan, CampaignStep

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.callback(invoke_without_command=True)(help_without_command)

TABLES = ("results", "statistics", "sensitivity")
"""Names of the tables that `collect` writes."""
EVERY = 5.0
"""Least time between two versions of the live page [s]; a page takes at most a twentieth of the time."""

CampaignToml = Annotated[
    Path, typer.Argument(metavar="FILE", help="The campaign, a TOML file; its keys: circuitsim schema --campaign.")
]
Store = Annotated[Path, typer.Argument(metavar="STORE", help="Folder that circuitsim campaign run wrote.")]
Workers = Annotated[
    int | None,
    typer.Option("--workers", parser=within("--workers"), metavar="N", help="Processes on this machine; absent: 2."),
]


@app.command()
@replaces(lambda out: [out / "report.html"])
def run(
    file: CampaignToml,
    out: Out = Path("out/campaign"),
    workers: Workers = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers measure, such as tcp://host:8786."),
    ] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Measure again the points that failed.")] = False,
    memory: Annotated[
        float | None,
        typer.Option(
            "--memory",
            parser=within("--memory"),
            metavar="B",
            help="Memory [bytes] that each process may take, such as 2g: a point that needs more fails, and a process "
            "that keeps more after a point is replaced; absent: any amount.",
        ),
    ] = None,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Update report.html while results arrive, or write none.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Measure the points of a campaign that have no result yet; you can stop and resume at any time."""
    from circuitsim.campaign import campaign_status, run_campaign

    plan, engine = _planned(file), campaign_engine(workers, scheduler, memory)
    steps = run_campaign(plan, out, engine=engine, retry_failed=retry_failed)
    for step in _shown(plan, steps, quiet=as_json):
        if report and step.due:
            _write_page(out)
    status = campaign_status(out)
    page = _write_page(out) if report else None
    content = dataclasses.asdict(status) | {"store": str(out), "report": None if page is None else str(page)}
    words = [*status_in_words(status), *([] if page is None else [f"report: {page}"])]
    print_result(content, words, as_json)
    if status.failed:
        raise typer.Exit(3)


@app.command()
def status(
    store: Store,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Read all results: means, quantiles and yields with their intervals.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say how many points of a campaign are done, failed and left."""
    from circuitsim.campaign import campaign_estimates, campaign_status, collect_campaign

    found = campaign_status(store)
    content, words = dataclasses.asdict(found), status_in_words(found)
    if statistics:
        estimates = campaign_estimates(collect_campaign(store))
        content["statistics"] = list(estimate_lines(estimates))
        words += estimates_in_words(content["statistics"])
    print_result(content, words, as_json)


@app.command()
@replaces(lambda out: [out / "results.nc", *(out / f"{name}.{kind}" for name in TABLES for kind in WORDS["--tables"])])
def collect(
    store: Store,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the dataset and the tables.")] = Path(
        "out/collected"
    ),
    tables: Annotated[
        str,
        typer.Option(
            "--tables",
            parser=table_kind,
            metavar="csv|parquet",
            help="Kind of the tables; Parquet has typed columns, and units in its metadata.",
        ),
    ] = "csv",
    as_json: Json = False,
) -> None:
    """Gather the results of a campaign into one labelled dataset (NetCDF) and tables, with intervals."""
    from circuitsim.campaign import campaign_status, save_collected

    labelled, table = save_collected(store, out, tables=tables)  # type: ignore[arg-type]  # one of two words
    intervals, indices = out / f"statistics.{tables}", out / f"sensitivity.{tables}"
    found = campaign_status(store)
    told = str(indices) if indices.exists() else None
    content = {"nc": str(labelled), tables: str(table), "statistics": str(intervals), "sensitivity": told}
    content |= dataclasses.asdict(found)
    files = [f"dataset: {labelled}", f"table: {table}", f"intervals: {intervals}"]
    files += [f"sensitivity: {told}"] if told else []
    print_result(content, [*status_in_words(found), *files], as_json)


@app.command()
def plan(
    file: CampaignToml,
    store: Annotated[Path, typer.Option("--out", "-o", help="Folder of the results.")] = Path("out/campaign"),
    slurm: Annotated[bool, typer.Option("--slurm", help="Print the script of a SLURM array that runs it.")] = False,
    tasks: Annotated[
        int | None,
        typer.Option(
            "--tasks", parser=within("--tasks"), metavar="N", help="With --slurm: number of jobs; absent: 16."
        ),
    ] = None,
    workers: Workers = None,
    memory: Annotated[
        float | None,
        typer.Option(
            "--memory",
            parser=within("--memory"),
            metavar="B",
            help="With --slurm: memory [bytes] that each process may take, such as 2g; a job asks for that of all; "
            "absent: what the cluster gives.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a campaign and say how many points it has; --slurm prints a script for a cluster."""
    from circuitsim.campaign import slurm_script
    from circuitsim.errors import InputError

    for option, value in (("--tasks", tasks), ("--workers", workers), ("--memory", memory)):
        if value is not None and not slurm:
            raise InputError(f"{option} has no effect without --slurm, whose script it is for: leave it out")
    found = _planned(file).listing
    axes = [f"{axis['name']} {len(axis['labels'])}" for axis in found.axes]
    said = (
        f"{len(found.keys)} points: {len(set(found.keys))} to measure; axes: {', '.join(axes) or 'none'}; "
        f"{found.replicates} replicates; measures: {', '.join(found.measures)}"
    )
    script = slurm_script(file, store, tasks=tasks or 16, workers=workers or 1, memory=memory) if slurm else None
    content = {"points": len(found.keys), "to_measure": len(set(found.keys)), "axes": found.axes, "script": script}
    print_result(content, said if script is None else script.rstrip("\n"), as_json)


@dataclasses.dataclass(frozen=True)
class _Moment:
    """A step of the campaign, and whether the page is due."""

    step: "CampaignStep"
    due: bool


def _planned(file: Path) -> "CampaignPlan":
    from circuitsim.campaign import load_campaign, plan_campaign

    return plan_campaign(load_campaign(file), file.parent)


def campaign_engine(workers: int | None, scheduler: str | None, memory: float | None = None) -> Any:
    """Return what carries points to workers: two processes on this machine, or those of a Dask scheduler.

    Raises:
        InputError: Both are given.
        MissingExtraError: Dask is not installed.
    """
    from circuitsim.campaign import dask_engine, local_engine
    from circuitsim.errors import InputError

    if scheduler is not None and workers is not None:
        raise InputError("--workers has no effect with --scheduler, whose workers run already: leave one of them out")
    if scheduler is not None and memory is not None:
        raise InputError("--memory has no effect with --scheduler: expected dask worker --memory-limit in its place")
    return local_engine(workers or 2, memory=memory) if scheduler is None else dask_engine(scheduler)


def _shown(plan: "CampaignPlan", steps: "Iterator[CampaignStep]", *, quiet: bool) -> Iterator[_Moment]:
    """Show progress, and say when the page is due: every `EVERY` seconds, and so that it takes 5 % of the time."""
    best: tuple[float, str] | None = None
    due = time.perf_counter() + EVERY
    first = next(steps)  # starts the workers, before the bar starts a thread
    with progress_bar("campaign", quiet=quiet) as tell:
        for step in itertools.chain([first], steps):
            best = best_of(plan.listing, step, best)
            tell(step.done + step.failed, step.total, left_in_words(step, best, plan.listing.goal))
            now = time.perf_counter()
            yield _Moment(step, now >= due)
            if now >= due:
                due = time.perf_counter() + max(EVERY, 20 * (time.perf_counter() - now))


def _write_page(out: Path) -> Path:
    from circuitsim.campaign import campaign_estimates, campaign_sensitivity, campaign_status, collect_campaign
    from circuitsim.errors import MissingExtraError
    from circuitsim.report import write_campaign_report

    found, data = campaign_status(out), collect_campaign(out)
    sensitivity, notes = (), []
    if data.attrs["design"] == "saltelli":
        try:
            sensitivity = campaign_sensitivity(data)
        except MissingExtraError as error:
            notes = [f"sensitivity indices are left out: {error}"]
    told = {"estimates": campaign_estimates(data), "sensitivity": sensitivity, "notes": notes}
    numbers = {"done": found.done, "failed": found.failed, "total": found.total}
    return write_campaign_report(out, data, **numbers, **told, reasons=found.reasons)
