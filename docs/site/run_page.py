"""Run the blocks of a page once, in order, in a folder of the page's own, and keep what they print and draw.

The build of the site shows what is kept here; the test of a page is the same run. Commands of circuitsim are called
through the entry point of the program in this process, which saves its start; all others go to a shell.
"""

import contextlib
import dataclasses
import io
import os
import shlex
import shutil
import subprocess
import sys
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path

import matplotlib
from page_blocks import Block, manual_pages, page_blocks, page_settings

from circuitsim import cli

_SHELL_SIGNS = set("|><;&*?$`")
_PIXELS = 130  # of a figure, per inch


@dataclasses.dataclass(frozen=True)
class BlockRun:
    """What a block printed and drew, and the processor time that it took [s], that of its processes included."""

    block: Block
    text: str = ""
    figures: tuple[tuple[Path, str], ...] = ()
    seconds: float = 0.0


class BlockFailure(AssertionError):
    """A block did not do what its page says."""


def run_page(name: str, docs: Path, folder: Path, done: dict[str, list[BlockRun]] | None = None) -> list[BlockRun]:
    """Run a page, and first the page that it continues.

    Args:
        name: Name of the page, such as `tutorial/01_first_array`.
        docs: Folder of the manual.
        folder: Where every page gets a folder of its name; what an older run left in it is removed.
        done: Pages that have run; this one is added.

    Raises:
        BlockFailure: A block raised, ended with another code than stated, or drew axes without labels.
    """
    done = {} if done is None else done
    if name in done:
        return done[name]
    text = manual_pages(docs)[name].read_text(encoding="utf-8")
    place, before = folder / name, page_settings(text).get("after")
    shutil.rmtree(place, ignore_errors=True)
    if before is None:
        place.mkdir(parents=True)
    else:
        run_page(before, docs, folder, done)
        shutil.copytree(folder / before, place)
    names: dict = {"__name__": "__main__"}
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")  # figures of a page that failed
    with contextlib.chdir(place):
        done[name] = [_run(block, names, f"{name} line {block.first + 1}") for block in page_blocks(text)]
    return done[name]


def _processor_time() -> float:
    return sum(os.times()[:4])


def _run(block: Block, names: dict, where: str) -> BlockRun:
    start = _processor_time()
    if block.does == "show":
        return BlockRun(block)
    if block.does == "write":
        Path(block.how).parent.mkdir(parents=True, exist_ok=True)
        Path(block.how).write_text(block.code, encoding="utf-8")
        return BlockRun(block)
    try:
        text = _commands(block) if block.language == "sh" else _python(block, names, where)
        figures = _figures(where.replace("/", "-").replace(" ", "-"))
    except BlockFailure as failure:
        raise BlockFailure(f"{where}: {failure}") from None
    return BlockRun(block, _without_places(text), figures, _processor_time() - start)


def _without_places(text: str) -> str:
    """The text with the page's folder as `.`, and the home of whoever runs it as `~`."""
    return text.replace(str(Path.cwd()), ".").replace(str(Path.home()), "~")


@contextlib.contextmanager
def _heard() -> Iterator[io.StringIO]:
    """Keep what is printed, and warnings as a user reads them."""
    said = io.StringIO()

    def tell(message: Warning | str, category: type[Warning], *_: object) -> None:
        said.write(f"{category.__name__}: {message}\n")

    with warnings.catch_warnings(), contextlib.redirect_stdout(said):
        warnings.simplefilter("default")
        warnings.showwarning = tell  # pyright: ignore[reportAttributeAccessIssue]
        yield said


def _python(block: Block, names: dict, where: str) -> str:
    matplotlib.use("agg")
    wanted = block.how.removeprefix("raises=")
    with _heard() as said:
        try:
            exec(compile(block.code, where, "exec"), names)
        except Exception as error:
            if type(error).__name__ != wanted:
                raise BlockFailure(f"{block.code}\n{said.getvalue()}\n{traceback.format_exc()}") from error
            return f"{said.getvalue()}{wanted}: {error}\n"
    if wanted:
        raise BlockFailure(f"{wanted} was not raised by\n{block.code}")
    return said.getvalue()


def _commands(block: Block) -> str:
    wanted = int(block.how.removeprefix("exit=") or 0)
    said, code = "", 0
    for line in block.code.replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if code:
            raise BlockFailure(f"exit code {code} before the last command\n{said}")
        text, code = _command(line)
        said += text
    if code != wanted:
        raise BlockFailure(f"exit code {code}, stated {wanted}\n{block.code}\n{said}")
    return said


def _command(line: str) -> tuple[str, int]:
    first, piped, rest = line.partition(" | ")
    if first.startswith("circuitsim ") and not _SHELL_SIGNS & set(first):
        text, code = _circuitsim(shlex.split(first))
        if not piped:
            return text, code
        ran = subprocess.run(["bash", "-c", rest], input=text, capture_output=True, text=True, check=False, timeout=60)
        return ran.stdout + _sentences(ran.stderr), code or ran.returncode
    program = f'circuitsim() {{ "{sys.executable}" -c "from circuitsim.cli import main; main()" "$@"; }}\n{line}'
    ran = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False, timeout=600)
    return ran.stdout + _sentences(ran.stderr), ran.returncode


def _circuitsim(words: list[str]) -> tuple[str, int]:
    before, sys.argv = sys.argv, words
    errors, code = io.StringIO(), 0
    try:
        with _heard() as said, contextlib.redirect_stderr(errors):
            cli.main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    finally:
        sys.argv = before
    return said.getvalue() + _sentences(errors.getvalue()), code


def _sentences(errors: str) -> str:
    """What the program says on its error stream, without progress and announcements of what takes long."""
    lines = errors.splitlines()
    return "".join(f"{line}\n" for line in lines if line.startswith(("circuitsim: ", "bash: ", "Traceback")))


def _figures(stem: str) -> tuple[tuple[Path, str], ...]:
    """Write the open figures of pyplot and close them; every pair of axes must be labelled."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    found = []
    if pyplot is None:
        return ()
    figures = {number: pyplot.figure(number) for number in pyplot.get_fignums()}
    pyplot.close("all")
    for number, figure in figures.items():
        panels = [axes for axes in figure.axes if not hasattr(axes, "_colorbar") and axes.axison]
        if not panels or not all(axes.get_xlabel() and axes.get_ylabel() for axes in panels):
            raise BlockFailure("a figure has axes without labels")
        path = Path(f"{stem}-{number}.png").absolute()
        figure.savefig(path, dpi=_PIXELS, bbox_inches="tight", metadata={"Software": None})
        found.append((path, "; ".join(f"{axes.get_ylabel()} against {axes.get_xlabel()}" for axes in panels)))
    return tuple(found)
