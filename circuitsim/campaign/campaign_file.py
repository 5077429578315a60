"""The file of a campaign as a designer writes it: a base, axes, constraints, measures; checked when it is read."""

import math
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from circuitsim.campaign.statistics_file import CampaignStatistics, DesignTable, check_statistics
from circuitsim.errors import InputError, SpecError
from circuitsim.spec import FrozenMapping, checked, sentence, shown
from circuitsim.spec.base import Part, Quantity, SpiceName, Whole, whole
from circuitsim.spec.toml_file import read_toml

CAMPAIGN_SCHEMA = 1
MOST_VALUES = 100_000
"""Values that one axis may have."""
MOST_REPLICATES = 1_000_000
LARGEST_SEED = 2**63 - 1

Frozen = AfterValidator(FrozenMapping)
File = TypeVar("File", bound=Part)
Seed = Annotated[Whole, Field(ge=0, le=LARGEST_SEED)]


class AxisRange(Part):
    """Equally spaced values of an axis, both ends included; without `n`, the range from which a design draws."""

    start: Quantity = Field(
        alias="from", description="First value [unit of the key]; SI units, or a text with a SPICE suffix"
    )
    stop: Quantity = Field(alias="to", description="Last value [unit of the key]")
    n: Whole | None = Field(
        default=None,
        ge=2,
        le=MOST_VALUES,
        description="Number of values, both ends included; absent: [design] draws them",
    )
    scale: Literal["linear", "log"] = Field(
        default="linear", description="'linear': equal steps. 'log': equal ratios, between ends of one sign"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.start == self.stop:
            raise ValueError(f"from = to = {self.start:g}: expected two different ends")
        if self.scale == "log" and self.start * self.stop <= 0:
            raise ValueError(f"from = {self.start:g}, to = {self.stop:g}: scale = 'log' takes ends of one sign, not 0")
        return self


def _axis(value: object) -> object:
    """Read a table as a range, so that a slip in it is told as one of a range."""
    if not isinstance(value, dict):
        return value
    try:
        return AxisRange.model_validate(value)
    except ValidationError as error:
        raise ValueError(sentence(error, AxisRange)) from None


Axis = Annotated[tuple[Any, ...] | AxisRange, BeforeValidator(_axis, json_schema_input_type=list[Any] | AxisRange)]


class MeasureTable(Part):
    """What is measured at every point, under a name of the user's."""

    function: str | None = Field(
        default=None,
        description="Name of a measure of circuitsim (docs/campaign_measures.md), or 'module:function' of your own; "
        "absent: the name of the table",
    )
    arguments: Annotated[dict[SpiceName, Any], Frozen] = Field(
        default_factory=FrozenMapping, description="Arguments of the function; files are relative to the campaign file"
    )


class CampaignFile(Part):
    """A campaign: at which points an array is measured, and what is measured there."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, title="circuitsim campaign")

    schema_version: Annotated[Literal[1], BeforeValidator(whole)] = Field(
        alias="schema", description="Version of this format"
    )
    name: str = Field(default="campaign", min_length=1, max_length=200, description="Title of the campaign's page")
    base: str | dict[str, Any] = Field(
        description="The specification of the array that is varied: a TOML file, relative to the campaign file, or its "
        "sections as a table, or 'preset:NAME', a chip of circuitsim preset list"
    )
    seed: Seed = Field(default=0, description="Seed of everything that is drawn, unless an axis is 'seed'")
    replicates: Whole = Field(
        default=1, ge=1, le=MOST_REPLICATES, description="How often each point is measured, each time with other draws"
    )
    axes: Annotated[dict[str, Axis], Frozen] = Field(
        default_factory=FrozenMapping,
        description="Values by key: 'section.key' of the specification, 'measures.NAME.ARGUMENT', or 'seed'; a list, "
        "or a table of from, to, n and scale. Keys joined by a comma take the same value",
    )
    constraints: tuple[str, ...] = Field(
        default=(),
        description="Conditions between keys that a point has to meet: 'array.rows * wire.r_row <= 100'. Comparisons "
        "of keys, numbers and texts in quotes, with + - * / **, and, or, not",
    )
    measures: Annotated[dict[SpiceName, MeasureTable], Frozen] = Field(
        description="What is measured: a table for each measure, by a name of yours"
    )
    statistics: CampaignStatistics = Field(
        default_factory=CampaignStatistics, description="Intervals of what replicates say, yields, and when they stop"
    )
    design: DesignTable | None = Field(
        default=None, description="How places are drawn from axes that are ranges without n; absent: there are none"
    )
    minimize: str | None = Field(default=None, description="NAME.RESULT whose least value progress shows as the best")
    maximize: str | None = Field(default=None, description="The same for the largest value")

    def __init__(self, /, **data: Any):
        """Check the keys and values of a campaign; `load_campaign` does the same for a file.

        Raises:
            SpecError: A key is unknown or missing, or its value cannot be used.
        """
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise SpecError(sentence(error, CampaignFile)) from None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.measures:
            raise ValueError("measures is empty: expected a table [measures.NAME] of what is measured")
        if self.minimize is not None and self.maximize is not None:
            raise ValueError("minimize and maximize are given: expected one of them")
        best = self.minimize or self.maximize
        if best is not None and best.partition(".")[0] not in self.measures:
            raise ValueError(f"{self._goal()} = {best!r}: expected NAME.RESULT, NAME among {', '.join(self.measures)}")
        for key, axis in self.axes.items():
            _check_axis(key, axis)
        self._check_design()
        check_statistics(self.statistics, self.measures, self.replicates)
        return self

    def _check_design(self) -> None:
        drawn = [key for key, axis in self.axes.items() if isinstance(axis, AxisRange) and axis.n is None]
        if drawn and self.design is None:
            raise ValueError(f"axes.{drawn[0]} has no n: expected the number of its values, or a [design] that draws")
        if self.design is not None and not drawn:
            raise ValueError("design is given, but no axis is a range without n, which is what it draws from")
        if self.design is not None and self.design.kind == "saltelli" and self.constraints:
            raise ValueError("constraints leave gaps in a design of kind 'saltelli': expected none, or kind = 'sobol'")
        if self.statistics.stop is not None and any("replicate" in text for text in self.constraints):
            raise ValueError("constraints name replicate, and statistics.stop counts replicates: expected one of them")

    def _goal(self) -> str:
        return "minimize" if self.minimize is not None else "maximize"


@checked
def load_campaign(path: str | Path) -> CampaignFile:
    """Read the file of a campaign.

    Raises:
        SpecError: The file is missing or no TOML, or a key or value in it cannot be used.
    """
    return read_file_of(CampaignFile, Path(path), "the TOML file of a campaign")


def read_file_of(kind: type[File], path: Path, what: str) -> File:
    """Read a TOML file into a model whose constructor raises SpecError; `what` is what the file is expected to be.

    Raises:
        SpecError: The file is missing or no TOML, or a key or value in it cannot be used; names the file.
    """
    try:
        data = read_toml(path, what)
    except InputError as error:
        raise SpecError(str(error)) from None
    try:
        return kind(**data)
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from None


def campaign_json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a campaign's file, for editors that complete and check TOML."""
    return CampaignFile.model_json_schema(by_alias=True)


def axis_values(axis: tuple[Any, ...] | AxisRange) -> list[Any]:
    """Return the values of an axis; those of a range have 12 digits, and are whole where all of them are."""
    if not isinstance(axis, AxisRange):
        return list(axis)
    assert axis.n is not None, "a design draws from it"
    steps = [k / (axis.n - 1) for k in range(axis.n)]
    if axis.scale == "log":
        values = [math.copysign(abs(axis.start) ** (1 - t) * abs(axis.stop) ** t, axis.start) for t in steps]
    else:
        values = [axis.start * (1 - t) + axis.stop * t for t in steps]
    values = [axis.start, *(float(f"{value:.12g}") for value in values[1:-1]), axis.stop]
    rounded = [round(value) for value in values]
    near = all(abs(value - near) <= 1e-12 * abs(value) for value, near in zip(values, rounded, strict=True))
    return list(rounded) if near else values


def _check_axis(key: str, axis: tuple[Any, ...] | AxisRange) -> None:
    if isinstance(axis, AxisRange):
        return
    if not axis:
        raise ValueError(f"axes.{key} has no values: expected a list of one or more")
    if len(axis) > MOST_VALUES:
        raise ValueError(f"axes.{key} has {len(axis)} values: expected at most {MOST_VALUES}")
    seen: set[str] = set()
    for value in axis:
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"axes.{key} = {value}: expected finite numbers")
        if repr(value) in seen:
            raise ValueError(f"axes.{key} has {shown(value)} twice: expected each value once")
        seen.add(repr(value))
