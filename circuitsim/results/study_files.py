"""The result of a study as a JSON file."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from circuitsim.errors import InputError
from circuitsim.results.atomic_files import write_text
from circuitsim.results.study_result import StudyResult, StudyRow
from circuitsim.spec import checked

STUDY_SCHEMA = 1


@checked
def save_study_result(path: str | Path, result: StudyResult) -> None:
    """Write the result of a study as JSON.

    Raises:
        InputError: The file cannot be written.
    """
    content = {"schema": STUDY_SCHEMA, "verdict": result.verdict, **dataclasses.asdict(result)}
    write_text(path, json.dumps(content, indent=1, default=dict) + "\n")


@checked
def load_study_result(path: str | Path) -> StudyResult:
    """Read what `save_study_result` wrote.

    Raises:
        InputError: The file is missing, or is not the result of a study of this version.
    """
    try:
        content: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        version = content.pop("schema")
        if version != STUDY_SCHEMA:
            raise InputError(f"{path}: schema = {version!r}, expected {STUDY_SCHEMA}: reproduce the study again")
        content.pop("verdict")
        rows = tuple(_row(row) for row in content.pop("rows"))
        return StudyResult(rows=rows, assumed=tuple(content.pop("assumed")), **content)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file, expected the result of a study") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not the result of a study ({error})") from None


def _row(content: dict[str, Any]) -> StudyRow:
    rows: dict[str, Any] = {name: tuple(content[name]) for name in ("published", "found")}
    return StudyRow(**(content | rows))
