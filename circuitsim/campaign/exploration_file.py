"""The file of an exploration as a designer writes it: a design space, objectives, limits, a budget, finalists."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from circuitsim.campaign.campaign_file import (
    MOST_REPLICATES,
    Axis,
    CampaignFile,
    Frozen,
    MeasureTable,
    Seed,
    read_file_of,
)
from circuitsim.errors import SpecError
from circuitsim.spec import FrozenMapping, checked, sentence
from circuitsim.spec.base import Part, Quantity, SpiceName, Whole, whole

FEWEST = 16
"""Points drawn at random with which an optimizer begins: the least budget."""
MOST_EVALUATIONS = 100_000
MOST_FINALISTS = 100
AT_FINALISTS = "_at_finalists"
"""End of the name of a measure that finalists measure with other arguments."""


class LimitTable(Part):
    """Values of a result that a design has to keep."""

    at_most: Quantity | None = Field(default=None, description="Largest value [unit of the result]")
    at_least: Quantity | None = Field(default=None, description="Smallest value [unit of the result]")

    @model_validator(mode="after")
    def _check(self) -> Self:
        low, high = self.at_least, self.at_most
        if low is None and high is None:
            raise ValueError("it has neither at_most nor at_least: expected one of them, or both")
        if low is not None and high is not None and low > high:
            raise ValueError(f"at_least = {low:g} is above at_most = {high:g}: expected values between them")
        return self


class FinalistsTable(Part):
    """What is measured at the best points alone, such as by ngspice."""

    count: Whole = Field(
        default=5, ge=1, le=MOST_FINALISTS, description="Largest number of finalists, spread along the front"
    )
    measures: Annotated[dict[SpiceName, MeasureTable], Frozen] = Field(
        description="By the name of a measure: arguments that replace some of it, such as level = 'ngspice'. By "
        "another name: a measure of the finalists alone, such as a certificate"
    )


class ExplorationFile(Part):
    """An exploration: a design space, what is measured at a point, and what makes a point a good design."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, title="circuitsim exploration")

    schema_version: Annotated[Literal[1], BeforeValidator(whole)] = Field(
        alias="schema", description="Version of this format"
    )
    name: str = Field(default="exploration", min_length=1, max_length=200, description="Title of the page")
    base: str | dict[str, Any] = Field(
        description="The specification of the array that is varied: a TOML file, relative to this file, or its "
        "sections as a table, or 'preset:NAME', a chip of circuitsim preset list"
    )
    seed: Seed = Field(default=0, description="Seed of the optimizer, and of everything that is drawn at a point")
    replicates: Whole = Field(
        default=1, ge=1, le=MOST_REPLICATES, description="How often each point is measured; the mean counts"
    )
    budget: Whole = Field(
        ge=FEWEST,
        le=MOST_EVALUATIONS,
        description="Largest number of points that are measured, finalists aside; the first 16 are drawn at random",
    )
    batch: Whole = Field(
        default=8,
        ge=1,
        le=1000,
        description="Points that are asked for at a time. It decides which are, and the number of workers does not",
    )
    axes: Annotated[dict[str, Axis], Frozen] = Field(
        description="The design space, as in the file of a campaign: values by key, a list or a table of from, to, n "
        "and scale"
    )
    constraints: tuple[str, ...] = Field(
        default=(), description="Conditions between keys that a point has to meet, as in the file of a campaign"
    )
    measures: Annotated[dict[SpiceName, MeasureTable], Frozen] = Field(
        description="What is measured at every point, as in the file of a campaign: at a cheap level"
    )
    minimize: tuple[str, ...] = Field(default=(), description="Results, as NAME.RESULT, of which less is better")
    maximize: tuple[str, ...] = Field(default=(), description="Results of which more is better")
    limits: Annotated[dict[str, LimitTable], Frozen] = Field(
        default_factory=FrozenMapping, description="Limits of results, by NAME.RESULT: tables of at_most and at_least"
    )
    finalists: FinalistsTable | None = Field(
        default=None, description="What is measured at the best points; absent: nothing"
    )

    def __init__(self, /, **data: Any):
        """Check the keys and values of an exploration; `load_exploration` does the same for a file.

        Raises:
            SpecError: A key is unknown or missing, or its value cannot be used.
        """
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise SpecError(sentence(error, ExplorationFile)) from None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.axes:
            raise ValueError("axes is empty: expected a table [axes] of what may be varied")
        if any("seed" in [part.strip() for part in key.split(",")] for key in self.axes):
            raise ValueError("axes.seed: a draw is no design; expected replicates, whose mean counts")
        goals = (*self.minimize, *self.maximize)
        if not goals:
            raise ValueError("minimize and maximize are empty: expected one or more results as NAME.RESULT")
        if twice := {name for name in goals if goals.count(name) > 1}:
            raise ValueError(f"{min(twice)} stands twice in minimize and maximize: expected it once")
        for where, names in (("minimize", self.minimize), ("maximize", self.maximize), ("limits", self.limits)):
            for name in names:
                measure, dot, result = name.partition(".")
                if measure not in self.measures or not (dot and result):
                    raise ValueError(
                        f"{where}: {name!r} is no result: expected NAME.RESULT, NAME among {', '.join(self.measures)}"
                    )
        _check_finalists(self)
        return self


@checked
def load_exploration(path: str | Path) -> ExplorationFile:
    """Read the file of an exploration.

    Raises:
        SpecError: The file is missing or no TOML, or a key or value in it cannot be used.
    """
    return read_file_of(ExplorationFile, Path(path), "the TOML file of an exploration")


def exploration_json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an exploration's file, for editors that complete and check TOML."""
    return ExplorationFile.model_json_schema(by_alias=True)


def finalist_measures(file: ExplorationFile) -> dict[str, tuple[str, MeasureTable]]:
    """Return what finalists measure: by its name in the campaign, its name in the file and its table."""
    found = {}
    for name, table in {} if file.finalists is None else file.finalists.measures.items():
        if (before := file.measures.get(name)) is None:
            found[name] = name, table
        else:
            arguments = {**before.arguments, **table.arguments}
            found[f"{name}{AT_FINALISTS}"] = name, MeasureTable(function=before.function or name, arguments=arguments)
    return found


def campaign_of(file: ExplorationFile) -> CampaignFile:
    """Return the campaign of which an exploration measures some points: its axes, and all measures.

    An axis over an argument of a measure gives it to the same measure of the finalists too.

    Raises:
        SpecError: An axis cannot be used.
    """
    others = finalist_measures(file)
    replaced = {own: name for name, (own, _) in others.items() if name != own}
    axes = {_for_finalists(keys, replaced): axis for keys, axis in file.axes.items()}
    measures = {**file.measures, **{name: table for name, (_, table) in others.items()}}
    return CampaignFile(
        schema=1,
        name=file.name,
        base=file.base,
        seed=file.seed,
        replicates=file.replicates,
        axes=axes,
        constraints=file.constraints,
        measures=measures,
    )


def _for_finalists(keys: str, replaced: dict[str, str]) -> str:
    found = [key.strip() for key in keys.split(",")]
    for key in list(found):
        parts = key.split(".")
        if parts[0] == "measures" and len(parts) == 3 and parts[1] in replaced:
            found.append(f"measures.{replaced[parts[1]]}.{parts[2]}")
    return ", ".join(found)


def _check_finalists(file: ExplorationFile) -> None:
    for name, table in {} if file.finalists is None else file.finalists.measures.items():
        if name not in file.measures:
            continue
        if table.function is not None:
            raise ValueError(f"finalists.measures.{name}.function: it is that of measures.{name}; leave it out")
        before = file.measures[name].arguments
        if not any(key not in before or before[key] != value for key, value in table.arguments.items()):
            raise ValueError(
                f"finalists.measures.{name} changes no argument of measures.{name}: expected some, such as "
                "level = 'ngspice'"
            )
        if f"{name}{AT_FINALISTS}" in file.measures:
            raise ValueError(f"measures.{name}{AT_FINALISTS}: finalists need this name; expected another one")
