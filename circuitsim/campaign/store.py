"""A folder of results that are absent or complete, whoever writes and whenever he is stopped.

    store.json              what this folder is, and the version of its form
    campaign.json, points.npz   the points of the campaign that ran last, see `manifest.py`
    results/TOKEN.jsonl     one result a line, in a file of its own for each coordinator, see `journals.py`
    units/                  names and units of what each measure returned first
    failures/KEY.json       why a point failed; the run folder of its simulator beside it, if there is one
    claims/KEY              a point at work; coordinators/TOKEN  who works, see `leases.py`
    runs/TOKEN.jsonl        when each point was measured, how long it took, what it warned of
    writing/                files that are not complete yet

A file gets its name by a hard link after all of its content is on disk: a link is made once or not at all, on NFS too.
"""

import contextlib
import errno
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from circuitsim.campaign.journals import ResultIndex, content_at, refresh
from circuitsim.errors import InputError
from circuitsim.results.atomic_files import write_text

STORE_FORMAT = "circuitsim campaign store"
STORE_SCHEMA = 2
_FOLDERS = ("results", "units", "failures", "claims", "coordinators", "runs", "writing")
_FORGOTTEN = 86400.0  # [s] age at which a file that a killed process left incomplete is removed


@dataclass(frozen=True)
class CampaignStore:
    """A folder of results; `open_store` makes or checks it.

    Attributes:
        root: The folder.
        index: Where results lie, as far as they were looked for.
    """

    root: Path
    index: ResultIndex = field(repr=False, compare=False)

    def failure(self, key: str) -> Path:
        """Path of the reason why a point failed."""
        return self.root / "failures" / f"{key}.json"

    def has_failed(self, key: str) -> bool:
        """Tell whether a point has failed; as text, because every point asks."""
        return os.path.exists(f"{self.root}/failures/{key}.json")  # noqa: PTH110


def open_store(root: str | Path, *, make: bool = False) -> CampaignStore:
    """Open a store.

    Args:
        root: Its folder.
        make: Make it where there is none.

    Raises:
        InputError: There is none, it is of another version, or it cannot be written.
    """
    root = Path(root)
    about = root / "store.json"
    if not about.exists():
        if not make:
            raise InputError(f"{root}: no store of a campaign; expected the folder that circuitsim campaign run wrote")
        if root.exists() and not root.is_dir():
            raise InputError(f"{root}: a file has this name; expected a folder for the results of a campaign")
        write_text(about, json.dumps({"format": STORE_FORMAT, "schema": STORE_SCHEMA}) + "\n")
    _check_version(about)
    if make:
        with told(root):
            for name in _FOLDERS:
                (root / name).mkdir(exist_ok=True)
    return CampaignStore(root, ResultIndex(root / "results"))


def write_once(store: CampaignStore, path: Path, content: Mapping[str, Any]) -> bool:
    """Write a JSON file unless it exists.

    Returns:
        Whether it was written; False: it was there before.

    Raises:
        InputError: The store cannot be written, such as on a full disk; nothing that was complete is lost.
    """
    body = (json.dumps(content, sort_keys=True, allow_nan=False, indent=1) + "\n").encode()
    temporary = store.root / "writing" / f"{secrets.token_hex(12)}.json"
    with told(store.root):
        try:
            with temporary.open("xb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            return link_once(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def link_once(source: Path, path: Path | str) -> bool:
    """Give a file another name unless this exists; return whether it has the name now."""
    try:
        os.link(source, path)
    except OSError as error:
        with contextlib.suppress(FileNotFoundError):
            if source.samefile(path):  # NFS: the link was made, its answer was lost
                return True
        if isinstance(error, FileExistsError):
            return False
        raise
    return True


def read_content(path: Path) -> dict[str, Any]:
    """Read the record of a failure, or the units of a measure.

    Raises:
        InputError: It is damaged.
    """
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        raise InputError(f"{path}: damaged; delete it and run the campaign again") from None


def finished_keys(store: CampaignStore) -> set[str]:
    """Return the keys of all results, those included that were written since the last look."""
    refresh(store.index)
    return set(store.index.places)


def read_result(store: CampaignStore, key: str) -> dict[str, Any]:
    """Return the result of a point: one of `finished_keys`.

    Raises:
        InputError: There is none, or its file changed.
    """
    if key not in store.index.places:
        refresh(store.index)
    return content_at(store.index, key)


def failed_keys(store: CampaignStore) -> set[str]:
    """Return the keys of all points that failed."""
    return set(_stems(store.root / "failures"))


def forget_failure(store: CampaignStore, key: str) -> None:
    """Remove the record of a failure and its run folder, so that the point is measured again."""
    with told(store.root):
        shutil.rmtree(store.root / "failures" / key, ignore_errors=True)
        store.failure(key).unlink(missing_ok=True)


def keep_run_folder(store: CampaignStore, key: str, folder: str | None) -> str | None:
    """Move the run folder of a failed simulation into the store; return where it lies; None: there is none."""
    if folder is None or not Path(folder).is_dir():
        return folder
    place = store.root / "failures" / key
    with told(store.root):
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(folder, place)
    shutil.rmtree(folder, ignore_errors=True)
    return str(place)


def clear_forgotten(store: CampaignStore) -> None:
    """Remove incomplete files that processes killed long ago left."""
    for entry in _entries(store.root / "writing"):
        with contextlib.suppress(OSError):
            if time.time() - entry.stat().st_mtime > _FORGOTTEN:
                Path(entry.path).unlink()


@contextlib.contextmanager
def told(root: Path) -> Iterator[None]:
    """Say in one sentence that a store cannot be written, and why.

    Raises:
        InputError: Whatever the system raised.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV) and error.filename2:
            raise InputError(
                f"{root}: its file system makes no hard links, by which results become complete; expected another one"
            ) from None
        raise InputError(
            f"{root}: cannot be written ({error.strerror or error}); results that were complete stay"
        ) from None


def _check_version(about: Path) -> None:
    try:
        content = json.loads(about.read_text(encoding="utf-8"))
        found = content.get("format"), content.get("schema")
    except (OSError, ValueError, AttributeError):
        found = None, None
    if found[0] != STORE_FORMAT:
        raise InputError(f"{about}: format = {found[0]!r}, expected {STORE_FORMAT!r}")
    if found[1] != STORE_SCHEMA:
        raise InputError(
            f"{about}: schema = {found[1]!r}, expected {STORE_SCHEMA}: another version of circuitsim wrote this store; "
            "run the campaign into another folder"
        )


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except FileNotFoundError:
        return []


def _stems(folder: Path) -> list[str]:
    return [entry.name[:-5] for entry in _entries(folder) if entry.name.endswith(".json")]
