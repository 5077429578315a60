"""The folders of decks that the demo makes: it marks them, and deletes decks only where its mark is."""

import re
import shutil
from pathlib import Path

from circuitsim.errors import InputError
from circuitsim.results import write_text

DECK_FOLDERS = ("hold_out", "loop")
MARK = ".made-by-circuitsim-demo"

_RUN_FILE = re.compile(r"(attempt\d+_)?deck\.(cir|log|raw)")


def clear_decks(out: Path) -> None:
    """Delete the decks of earlier runs of the demo in `out`, and mark the folders for those of the next.

    Raises:
        InputError: A folder has files in it and is not one of the demo's, or it cannot be written.
    """
    places = [out / name for name in DECK_FOLDERS]
    for place in places:
        foreign = place.exists() and not (place / MARK).is_file()
        if foreign and not (place.is_dir() and not any(place.iterdir())):
            raise InputError(f"{place}: was not made by circuitsim demo; move it away or name another folder with -o")
    for place in places:
        for run in place.iterdir() if place.is_dir() else ():
            if _holds_only_a_run(run):
                shutil.rmtree(run, ignore_errors=True)
        write_text(place / MARK, "circuitsim demo deletes the decks in this folder when it runs again\n")


def _holds_only_a_run(folder: Path) -> bool:
    """Tell whether a folder holds decks, logs and results of one run and nothing else."""
    return (
        folder.is_dir()
        and not folder.is_symlink()
        and all(_RUN_FILE.fullmatch(path.name) and not path.is_dir() for path in folder.iterdir())
    )
