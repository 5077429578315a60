"""What every command prints: the result on the output stream, progress and announcements on the error stream."""

import contextlib
import functools
import json
import logging
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from circuitsim.errors import InputError
from circuitsim.results import claim, is_standard_output, write_text

LONGEST_LINE = 100_000  # [characters] of a row that is not shown on a terminal

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for machines instead of text.")]


def replaces(files: Callable[[Path], Iterable[Path]], *, option: str = "out") -> Callable[[Callable], Callable]:
    """Return a decorator for a command: older results are set aside while it works, so that none look new if it fails.

    Args:
        files: The files that the command writes, from the value of its option.
        option: The option that says where; where its value is None, the command writes nothing.
    """

    def decorate(command: Callable) -> Callable:
        @functools.wraps(command)
        def claimed(**given: Any) -> Any:
            written = [] if given[option] is None else list(files(given[option]))
            for name, value in given.items():
                if name != option and isinstance(value, Path) and any(_same(value, file) for file in written):
                    raise InputError(f"{value}: is {name} and a result at once; write the results to another place")
            with claim(written):
                return command(**given)

        return claimed

    return decorate


def write_new(out: Path, text: str) -> None:
    """Write a file that a person goes on to edit; a file of other content is never replaced.

    Raises:
        InputError: There is a file of other content.
    """
    if out.is_file() and not is_standard_output(out) and out.read_bytes() != text.encode():
        raise InputError(f"{out}: exists with other content and is not replaced; give another name with -o")
    write_text(out, text)


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.exists() and one.samefile(other)


def print_result(
    content: Any, shown: str | Sequence[str | Table], as_json: bool, *, beside: Path | None = None
) -> None:
    """Print a result: `content` as one JSON document, or what is shown to people, text and tables.

    On a terminal a table wraps its cells to fit. Elsewhere every row is one line, however long, and nothing is cut.
    Where the file `beside` was written to the output stream, the result goes to the error stream.
    """
    err = beside is not None and is_standard_output(beside)
    if as_json:
        typer.echo(json.dumps(with_nulls(content), indent=2, default=str, allow_nan=False), err=err)
        return
    for part in [shown] if isinstance(shown, str) else shown:
        typer.echo(part if isinstance(part, str) else _table_text(part), err=err)


def with_nulls(content: Any) -> Any:
    """Return plain data with None where a number is not finite: JSON has no word for it."""
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, Mapping):
        return {name: with_nulls(value) for name, value in content.items()}
    return [with_nulls(value) for value in content] if isinstance(content, list | tuple) else content


def _table_text(table: Table) -> str:
    """The lines of a table, without the blanks at their ends."""
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = max(1, Measurement.get(console, console.options.update(max_width=LONGEST_LINE), table).maximum)
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def announce(sentence: str) -> None:
    """Print a sentence for people on the error stream."""
    Console(stderr=True, soft_wrap=True).print(sentence, markup=False, highlight=False)


def log_to_stderr(*, verbose: bool) -> None:
    """Send the package's log to the error stream: warnings, and with `verbose` every step of long work."""
    handler = logging.StreamHandler(_CurrentStderr())
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("circuitsim")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO if verbose else logging.WARNING)


class _CurrentStderr:
    """The error stream of the moment: while a bar is shown, it is replaced by one that prints above the bar."""

    def write(self, text: str) -> None:
        sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


@contextlib.contextmanager
def progress_bar(title: str, *, quiet: bool = False) -> Iterator[Callable[..., None]]:
    """Yield a function (finished, all) that moves a bar, beside which the time spent and the time left stand.

    A third argument of it stands behind the title.

    Without a terminal there is no bar but one line when the work is done; `quiet` shows nothing.
    """
    with progress_steps(title, quiet=quiet) as moved:
        yield lambda finished, total, said="": moved(title, finished, total, said)


@contextlib.contextmanager
def progress_steps(title: str, *, quiet: bool = False) -> Iterator[Callable[..., None]]:
    """Yield a function (step, finished, all) that moves a bar as `progress_bar`; each step begins its own."""
    console = Console(stderr=True)
    start = time.perf_counter()
    if quiet or not console.is_terminal:
        yield lambda step, finished, total, said="": None
        if not quiet:
            console.print(f"{title}: {time.perf_counter() - start:.1f} s", highlight=False, soft_wrap=True)
        return
    counted = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    shown = (*counted, TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    with Progress(*shown, console=console) as bar:
        task = bar.add_task(title, total=None)

        last = title

        def moved(step: str, finished: int, total: int, said: str = "") -> None:
            nonlocal last
            if last != step:  # its time left follows from its own speed
                last = step
                bar.reset(task, total=total)
            bar.update(task, completed=finished, total=total, description=f"{step} {said}".rstrip())

        yield moved
        bar.update(task, completed=bar.tasks[0].total or 1, total=bar.tasks[0].total or 1)


def card_listing(cards: Iterable[Any]) -> list[dict[str, str]]:
    """Return name, kind, title and licence of cards of devices or blocks, for machines."""
    return [{key: getattr(card, key) for key in ("name", "kind", "title", "licence")} for card in cards]


def plot_files(plot: Path) -> list[Path]:
    """Return the two files of a figure."""
    return [plot.parent / f"{plot.stem}.png", plot.parent / f"{plot.stem}.svg"]
