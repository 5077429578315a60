"""The folder of a run: locked while a run uses it, and cleared of what an earlier run left there."""

import contextlib
import errno
import fcntl
import logging
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from circuitsim.errors import SimulatorError

DECK = "deck.cir"
LOG = "deck.log"
RAW = "deck.raw"

_WRITTEN = re.compile(r"(attempt\d+_)?deck\.(cir|log|raw)")
_NUMBERED = re.compile(r"deck_\d{4,}")
_WAIT_S = 0.02

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def locked(folder: Path, *, wait_s: float) -> Iterator[int]:
    """Hold a run folder, so that no other run of any process uses it; make it if it is missing.

    A process that inherits the yielded descriptor holds the lock until it ends, even if this one is killed. The kernel
    releases the lock; no file is left behind.

    Args:
        folder: Run folder.
        wait_s: How long to wait for another run in it [s].

    Raises:
        SimulatorError: Another run still uses the folder.
    """
    deadline = time.monotonic() + wait_s
    descriptor = _open(folder)
    told = False
    try:
        while not _lock(descriptor, folder) or not _same(descriptor, folder):
            if not told:
                _log.warning("%s: another run uses this folder; waiting for it", folder)
                told = True
            if time.monotonic() > deadline:
                raise SimulatorError(f"{folder}: another run still uses this folder after {wait_s:g} s; name another")
            time.sleep(_WAIT_S)
            if not _same(descriptor, folder):  # the other run removed it
                os.close(descriptor)
                descriptor = _open(folder)
        yield descriptor
    finally:
        os.close(descriptor)


def clear(folder: Path) -> None:
    """Remove the decks, logs and results of an earlier run, and nothing else, from a run folder.

    Raises:
        SimulatorError: One of them cannot be removed, for example because a folder has its name.
    """
    for path in folder.iterdir():
        if _WRITTEN.fullmatch(path.name):
            try:
                path.unlink()
            except OSError as error:
                raise SimulatorError(f"{path} cannot be written: {error.strerror}", folder) from None


def clear_numbered(folder: Path) -> None:
    """Clear the numbered run folders in `folder`, so that none holds results of an earlier, longer list of decks.

    A folder that another run uses is left to it. A numbered folder that holds nothing else is removed.
    """
    for place in folder.iterdir() if folder.is_dir() else ():
        if _NUMBERED.fullmatch(place.name) and place.is_dir() and not place.is_symlink():
            with contextlib.suppress(SimulatorError, OSError), locked(place, wait_s=0.0):
                clear(place)
                place.rmdir()


def _open(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)


def _lock(descriptor: int, folder: Path) -> bool:
    """Take the lock; a file system without locks is said, and is no obstacle."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        _log.warning("%s: cannot be locked (%s); let no other run use it at the same time", folder, error.strerror)
    return True


def _same(descriptor: int, folder: Path) -> bool:
    """Tell whether the folder is still the one that was opened."""
    try:
        return os.path.samestat(os.fstat(descriptor), folder.stat())
    except OSError:
        return False
