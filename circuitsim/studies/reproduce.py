"""Compute the cases of a study side by side, keep each one that is done, and judge them."""

import hashlib
import json
import logging
import os
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from circuitsim.campaign import program_versions
from circuitsim.errors import CircuitsimError, CircuitsimWarning, InputError
from circuitsim.results import StudyResult, save_study_result, write_text
from circuitsim.spec import Count, checked
from circuitsim.studies.folders import RESULT, Study, load_code
from circuitsim.studies.judge import check_cases, judge_study
from circuitsim.studies.stale import code_digest, study_digests

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StudyStep:
    """Where a study is.

    Attributes:
        study: Name of the study.
        case: The case that is done; None with the result.
        done, total: Number of cases that are done, and of all.
        result: The result, with the last step.
    """

    study: str
    case: str | None
    done: int
    total: int
    result: StudyResult | None = None


@checked
def reproduce(study: Study, out: str | Path, *, workers: Count = 1) -> Iterator[StudyStep]:
    """Compute a study, case by case, and judge it; write `result.json`.

    A case that is done is kept in `OUT/cases/`, and is not computed again as long as the study and circuitsim are the
    same.

    Args:
        study: The study.
        out: Folder to write into.
        workers: Number of processes.

    Yields:
        A step for each case, and one with the result.

    Raises:
        InputError: The code of the study cannot be used, its cases are not those of the claim, or the folder cannot be
            written.
    """
    out, code, versions = Path(out), load_code(study.folder), program_versions()
    check_cases(study.claim, tuple(code.cases))
    key = hashlib.sha256(json.dumps([code_digest(study), versions]).encode()).hexdigest()
    done: dict[str, dict[str, Any]] = {}
    for case, kept in _computed(study.folder, list(code.cases), key, out / "cases", workers):
        done[case] = kept
        yield StudyStep(study.name, case, len(done), len(code.cases))
    failures = {case: kept["failed"] for case, kept in done.items() if "failed" in kept}
    computed = {
        case: {name: tuple(values) for name, values in done[case]["found"].items()}
        for case in code.cases
        if case not in failures
    }
    claim, warned = study.claim, Counter()
    for case in code.cases:  # in their order, however the processes finished
        warned.update(done[case]["warned"])
    result = StudyResult(
        name=study.name,
        title=claim.title,
        paper=claim.paper,
        doi=claim.doi,
        kind=claim.kind,
        assumed=claim.assumed,
        rows=judge_study(claim, computed, failed=tuple(failures)),
        failures=failures,
        seconds=round(sum(kept["seconds"] for kept in done.values()), 2),
        versions=versions,
        digests=study_digests(study, code),
        warned=dict(warned),
    )
    save_study_result(out / RESULT, result)
    yield StudyStep(study.name, None, len(done), len(done), result)


def _computed(
    folder: Path, cases: list[str], key: str, kept: Path, workers: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each case and what is kept of it: those of an earlier run first."""
    files = {case: kept / f"{hashlib.sha256(f'{key} {case}'.encode()).hexdigest()[:24]}.json" for case in cases}
    known = {case: found for case in cases if (found := _kept(files[case])) is not None}
    yield from known.items()
    left = [case for case in cases if case not in known]
    for case, found in _run(folder, left, workers):
        if "failed" not in found:
            write_text(files[case], json.dumps(found))
        yield case, found


def _kept(file: Path) -> dict[str, Any] | None:
    """Return what an earlier run kept of a case; None: nothing, or nothing that can be believed."""
    if not file.is_file():
        return None
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        found = {name: [float(value) for value in values] for name, values in kept["found"].items()}
        warned = {str(text): int(count) for text, count in kept["warned"].items()}
        return {"found": found, "seconds": float(kept["seconds"]), "warned": warned}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        _log.warning("%s is damaged: its case is computed again", file)
        return None


def _run(folder: Path, cases: list[str], workers: int) -> Iterator[tuple[str, dict[str, Any]]]:
    if min(workers, len(cases)) <= 1:
        yield from ((case, compute_case(folder, case)[1]) for case in cases)
        return
    import joblib

    tasks = (joblib.delayed(compute_case)(folder, case) for case in cases)
    done: Any = joblib.Parallel(n_jobs=min(workers, len(cases)), return_as="generator_unordered")(tasks)
    yield from done


def compute_case(folder: Path, case: str) -> tuple[str, dict[str, Any]]:
    """Compute one case of the study in a folder: {"found": values by claim, "seconds", "warned"}.

    A case that fails has "failed", the reason, in place of "found". "warned" has how often each warning was issued.
    """
    code, begun = load_code(folder), _processor_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CircuitsimWarning)
        try:
            kept = {"found": {name: _row_of(name, each) for name, each in code.compute(code.cases[case]).items()}}
        except CircuitsimError as error:
            kept = {"failed": str(error)}
        except (Exception, SystemExit) as error:  # a user's code may raise anything; the other cases go on
            kept = {"failed": f"{type(error).__name__}: {error}"}
    warned = Counter(str(each.message) for each in caught)
    return case, {**kept, "seconds": _processor_time() - begun, "warned": dict(warned)}


def _processor_time() -> float:
    """Processor time [s] of this process and of the simulators that it waited for."""
    return sum(os.times()[:4])


def _row_of(name: str, values: Any) -> list[float]:
    try:
        given = np.asarray(values)
        if given.dtype.kind not in "biuf":
            raise TypeError
        row = np.atleast_1d(given.astype(float))
    except (TypeError, ValueError):
        raise InputError(f"{name} = {values!r}, expected a number or a row of numbers") from None
    if row.ndim != 1 or row.size == 0:
        raise InputError(f"{name} has the shape {row.shape}, expected a number or a row of numbers")
    return row.tolist()
