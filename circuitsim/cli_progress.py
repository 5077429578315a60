"""Progress on the error stream, so that results on the output stream stay clean."""

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


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
