"""Files that an axis names: SPICE files, folders of devices and blocks, and values per segment of a wire."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circuitsim.errors import InputError

if TYPE_CHECKING:
    from circuitsim.campaign.expansion import CampaignAxis


def located_axis(axis: "CampaignAxis", folder: Path) -> "CampaignAxis":
    """Return an axis whose files and folders are paths, those of its texts that are relative below a folder.

    Args:
        axis: An axis whose values may be names of files.
        folder: That of the campaign file.

    Raises:
        InputError: There is no such file; names key, value and place.
    """
    return replace(axis, values=tuple(_located(axis.keys, value, folder) for value in axis.values))


def axis_paths(axes: Sequence["CampaignAxis"]) -> Iterator[Path]:
    """Yield the files and folders of the specification that axes name."""
    yield from (value for axis in axes for value in axis.values if isinstance(value, Path))


def moved_axes(axes: Sequence["CampaignAxis"], moved: Callable[[Path], Path]) -> tuple["CampaignAxis", ...]:
    """Return axes whose files and folders lie elsewhere."""
    return tuple(
        replace(axis, values=tuple(moved(value) if isinstance(value, Path) else value for value in axis.values))
        for axis in axes
    )


def _located(keys: Sequence[str], value: Any, folder: Path) -> Any:
    names = [key for key in keys if _names_a_file(key, value)]
    if not names or not isinstance(value, str | Path):
        return value
    place = (folder / value).resolve()
    if not (place.is_dir() if names[0].endswith(".folder") else place.is_file()):
        what = "folder" if names[0].endswith(".folder") else "file"
        raise InputError(f"axes.{names[0]} = {str(value)!r}: no such {what} ({place})")
    return place


def _names_a_file(key: str, value: Any) -> bool:
    if key.startswith("measures."):
        return False  # arguments that are files are found by the measure
    return key.endswith((".file", ".folder")) or (key.startswith("wire.") and str(value).endswith(".npy"))
