"""A driver, a sense amplifier or a converter as a circuit: the keys that name a block and what surrounds it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator

from circuitsim.errors import SpecError
from circuitsim.spec.base import Params, SpiceName, SubcircuitKeys
from circuitsim.spec.complaints import shown
from circuitsim.spec.dimensions import Durations, PositiveVoltage
from circuitsim.spec.frozen_mapping import FrozenMapping
from circuitsim.spec.terminals import terminal_map

PHASES = "phases"
"""Role under which a map of ports names the clock inputs of a block, each by its phase."""

RAILS = ("vdd", "vss")
"""Roles that several terminals may have: supply and bulk are often ports of their own."""

NAMING = ("model", "folder", "file")
"""Keys of which one names a block."""


def _ports(value: Any) -> Any:
    return terminal_map(value, nested=(PHASES,), several=RAILS) if isinstance(value, Mapping) else value


class BlockSpec(SubcircuitKeys):
    """Keys that name a block: a shipped one, a folder of the user's, or a sub-circuit in a file of the user's.

    Without them the part is ideal, and `kind` says in which way. With them `kind` is None.
    """

    DEFAULT_KIND: ClassVar[str] = "ideal"
    OF_IDEAL: ClassVar[tuple[str, ...]] = ()
    """Keys that describe the ideal part and have no effect on a block."""
    OF_BLOCK: ClassVar[tuple[str, ...]] = ("corner", "subckt", "ports", "params", "supply", "timing")
    """Keys that describe a block and have no effect on the ideal part."""

    model: SpiceName | None = Field(default=None, description="Name of a shipped block: a folder in netlists/")
    folder: Path | None = Field(
        default=None, description="Your block folder (block.lib, block.toml); path relative to the specification"
    )
    ports: Annotated[dict[str, Any] | None, BeforeValidator(_ports)] = Field(
        default=None,
        description="Terminals of the sub-circuit in file by their roles, { in = 'a', out = 'y' }; 'b{k}' names b0, "
        "b1, …; vdd and vss may have several, vdd = ['vdd', 'vpb']; the inputs of phases are a table of their own, "
        "phases = { reset = 'rst' }",
    )
    params: Params | None = Field(
        default=None, description="Overrides of the block's parameters [unit of the parameter]"
    )
    supply: PositiveVoltage | None = Field(default=None, description="Supply voltage [V]; absent: that of the card")
    timing: Durations | None = Field(
        default=None,
        description="Durations of the block's phases [s]; with file, P_start and P_width of each phase P, and ready, "
        "when the output is taken",
    )

    @property
    def block(self) -> str | None:
        """Name of the block; None where the part is ideal."""
        return self.name if self.sources else None

    @model_validator(mode="before")
    @classmethod
    def _block_or_ideal(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        named = [key for key in NAMING if data.get(key) is not None]
        kind = data.get("kind")
        if named and kind is not None:
            raise ValueError(
                f"kind = {shown(kind)} and {named[0]} = {shown(str(data[named[0]]))}: kind is for an ideal part and "
                f"{named[0]} names a circuit; give one of them"
            )
        if kind is not None:
            return data
        return {**data, "kind": None} if named else {key: item for key, item in data.items() if key != "kind"}

    @model_validator(mode="after")
    def _keys_have_effect(self) -> Self:
        if self.sources[1:]:
            raise ValueError(
                f"{' and '.join(self.sources)} are given: expected one of model (a folder in netlists/), folder (your "
                "block folder), or file and subckt"
            )
        block = self.block is not None
        for key in self.OF_IDEAL if block else self.OF_BLOCK:
            if (value := getattr(self, key)) != type(self).model_fields[key].default:
                given = self.sources[0] if block else f"kind = {self.DEFAULT_KIND!r}"
                why = (
                    f"it describes an ideal part, and {given} names a circuit"
                    if block
                    else f"it describes a circuit, and {given} is none; name one by model, folder or file"
                )
                raise ValueError(f"{key} = {shown(_plain(value))} has no effect: {why}")
        if block and self.file is None and self.ports is not None:
            raise ValueError("ports has no effect: a model or folder states its own, it goes with file; remove it")
        if self.file is not None and self.ports is None:
            raise ValueError("ports is missing: file needs the roles of its terminals, ports = { in = 'a', out = 'y' }")
        return self

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a checked copy, as `Part.model_copy`; a new block takes the place of the old one or of `kind`."""
        kept = self.without_other_source(self.model_dump(), update or {})
        dropped = {key: None for key, value in self.model_dump().items() if value is not None and kept.get(key) is None}
        return super().model_copy(update={**dropped, **update} if update else None, deep=deep)

    @classmethod
    def without_other_source(cls, values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of a section without what its `changes` replace: a block by `kind`, `kind` by a block.

        Args:
            values: Values of the section by key.
            changes: New values by key.
        """
        kept = dict(values)
        new = [key for key in NAMING if changes.get(key) is not None]
        ideal = changes.get("kind") is not None
        if new:
            kept["kind"] = None
        if new or ideal:
            kept |= dict.fromkeys((*NAMING, "subckt", "corner", "ports"))
        if ideal:
            kept |= dict.fromkeys(cls.OF_BLOCK)
        return kept


def refused_kinds(*circuits: str) -> BeforeValidator:
    """Return a validator of `kind` that points from the names of circuits to the key that names a circuit."""

    def check(value: object) -> object:
        if value in circuits:
            raise ValueError(f"got {value!r}, which is a circuit: write model = {value!r}, kind is for an ideal part")
        return value

    return BeforeValidator(check)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, FrozenMapping) else value


def check_no_block(part: BlockSpec, section: str, who: str) -> None:
    """Refuse a part that is a circuit where only an ideal one is known.

    Raises:
        SpecError: The part is a block; names it.
    """
    if part.block is not None:
        raise SpecError(
            f"{section}.{part.sources[0]} = {part.block!r}: {who} does not simulate this circuit yet; remove it for an "
            f"ideal part"
        )
