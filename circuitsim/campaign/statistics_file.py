"""The tables [statistics] and [design] of a campaign's file: which intervals, when replicates stop, what is drawn."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from circuitsim.spec import FrozenMapping
from circuitsim.spec.base import Part, Positive, Quantity, SpiceName, Whole

MOST_SAMPLES = 65536
FEWEST_REPLICATES = 3
_QUANTILES = Annotated[float, Field(gt=0, lt=1)]
_GROWTH = 1.5  # of replicates from one look to the next


class YieldTable(Part):
    """A limit that a replicate meets or not; the yield is the share that does."""

    of: str = Field(description="NAME.RESULT that has to meet the limits, such as 'wires.rms'")
    at_least: Quantity | None = Field(
        default=None, description="Smallest value that passes [unit of the result]; absent: none"
    )
    at_most: Quantity | None = Field(
        default=None, description="Largest value that passes [unit of the result]; absent: none"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError(f"of = {self.of!r} has no limit: expected at_least, at_most, or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"at_least = {self.at_least:g} is above at_most = {self.at_most:g}: no value passes")
        return self


class StopTable(Part):
    """When a place on the axes has enough replicates: as soon as an interval is narrow enough, at fixed looks.

    Valid for: looks after `least` replicates, then half as many again each time, up to `replicates` of the campaign.
    """

    of: str = Field(description="NAME.RESULT whose mean decides, or the name of a yield")
    half_width: Positive | None = Field(
        default=None, description="Half width that is narrow enough [unit of the result]"
    )
    relative_half_width: Positive | None = Field(
        default=None,
        description="The same as a fraction of the mean, or of the yield; of a yield of 0 the half width itself [1]",
    )
    least: Whole = Field(default=8, ge=FEWEST_REPLICATES, description="Replicates before the first look")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.half_width is None) == (self.relative_half_width is None):
            raise ValueError("expected one of half_width and relative_half_width")
        return self


class CampaignStatistics(Part):
    """What is said of the replicates of a place: intervals, yields, and when they stop."""

    level: float = Field(default=0.95, ge=0.5, lt=1, description="Confidence of every interval [1]")
    quantiles: tuple[_QUANTILES, ...] = Field(
        default=(), description="Quantiles of each result besides its mean [1], such as 0.5 and 0.99"
    )
    yields: Annotated[dict[SpiceName, YieldTable], AfterValidator(FrozenMapping)] = Field(
        default_factory=FrozenMapping, alias="yield", description="Limits by a name of yours"
    )
    stop: StopTable | None = Field(default=None, description="When replicates stop; absent: all of them are measured")


class DesignTable(Part):
    """How places are drawn from the axes that are ranges without n; other axes are crossed with them."""

    kind: Literal["sobol", "latin", "saltelli"] = Field(
        description="'sobol': a Sobol sequence. 'latin': a Latin hypercube. 'saltelli': what sensitivity indices take, "
        "points x (drawn axes + 2) places"
    )
    points: Whole = Field(ge=2, le=MOST_SAMPLES, description="Number of draws; a power of 2, but for 'latin'")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.kind != "latin" and self.points & (self.points - 1):
            low = 1 << (self.points.bit_length() - 1)
            raise ValueError(
                f"points = {self.points}: kind = {self.kind!r} is even at powers of 2 alone: expected {low} or "
                f"{2 * low}"
            )
        return self


def check_statistics(statistics: CampaignStatistics, measures: Mapping[str, Any], replicates: int) -> None:
    """Refuse what the rest of the campaign's file contradicts.

    Raises:
        ValueError: A measure or yield is unknown, or there are fewer replicates than the rule needs.
    """
    for name, table in statistics.yields.items():
        _check_result(f"statistics.yield.{name}.of", table.of, measures, "")
    stop = statistics.stop
    if stop is None:
        return
    if stop.of not in statistics.yields:
        _check_result("statistics.stop.of", stop.of, measures, ", or the name of a yield")
    if replicates < stop.least:
        raise ValueError(
            f"replicates = {replicates}, the most that may run, is below statistics.stop.least = {stop.least}, the "
            "first look: expected more replicates, or a smaller least"
        )


def looks(stop: StopTable, most: int) -> tuple[int, ...]:
    """Return after how many replicates the rule looks: `least`, then half as many again, up to `most`."""
    found = [min(stop.least, most)]
    while found[-1] < most:
        found.append(min(most, int(found[-1] * _GROWTH) + 1))
    return tuple(found)


def told_level(statistics: CampaignStatistics, replicates: int) -> float:
    """Return the confidence at which each interval is computed, so that one chosen at any look holds at `level`.

    The price of repeated looks: of K looks each takes a K-th of the error (Bonferroni).
    """
    if statistics.stop is None:
        return statistics.level
    return 1 - (1 - statistics.level) / len(looks(statistics.stop, replicates))


def _check_result(key: str, wanted: str, measures: Mapping[str, Any], more: str) -> None:
    name, _, result = wanted.partition(".")
    if name not in measures or not result:
        raise ValueError(f"{key} = {wanted!r}: expected NAME.RESULT, NAME among {', '.join(measures)}{more}")
