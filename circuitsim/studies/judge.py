"""Hold computed values against published ones."""

from collections.abc import Mapping

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results import StudyRow
from circuitsim.spec import checked
from circuitsim.studies.claim import Bounds, Claim, StudyClaim

Computed = Mapping[str, Mapping[str, tuple[float, ...]]]
"""Values by case and name of the claim."""


@checked
def judge_study(claim: StudyClaim, computed: Computed, *, failed: tuple[str, ...] = ()) -> tuple[StudyRow, ...]:
    """Judge every claim in every case for which values are published.

    Args:
        claim: What was published.
        computed: Values by case and name of the claim.
        failed: Cases that could not be computed; they have no row.

    Returns:
        One row a claim and case.

    Raises:
        InputError: A claim has no value in a case, or another number of values than published; or a value belongs to no
            claim.
    """
    rows = []
    for each in claim.claims:
        published = claim.published(each)
        for case in claim.judged_in(each):
            if case not in failed:
                rows.append(_row(claim, each, case, published.get(case, ()), _found(each, case, computed)))
    names = {each.name for each in claim.claims}
    for case, values in computed.items():
        for name in values.keys() - names:
            raise InputError(
                f"case {case!r}: compute returned {name!r}, which no claim states; expected {sorted(names)}"
            )
    return tuple(rows)


@checked
def check_cases(claim: StudyClaim, cases: tuple[str, ...]) -> None:
    """Refuse a claim whose cases are not those of the code, before anything is computed.

    Args:
        claim: What was published.
        cases: Names of the cases that the code knows.

    Raises:
        InputError: A claim names a case that the code has not, or no claim names a case of the code.
    """
    named = {case: each.name for each in claim.claims for case in claim.judged_in(each)}
    for case in named.keys() - set(cases):
        raise InputError(f"claim {named[case]!r} has values for {case!r}, which is no case of cases(): {list(cases)}")
    for case in cases:
        if case not in named:
            raise InputError(f"case {case!r}: no claim has values for it; expected some, or no such case in cases()")


def _found(claim: Claim, case: str, computed: Computed) -> tuple[float, ...]:
    if case not in computed:
        raise InputError(f"claim {claim.name!r} has values for {case!r}, which is no case of cases(): {list(computed)}")
    if claim.name not in computed[case]:
        raise InputError(f"case {case!r}: compute returned no {claim.name!r}, of which the claim has values")
    return computed[case][claim.name]


def _row(
    study: StudyClaim, claim: Claim, case: str, published: tuple[float, ...], found: tuple[float, ...]
) -> StudyRow:
    bounds = claim.bounds.get(case)
    if bounds is None and len(found) != len(published):
        raise InputError(
            f"case {case!r}: compute returned {len(found)} values of {claim.name!r}, expected {len(published)}"
        )
    off = _outside(bounds, np.array(found)) if bounds else _off(claim.judged, np.array(published), np.array(found))
    deviation = float(off.max())  # NaN if a value is NaN
    verdict, explanation = "agrees", ""
    if not deviation <= claim.allowed:
        verdict, explanation = _explained(study, claim, case, deviation)
    return StudyRow(
        claim=claim.name,
        quantity=claim.quantity,
        unit=claim.unit,
        where=claim.where,
        case=case,
        published=published,
        found=found,
        deviation=deviation,
        allowed=claim.allowed,
        judged=claim.judged,
        verdict=verdict,
        least=bounds.least if bounds else None,
        most=bounds.most if bounds else None,
        explanation=explanation,
    )


@checked
def value_deviations(row: StudyRow) -> tuple[float, ...]:
    """Return the deviation of each value of a row, in the terms in which the row is judged; the largest is the row's.

    Args:
        row: A claim in one case, of a result.

    Returns:
        One number for each value: of "relative" and "of_largest" a fraction [1], else in the unit of the row.
    """
    found = np.array(row.found)
    if row.judged == "bounds":
        return tuple(_outside(Bounds(least=row.least, most=row.most), found).tolist())
    return tuple(_off(row.judged, np.array(row.published), found).tolist())


def _off(judged: str, published: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Differences, in the terms of the claim; infinite where a value is relative to 0."""
    off = np.abs(found - published)
    if judged != "absolute":
        size = np.abs(published) if judged == "relative" else np.full(len(published), np.abs(published).max())
        with np.errstate(divide="ignore", invalid="ignore"):
            off = np.where(off == 0, 0.0, off / size)
    return off


def _outside(bounds: Bounds, found: np.ndarray) -> np.ndarray:
    """How far values are outside of bounds, in the unit; NaN where a value is NaN."""
    below = np.zeros(len(found)) if bounds.least is None else bounds.least - found
    above = np.zeros(len(found)) if bounds.most is None else found - bounds.most
    return np.maximum(np.maximum(below, above), 0.0)


def _explained(study: StudyClaim, claim: Claim, case: str, deviation: float) -> tuple[str, str]:
    for each in study.deviations:
        if each.claim == claim.name and case in (each.cases or (case,)) and deviation <= each.up_to:
            return "explained", each.explanation
    return "disagrees", ""
