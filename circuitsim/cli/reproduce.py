"""`circuitsim reproduce`: published studies, computed again and held against what was published."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from circuitsim.cli.options import Out, within
from circuitsim.cli.output import Json, announce, print_result, progress_steps, replaces, with_nulls
from circuitsim.errors import InputError

if TYPE_CHECKING:
    from circuitsim.results import StudyResult
    from circuitsim.studies import Study


@replaces(lambda out: [out / "report.html", out / "results.json"])
def reproduce(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[STUDY]...", help="Shipped study, or the folder of your own study.")
    ] = None,
    out: Out = Path("out/studies"),
    every: Annotated[
        bool, typer.Option("--all", help="All shipped studies except those that train networks, which --long adds.")
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="The shipped studies that take seconds.")] = False,
    long: Annotated[bool, typer.Option("--long", help="With --all: also studies that train networks.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the shipped studies and stop.")] = False,
    workers: Annotated[
        int,
        typer.Option("--workers", parser=within("--workers"), metavar="N", help="Processes on this machine."),
    ] = 2,
    as_json: Json = False,
) -> None:
    """Reproduce published studies and say which numbers agree; you can stop and resume at any time.

    Studies that you name show every number beside the published one; --all and --quick show verdicts.
    """
    from circuitsim.cli.study_table import study_table, warned_lines
    from circuitsim.studies import find_study, shipped_studies

    if listed:
        _refuse(bool(names or every or quick or long), "--list", "names of studies, --all, --quick or --long")
        _print_list(shipped_studies(), as_json)
        return
    if long and not every:
        raise InputError("--long has no effect without --all")
    if sum((bool(names), every, quick)) != 1:
        raise InputError("expected names of studies, or --all, or --quick; --list shows the shipped ones")
    chosen = [find_study(name) for name in names or ()]
    if not names:
        chosen = [each for each in shipped_studies() if _is_wanted(each, quick=quick, long=long)]
    if len({each.name for each in chosen}) < len(chosen):
        raise InputError(f"{', '.join(names or ())}: two studies of one name; their results would share a folder")
    _say_what_takes_long(chosen)
    results = _computed(chosen, out, workers, quiet=as_json)
    _write(results, out)
    content = {"passed": all(result.passed for result in results), "studies": [_content(result) for result in results]}
    shown = [part for result in results for part in study_table(result)] if names else []
    told = [*_reasons(results), *warned_lines(results), f"report: {out / 'report.html'}"]
    print_result(content, [*shown, _table(results), *told], as_json)
    if not content["passed"]:
        raise typer.Exit(3 if any(result.verdict == "failed" for result in results) else 1)


def _is_wanted(study: "Study", *, quick: bool, long: bool) -> bool:
    return study.claim.quick if quick else (long or study.claim.kind != "training")


def _say_what_takes_long(chosen: "Sequence[Study]") -> None:
    """Tell what studies that train networks took the last time, before the first one starts."""
    from circuitsim.studies import seconds_last_time

    trained = {each.name: seconds_last_time(each) for each in chosen if each.claim.kind == "training"}
    if trained:
        times = ", ".join(f"{name} {'unknown' if took is None else f'{took:.0f} s'}" for name, took in trained.items())
        announce(f"studies that train, with the processor time of their last run: {times}")


def _refuse(given: bool, option: str, what: str) -> None:
    if given:
        raise InputError(f"{option} lists and computes nothing: {what} have no effect with it")


def _computed(chosen: "Sequence[Study]", out: Path, workers: int, *, quiet: bool) -> "list[StudyResult]":
    from circuitsim.studies import reproduce as steps_of

    results = []
    with progress_steps("reproduce", quiet=quiet) as moved:
        for study in chosen:
            for step in steps_of(study, out / study.name, workers=workers):
                moved(study.name, step.done, step.total)
                if step.result is not None:
                    results.append(step.result)
    return results


def _write(results: "list[StudyResult]", out: Path) -> None:
    import json

    from circuitsim.report import save_study_figure, write_studies_page
    from circuitsim.results import write_text

    for result in results:
        if result.rows:
            save_study_figure(out / result.name, result)
    write_studies_page(out, results)
    write_text(out / "results.json", json.dumps([_content(each) for each in results], indent=1, allow_nan=False) + "\n")


def _content(result: "StudyResult") -> dict[str, Any]:
    return with_nulls({"verdict": result.verdict, "passed": result.passed, **dataclasses.asdict(result)})


def _print_list(studies: "Sequence[Study]", as_json: bool) -> None:
    from circuitsim.studies import seconds_last_time

    times = {each.name: seconds_last_time(each) for each in studies}
    content = [
        {"name": each.name, "title": each.claim.title, "kind": each.claim.kind, "quick": each.claim.quick}
        | {"paper": each.claim.paper, "doi": each.claim.doi, "seconds": times[each.name]}
        for each in studies
    ]
    table = Table("study", "kind", "quick", "time", "title", box=None, pad_edge=False)
    for each in studies:
        took = "" if times[each.name] is None else f"{times[each.name]:.0f} s"
        table.add_row(each.name, each.claim.kind, "yes" if each.claim.quick else "", took, each.claim.title)
    print_result(content, [table], as_json)


def _table(results: "Sequence[StudyResult]") -> Table:
    table = Table("study", "kind", "verdict", "claims", "outside", "time", box=None, pad_edge=False)
    for result in results:
        outside = sum(row.verdict != "agrees" for row in result.rows)
        words = (
            result.name,
            result.kind,
            result.verdict,
            str(len(result.rows)),
            str(outside),
            f"{result.seconds:.1f} s",
        )
        table.add_row(*words)
    return table


_TERMS = {
    "relative": "of the published value",
    "of_largest": "of the largest published value",
    "absolute": "in itself",
    "bounds": "outside the bounds",
}
"""Relative to what a result is off, by `StudyRow.judged`."""


def _reasons(results: "Sequence[StudyResult]") -> list[str]:
    """What fails or disagrees, and the explanations of what deviates."""
    said = [f"{each.name}: case {case}: {why}" for each in results for case, why in each.failures.items()]
    for result in results:
        for row in result.rows:
            if row.verdict == "disagrees":
                limits = f"off by {row.deviation:.3g} {_TERMS[row.judged]}, allowed {row.allowed:.3g}"
                limits += f" [{row.unit}]" if row.judged in ("absolute", "bounds") and row.unit != "1" else ""
                said.append(f"{result.name}: {row.claim}, case {row.case}: {limits}")
        explained = dict.fromkeys(row.explanation for row in result.rows if row.explanation)
        said += [f"{result.name}: {text}" for text in explained]
    return said
