"""What every command prints: the result on the output stream, progress and announcements on the error stream."""

import contextlib
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for machines instead of text.")]


def print_result(content: Any, text: str, as_json: bool) -> None:
    """Print a result: `content` as one JSON document, or `text`."""
    typer.echo(json.dumps(content, indent=2, default=str) if as_json else text)


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
def progress_bar(title: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Yield a function (finished, all) that moves a bar.

    Without a terminal there is no bar but one line when the work is done; `quiet` shows nothing.
    """
    console = Console(stderr=True)
    start = time.perf_counter()
    if quiet or not console.is_terminal:
        yield lambda finished, total: None
        if not quiet:
            console.print(f"{title}: {time.perf_counter() - start:.1f} s", highlight=False, soft_wrap=True)
        return
    shown = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*shown, console=console) as bar:
        task = bar.add_task(title, total=None)
        yield lambda finished, total: bar.update(task, completed=finished, total=total)
        bar.update(task, completed=bar.tasks[0].total or 1, total=bar.tasks[0].total or 1)
