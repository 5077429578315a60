"""Where studies are: the shipped ones, and a user's own folder of the same form."""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from circuitsim.errors import InputError
from circuitsim.resources import data_folder
from circuitsim.results import load_study_result
from circuitsim.spec import checked
from circuitsim.studies.claim import StudyClaim, load_claim

CLAIM, CODE, RESULT = "claim.toml", "study.py", "result.json"


@dataclass(frozen=True)
class Study:
    """A study: a folder with `claim.toml` and `study.py`.

    Attributes:
        name: Name of the folder.
        folder: The folder.
        claim: What was published.
    """

    name: str
    folder: Path
    claim: StudyClaim


@dataclass(frozen=True)
class StudyCode:
    """The functions of a `study.py`.

    Attributes:
        cases: Parameters by the name of the case.
        compute: From the parameters of a case to results by the names of claims: numbers, or rows of numbers.
        decks: From the same to the SPICE decks that the case runs; None if the file has no such function.
    """

    cases: Mapping[str, Any]
    compute: Callable[[Any], Mapping[str, Any]]
    decks: Callable[[Any], list[str]] | None


@checked
def shipped_studies() -> tuple[Study, ...]:
    """Return the studies that come with the package, by name."""
    folders = sorted(file.parent for file in (data_folder() / "validation").glob(f"*/{CLAIM}"))
    return tuple(Study(folder.name, folder, load_claim(folder / CLAIM)) for folder in folders)


@checked
def find_study(name: str) -> Study:
    """Return a shipped study by its name, or a user's by the path of its folder.

    Raises:
        InputError: There is none, or its claim cannot be used.
    """
    shipped = data_folder() / "validation" / name
    plain = Path(name).name == name
    folder = shipped if plain and (shipped / CLAIM).is_file() else Path(name)
    if not (folder / CLAIM).is_file():
        known = ", ".join(study.name for study in shipped_studies())
        raise InputError(f"{name}: no study; expected a folder with {CLAIM} and {CODE}, or one of {known}")
    if not (folder / CODE).is_file():
        raise InputError(f"{folder}: has no {CODE}, expected its functions cases() and compute(case)")
    return Study(folder.resolve().name, folder.resolve(), load_claim(folder / CLAIM))


@checked
def seconds_last_time(study: Study) -> float | None:
    """Return the processor time [s] that the result kept beside a study took; None: there is none that can be read."""
    if not (study.folder / RESULT).is_file():
        return None
    try:
        return load_study_result(study.folder / RESULT).seconds
    except InputError:
        return None


def load_code(folder: Path) -> StudyCode:
    """Execute the `study.py` of a folder and return its functions.

    Raises:
        InputError: It fails, or lacks a function.
    """
    file = folder / CODE
    module = _executed(file)
    for name in ("cases", "compute"):
        if not callable(getattr(module, name, None)):
            raise InputError(f"{file}: has no function {name}; expected cases() and compute(case)")
    cases = _guarded(file, "cases()", module.cases)
    if not isinstance(cases, dict) or not cases or not all(isinstance(name, str) for name in cases):
        raise InputError(f"{file}: cases() returned {type(cases).__name__}, expected a dict of parameters by name")
    return StudyCode(cases, module.compute, getattr(module, "decks", None))


def _executed(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"study_{file.parent.name}", file)
    if spec is None or spec.loader is None:
        raise InputError(f"{file}: cannot be read, expected a Python file")
    module = importlib.util.module_from_spec(spec)
    _guarded(file, "import", lambda: spec.loader.exec_module(module))  # pyright: ignore[reportOptionalMemberAccess]
    return module


def _guarded(file: Path, what: str, call: Callable[[], Any]) -> Any:
    """Call a user's code; whatever it raises becomes a sentence."""
    try:
        return call()
    except (Exception, SystemExit) as error:
        raise InputError(f"{file}: {what} failed with {type(error).__name__}: {error}") from error
