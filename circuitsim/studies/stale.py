"""Digests of what a study's result depends on, and whether a stored result is older than that."""

import hashlib
import json
from functools import cache
from pathlib import Path

from circuitsim.library import assemble_own
from circuitsim.resources import data_folder
from circuitsim.results import StudyResult
from circuitsim.spec import checked
from circuitsim.studies.folders import CLAIM, RESULT, Study, StudyCode, load_code

_MADE = (".png", ".svg", ".pyc", ".md")
"""Files of a study's folder that its numbers do not depend on."""


@checked
def what_is_stale(study: Study, result: StudyResult) -> tuple[str, ...]:
    """Return what changed since a result was computed: files of the study, and decks that it runs; empty if nothing.

    Raises:
        InputError: The code of the study fails.
    """
    now = study_digests(study, load_code(study.folder))
    names = sorted(now.keys() | result.digests.keys())
    return tuple(name for name in names if now.get(name) != result.digests.get(name))


def study_digests(study: Study, code: StudyCode) -> dict[str, str]:
    """Return the SHA-256 of each file of a study, and of the decks of each case; `claim.toml` is among the files."""
    found = {name: _of(text) for name, text in _files(study.folder).items()}
    if code.decks is not None:
        for case, parameters in code.cases.items():
            decks = code.decks(parameters)
            if decks:
                found[f"deck {case}"] = _of(json.dumps([deck_digest(deck) for deck in decks]).encode())
    return found


def deck_digest(deck: str) -> str:
    """Return the SHA-256 of a deck and its files, comments left out: another version of circuitsim changes none."""
    return assemble_own("\n".join(line for line in deck.split("\n") if not line.startswith("*"))).digest


def code_digest(study: Study) -> str:
    """Return the SHA-256 of what the numbers of a study follow from: its files but the claim, and this package."""
    files = {name: _of(text) for name, text in _files(study.folder).items() if name != CLAIM}
    return _of(json.dumps([files, _package_digest()]).encode())


def _files(folder: Path) -> dict[str, bytes]:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in _MADE]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths if path.name != RESULT}


@cache
def _package_digest() -> str:
    """SHA-256 of all sources of circuitsim and of the SPICE files that it ships."""
    found = hashlib.sha256()
    roots = [Path(__file__).parents[1], data_folder() / "netlists", data_folder() / "device_models"]
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.suffix in (".py", ".lib", ".cir", ".toml", ".csv") and path.is_file():
                found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def _of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
