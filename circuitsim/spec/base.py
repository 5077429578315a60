"""Common base of all parts of a specification: frozen, no unknown keys, numbers with SPICE suffixes, safe names."""

import re
from collections.abc import Mapping
from numbers import Integral
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from circuitsim.errors import InputError, SpecError
from circuitsim.spec.complaints import sentence, shown
from circuitsim.spec.frozen_mapping import FrozenMapping
from circuitsim.units import parse_quantity

LONGEST_NAME = 128  # characters
SAFE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _quantity(value: object) -> float:
    try:
        return parse_quantity(value)
    except InputError as error:  # pydantic collects ValueErrors and adds the key
        raise ValueError(str(error)) from None


def whole(value: object) -> int:
    """Return a whole number; a text or a truth value in its place is a slip, not a number."""
    if isinstance(value, bool | str) or not (
        isinstance(value, Integral) or (isinstance(value, float) and value % 1 == 0)
    ):
        raise PydanticCustomError("int_type", "Input should be a whole number")
    return int(value)


def is_plain_name(name: str) -> bool:
    """Tell whether SPICE and Verilog take a text as a name, and none of it as anything else."""
    return len(name) <= LONGEST_NAME and SAFE_NAME.fullmatch(name) is not None


def spice_name(name: str) -> str:
    """Return `name` if it is a plain SPICE name.

    Raises:
        ValueError: The name contains anything but letters, digits and `_`, and could carry a command into a deck, or is
            too long for the name of a file.
    """
    if len(name) > LONGEST_NAME:
        raise ValueError(f"got {shown(name)}, expected a name of at most {LONGEST_NAME} letters")
    if not SAFE_NAME.fullmatch(name):
        raise ValueError(f"got {name!r}, expected a name of letters, digits and _")
    return name


Quantity = Annotated[float, BeforeValidator(_quantity, json_schema_input_type=float | str)]
NonNegative = Annotated[Quantity, Field(ge=0)]
Positive = Annotated[Quantity, Field(gt=0)]
SpiceName = Annotated[str, AfterValidator(spice_name)]
Whole = Annotated[int, BeforeValidator(whole, json_schema_input_type=int)]
Switch = Annotated[bool, BeforeValidator(lambda value: bool(value) if isinstance(value, np.bool_) else value), Strict()]
Params = Annotated[dict[SpiceName, Quantity], AfterValidator(FrozenMapping)]


class Part(BaseModel):
    """A part of the specification: frozen; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=())

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with some fields changed, checked like every other part.

        Args:
            update: New values by the name of the field.
            deep: Has no effect, because a part is frozen.

        Raises:
            SpecError: A key or value cannot be used.
        """
        if not update:
            return self
        fields = type(self).model_fields
        values = {fields[name].alias or name: getattr(self, name) for name in fields}
        changes = {fields[name].alias or name if name in fields else name: new for name, new in update.items()}
        try:
            return type(self).model_validate(values | changes)
        except ValidationError as error:
            raise SpecError(sentence(error, type(self))) from None

    def copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:  # type: ignore[override]
        """Return a copy with some fields changed; an older name of `model_copy`."""
        return self.model_copy(update=update, deep=deep)


class SubcircuitKeys(Part):
    """Keys that name a sub-circuit: by a shipped model, a folder of the user's, or a SPICE file of the user's."""

    file: Path | None = Field(
        default=None, description="SPICE file with the sub-circuit; path relative to the specification"
    )
    corner: SpiceName | tuple[SpiceName, ...] | None = Field(
        default=None,
        description="Section of the file (.lib FILE CORNER), or a list of sections; absent: what stands outside them",
    )
    subckt: SpiceName | None = Field(default=None, description="Name of the sub-circuit in the file")
    model: SpiceName | None = Field(default=None, description="Name of a folder in device_models/")
    folder: Path | None = Field(
        default=None, description="Your device folder (model.lib, device.toml); path relative to the specification"
    )

    @property
    def corners(self) -> tuple[str, ...]:
        """Sections that `corner` names."""
        return (self.corner,) if isinstance(self.corner, str) else self.corner or ()

    @property
    def name(self) -> str:
        """Name of the model, of the folder, or of the sub-circuit in the file of the user."""
        return self.model or (self.folder.name if self.folder is not None else self.subckt or "")

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys among model, folder and file that are given."""
        return tuple(key for key in ("model", "folder", "file") if getattr(self, key) is not None)

    @model_validator(mode="after")
    def _file_and_subckt(self) -> Self:
        if self.file is not None and self.subckt is None:
            raise ValueError("file is given but subckt is not: name the sub-circuit to use")
        if self.file is None and self.subckt is not None and self.sources:
            raise ValueError("subckt goes with file, not with model or folder")
        return self


class Source(SubcircuitKeys):
    """Keys that name the sub-circuit of a device: by a shipped model, a device folder, or a SPICE file of the user."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if len(self.sources) != 1:
            raise ValueError(
                "expected one of model (a folder in device_models/), folder (your device folder), or file and subckt"
            )
        for key in ("ports", "state"):
            field = type(self).model_fields.get(key)
            if self.file is None and field is not None and getattr(self, key) != field.default:
                value = getattr(self, key)
                shown = list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, dict) else value
                raise ValueError(
                    f"{key} = {shown!r} has no effect: it describes a sub-circuit in file, a model or folder states "
                    "its own; remove it"
                )
        return self
