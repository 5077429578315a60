"""What reproducing a published study found, beside what was published."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from circuitsim.spec import FrozenMapping

AGREES, EXPLAINED, DISAGREES, FAILED = "agrees", "explained", "disagrees", "failed"


@dataclass(frozen=True)
class StudyRow:
    """One claim in one case.

    Attributes:
        claim: Name of the claim.
        quantity, unit, where: What was published, in which SI unit ("1" for none), and in which figure or table.
        case: Name of the case.
        published: Published values; empty if the claim gives bounds.
        least, most: Bounds of every value; None without.
        found: The same values as computed here.
        deviation: Largest difference in the terms of `judged`; of bounds, how far a value is outside, in the unit.
        allowed: Largest difference that agrees.
        judged: "relative" (to each value), "of_largest" (relative to the largest value of the case), "absolute" (in the
            unit) or "bounds".
        verdict: "agrees"; "explained": more than allowed, and the claim says why; "disagrees".
        explanation: Why it deviates, of a verdict "explained".
    """

    claim: str
    quantity: str
    unit: str
    where: str
    case: str
    published: tuple[float, ...]
    found: tuple[float, ...]
    deviation: float
    allowed: float
    judged: str
    verdict: str
    least: float | None = None
    most: float | None = None
    explanation: str = ""


@dataclass(frozen=True)
class StudyResult:
    """What a study found.

    Attributes:
        name: Name of its folder.
        title, paper, doi, kind: As its claim states them; kind is "exact", "number", "figure", "trend" or "training".
        assumed: What is assumed where the paper is silent.
        rows: One entry a claim and case.
        failures: Reason by case, of cases that could not be computed.
        seconds: Processor time of all cases [s].
        versions: Version by program.
        digests: SHA-256 by what was digested: the files of the study, and "deck CASE" of the decks that it names.
        warned: How often each warning was issued, by its text, all cases together.
    """

    name: str
    title: str
    paper: str
    doi: str
    kind: str
    assumed: tuple[str, ...]
    rows: tuple[StudyRow, ...]
    failures: Mapping[str, str] = field(default_factory=FrozenMapping)
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=FrozenMapping)
    digests: Mapping[str, str] = field(default_factory=FrozenMapping)
    warned: Mapping[str, int] = field(default_factory=FrozenMapping)

    def __post_init__(self) -> None:
        for name in ("failures", "versions", "digests", "warned"):
            object.__setattr__(self, name, FrozenMapping(getattr(self, name)))

    @property
    def verdict(self) -> str:
        """The worst of the verdicts of its rows; "failed" if a case could not be computed."""
        found = {row.verdict for row in self.rows}
        if self.failures or not self.rows:
            return FAILED
        return next(each for each in (DISAGREES, EXPLAINED, AGREES) if each in found)

    @property
    def passed(self) -> bool:
        """Whether every row agrees or its deviation is explained."""
        return self.verdict in (AGREES, EXPLAINED)
