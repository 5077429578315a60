"""`claim.toml`: what a paper states, how close is close enough and why, and what is assumed where it is silent."""

import math
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from circuitsim.errors import InputError
from circuitsim.spec import FrozenMapping, Part, checked, read_toml, sentence, spice_name

_Name = Annotated[str, AfterValidator(spice_name)]
_Text = Annotated[str, Field(min_length=3)]
_Limit = Annotated[float, Field(ge=0)]


def _values(given: object) -> object:
    """Return published values as a tuple; a number alone is one value."""
    return (given,) if isinstance(given, int | float) and not isinstance(given, bool) else given


_Values = Annotated[tuple[float, ...], BeforeValidator(_values, json_schema_input_type=float | list[float])]


class Bounds(Part):
    """Where every value of a case lies, of a claim that is no number."""

    least: float | None = Field(
        default=None, description="Smallest value that agrees [unit of the claim]; absent: none"
    )
    most: float | None = Field(default=None, description="Largest value that agrees [unit of the claim]; absent: none")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.least is None and self.most is None:
            raise ValueError("expected least, most or both")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"least = {self.least:g} is above most = {self.most:g}")
        return self


class Claim(Part):
    """Values that were published for one quantity, and what agrees with them."""

    name: _Name = Field(description="Key of the quantity among the results of compute(case)")
    quantity: _Text = Field(description="The quantity in words")
    unit: str = Field(min_length=1, description="SI unit of the values; '1' for none")
    where: _Text = Field(description="Figure, table, equation or file in which the values stand")
    relative: _Limit | None = Field(
        default=None, description="Largest difference, relative to each published value [1]"
    )
    of_largest: _Limit | None = Field(
        default=None, description="The same, relative to the largest value of the case [1]"
    )
    absolute: _Limit | None = Field(default=None, description="The same [unit]")
    reason: _Text = Field(description="Why this close is close enough")
    values: Annotated[dict[str, _Values], AfterValidator(FrozenMapping)] = Field(
        default_factory=FrozenMapping, description="Published value, or list of values, by case [unit]"
    )
    values_of: _Name | None = Field(default=None, description="Claim whose values this one repeats, computed otherwise")
    cases: tuple[str, ...] | None = Field(default=None, description="With values_of: its cases; absent: all")
    bounds: Annotated[dict[str, Bounds], AfterValidator(FrozenMapping)] = Field(
        default_factory=FrozenMapping, description="least and most by case, where a trend was published"
    )

    @property
    def judged(self) -> str:
        """In what terms a difference is taken: "relative", "of_largest", "absolute" or "bounds"."""
        given = [name for name in ("relative", "of_largest", "absolute") if getattr(self, name) is not None]
        return given[0] if given else "bounds"

    @property
    def allowed(self) -> float:
        """Largest difference that agrees; 0 of bounds."""
        return 0.0 if self.judged == "bounds" else getattr(self, self.judged)

    @model_validator(mode="after")
    def _check(self) -> Self:
        limits = [name for name in ("relative", "of_largest", "absolute") if getattr(self, name) is not None]
        sources = [name for name in ("values", "values_of", "bounds") if getattr(self, name)]
        if len(sources) != 1:
            raise ValueError(f"{self.name}: expected one of values, values_of and bounds, got {sources or 'none'}")
        if len(limits) != (0 if self.bounds else 1):
            expected = "no tolerance beside bounds" if self.bounds else "one of relative, of_largest and absolute"
            raise ValueError(f"{self.name}: expected {expected}, got {limits or 'none'}")
        if self.cases is not None and self.values_of is None:
            raise ValueError(f"{self.name}.cases has no effect without values_of")
        for case, values in self.values.items():
            if not values or not all(math.isfinite(value) for value in values):
                raise ValueError(f"{self.name}.values.{case}: expected one or more finite numbers")
        return self


class Deviation(Part):
    """Why a claim is not met, and how far the explanation reaches."""

    claim: _Name = Field(description="Name of the claim")
    cases: tuple[str, ...] | None = Field(default=None, description="Its cases; absent: all")
    up_to: Annotated[float, Field(gt=0)] = Field(
        description="Largest difference that this explains, in terms of the claim's tolerance [unit of the tolerance]"
    )
    explanation: _Text = Field(description="Why the numbers differ")


class StudyClaim(Part):
    """What a paper states, to be held against what is computed here."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, title="circuitsim claim")

    schema_version: Literal[1] = Field(alias="schema", description="Version of this format")
    title: _Text = Field(description="The study in a line")
    paper: _Text = Field(description="Authors, journal, year; or the repository whose numbers these are")
    doi: str = Field(default="", description="DOI, or the address of the source where there is none")
    kind: Literal["exact", "number", "figure", "trend", "training"] = Field(
        description="'exact': a closed form or another exact solver. 'number': published in digits. 'figure': read off "
        "a figure. 'trend': an ordering or a range. 'training': networks are trained, which takes long"
    )
    quick: bool = Field(default=False, description="Takes seconds, and runs with --quick")
    assumed: tuple[_Text, ...] = Field(default=(), description="What is assumed where the paper is silent")
    claims: tuple[Claim, ...] = Field(min_length=1, description="The published values")
    deviations: tuple[Deviation, ...] = Field(default=(), description="Claims that are not met, and why")

    @model_validator(mode="after")
    def _check(self) -> Self:
        named = {claim.name: claim for claim in self.claims}
        for claim in self.claims:
            source = named.get(claim.values_of or "")
            if claim.values_of is not None and (source is None or not source.values):
                raise ValueError(f"{claim.name}.values_of = {claim.values_of!r}: expected a claim that has values")
            for case in claim.cases or ():
                if source is not None and case not in source.values:
                    raise ValueError(f"{claim.name}.cases: {case!r} is no case of {source.name}")
        for deviation in self.deviations:
            if deviation.claim not in named:
                raise ValueError(f"deviations: {deviation.claim!r} is no claim; there are {', '.join(named)}")
            known = {
                case: None for each in self.claims if each.name == deviation.claim for case in self.judged_in(each)
            }
            for case in deviation.cases or ():
                if case not in known:
                    raise ValueError(
                        f"deviations: {case!r} is no case of {deviation.claim}; expected some of {', '.join(known)}"
                    )
        return self

    def published(self, claim: Claim) -> dict[str, tuple[float, ...]]:
        """Return the published values of a claim by case; of bounds, nothing."""
        if claim.values_of is None:
            return dict(claim.values)
        values = next(each for each in self.claims if each.name == claim.values_of and each.values).values
        return {case: values[case] for case in claim.cases or values}

    def judged_in(self, claim: Claim) -> tuple[str, ...]:
        """Return the cases in which a claim is judged: those with published values or bounds."""
        return (*self.published(claim), *claim.bounds)


def claim_json_schema() -> dict[str, Any]:
    """Return the JSON Schema of `claim.toml`, for editors that complete and check TOML."""
    return StudyClaim.model_json_schema(by_alias=True)


@checked
def load_claim(path: str | Path) -> StudyClaim:
    """Read a `claim.toml`.

    Raises:
        InputError: The file is missing or no TOML, or a key or value in it cannot be used.
    """
    data = read_toml(Path(path), "the claim of a study")
    try:
        return StudyClaim(**data)
    except ValidationError as error:
        raise InputError(f"{path}: {sentence(error, StudyClaim)}") from None
