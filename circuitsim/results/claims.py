"""Set older results aside while new ones are made, so that a run that fails leaves none that look new."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from circuitsim.errors import CircuitsimError, InputError
from circuitsim.results.atomic_files import aside, replaceable
from circuitsim.spec import checked


@checked
@contextlib.contextmanager
def claim(paths: Sequence[str | Path]) -> Iterator[None]:
    """Rename older results to `<name>.older` before the block, and delete these if it succeeds.

    If the block fails or the process is killed, the older results stay under their new names, and an error of
    circuitsim says so in a note. Pipes, devices and folders of these names are left alone.

    Args:
        paths: Files that the block is going to write.

    Raises:
        InputError: A file cannot be replaced.
    """
    targets = [target for path in paths if (target := _plain_file(Path(path))) is not None]
    for target in targets:
        try:
            if target.exists():
                with contextlib.suppress(FileNotFoundError):  # another process was faster
                    target.replace(aside(target))
        except OSError as error:
            raise InputError(f"{target}: cannot be written ({error.strerror})") from None
    kept = [str(aside(target)) for target in targets if aside(target).exists()]
    try:
        yield
    except CircuitsimError as error:
        if kept:
            more = f" and {len(kept) - 1} more" if len(kept) > 1 else ""
            error.add_note(f"older results are kept as {kept[0]}{more}")
        raise
    for target in targets:
        aside(target).unlink(missing_ok=True)


def _plain_file(path: Path) -> Path | None:
    """Return the plain file that a path names or is going to name; None for anything else."""
    try:
        return replaceable(path)
    except OSError:  # `atomic` says why, when the results are written
        return None
