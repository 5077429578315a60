"""Files of a campaign on machines that share no folder with it: sent with the setup, placed under their digest."""

import contextlib
import hashlib
import importlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from circuitsim.campaign.axis_files import axis_paths, moved_axes
from circuitsim.campaign.expansion import CampaignSetup
from circuitsim.campaign.measure_sources import source_files
from circuitsim.campaign.measures import MeasureCall, with_argument
from circuitsim.errors import InputError
from circuitsim.library import read_library
from circuitsim.spec import ArraySpec
from circuitsim.spec.array import WITH_FILES

_log = logging.getLogger(__name__)

MOST_SENT = 2**30
"""Size [bytes] of all files together above which none is sent."""


@dataclass(frozen=True)
class SentFiles:
    """Files that a campaign reads.

    Attributes:
        root: Folder that holds them all on the machine that sent them.
        contents: Content of each by its path below `root`.
        digest: SHA-256 of paths and contents.
    """

    root: str
    contents: Mapping[str, bytes]
    digest: str


def gather_files(setup: CampaignSetup) -> SentFiles | None:
    """Read the files of a campaign: SPICE files with what they include, those of measures, the user's modules.

    Returns:
        The files; None where there are none, or more than `MOST_SENT`, which is logged as a warning.

    Raises:
        InputError: One cannot be read.
    """
    paths = sorted({path.resolve() for path in _paths(setup)})
    if not paths:
        return None
    folders = [*(path.parent for path in paths), *(Path(call.folder) for call in setup.measures.values())]
    root = Path(os.path.commonpath(folders))
    try:
        if (size := sum(path.stat().st_size for path in paths)) > MOST_SENT:
            _log.warning(
                "the files of the campaign have %.0f MB, more than the %.0f MB that are sent to workers: they have to "
                "lie under the same paths there",
                size / 1e6,
                MOST_SENT / 1e6,
            )
            return None
        contents = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be read ({error.strerror})") from None
    return SentFiles(str(root), contents, _digest(contents))


def place_files(setup: CampaignSetup, files: SentFiles) -> CampaignSetup:
    """Return a setup whose files are on this machine: those of the setup where all are there, else those sent.

    They are written into the scratch folder of the Dask worker, which removes it in the end, and read back.

    Raises:
        InputError: They cannot be written, or read back as they were sent.
    """
    root = Path(files.root)
    if all(_content(root / name) == content for name, content in files.contents.items()):
        return setup
    place = _scratch() / f"circuitsim-{files.digest}"
    try:
        for name, content in files.contents.items():
            path = place / name
            if _content(path) != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary = path.with_name(f"{path.name}.{os.getpid()}")
                temporary.write_bytes(content)
                temporary.replace(path)
        found = {name: (place / name).read_bytes() for name in files.contents}
    except OSError as error:
        raise InputError(
            f"{place}: the files of the campaign cannot be placed on this worker ({error.strerror}); expected a "
            "dask worker --local-directory with room, or a folder that all machines share"
        ) from None
    if _digest(found) != files.digest:
        raise InputError(f"{place}: the files of the campaign changed on their way to this worker; expected the same")
    return _moved(setup, root, place)


def _paths(setup: CampaignSetup) -> Iterator[Path]:
    swept = {key for axis in setup.axes for key in axis.keys}
    for section in WITH_FILES:
        part = getattr(setup.base, section)
        if (file := getattr(part, "file", None)) is not None:
            yield from _included(file, part.corners, every=f"{section}.corner" in swept)
        if (folder := getattr(part, "folder", None)) is not None:
            yield from _inside(folder)
    for path in axis_paths(setup.axes):
        yield from _inside(path) if path.is_dir() else [path]
        if path.is_file() and path.suffix != ".npy":
            yield from _included(path, (), every=True)
    for call in setup.measures.values():
        yield from _of_measure(setup, call)


def _inside(folder: Path) -> Iterator[Path]:
    """Yield the files of a device or block folder, and what its SPICE files include."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        yield path
        if path.suffix == ".lib":
            yield from _included(path, (), every=True)


def _of_measure(setup: CampaignSetup, call: MeasureCall) -> Iterator[Path]:
    """Yield the files of a measure, with those that axes give it, and the modules beside the campaign file."""
    yield from (value for value in call.arguments.values() if isinstance(value, Path))
    prefix = f"measures.{call.name}."
    for axis in (drawn for each in setup.axes for drawn in each.drawn or (each,)):
        for key in (key.removeprefix(prefix) for key in axis.keys if key.startswith(prefix)):
            given = (with_argument(call, key, value).arguments[key] for value in axis.values)
            yield from (value for value in given if isinstance(value, Path))
    yield from (path for path in source_files(call) if path.is_relative_to(call.folder))


def _included(file: Path, corners: tuple[str, ...], *, every: bool) -> Iterator[Path]:
    """Yield a SPICE file and what its sections include; with `every` that of all sections that can be read."""
    library = read_library(file, corners)
    yield from library.files
    for section in library.known_sections if every else ():
        with contextlib.suppress(InputError):  # a section that no point may name
            yield from read_library(file, (section,)).files


def _moved(setup: CampaignSetup, root: Path, place: Path) -> CampaignSetup:
    """Return a setup whose paths below `root` are below `place`."""

    def moved(path: Path) -> Path:
        resolved = path.resolve()
        return place / resolved.relative_to(root) if resolved.is_relative_to(root) else path

    calls = {}
    for name, call in setup.measures.items():
        own = {key: moved(value) if isinstance(value, Path) else value for key, value in call.arguments.items()}
        calls[name] = replace(call, arguments=own, folder=str(moved(Path(call.folder))))
    axes = moved_axes(setup.axes, moved)
    return replace(setup, base=_moved_array(setup.base, moved), axes=axes, measures=calls)


def _moved_array(spec: ArraySpec, moved: Any) -> ArraySpec:
    parts: dict[str, dict[str, Path]] = {}
    for section in WITH_FILES:
        for key in ("file", "folder"):
            if (path := getattr(getattr(spec, section), key, None)) is not None:
                parts.setdefault(section, {})[key] = moved(path)
    return spec.replace(**parts) if parts else spec


def _scratch() -> Path:
    """Return the folder of this Dask worker; elsewhere a new temporary one."""
    if "distributed" in sys.modules:
        with contextlib.suppress(ValueError):  # no worker runs this
            return Path(importlib.import_module("distributed").get_worker().local_directory)
    return Path(tempfile.mkdtemp(prefix="circuitsim-"))


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _digest(contents: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        digest.update(f"{len(name)} {name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
