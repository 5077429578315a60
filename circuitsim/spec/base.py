"""Common base of all parts of a specification: frozen, no unknown keys, numbers with SPICE suffixes, safe names."""

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from circuitsim.errors import InputError
from circuitsim.spec.complaints import RESERVED, shown
from circuitsim.units import parse_quantity

LONGEST_NAME = 128  # characters
SAFE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _quantity(value: object) -> float:
    try:
        return parse_quantity(value)
    except InputError as error:  # pydantic collects ValueErrors and adds the key
        raise ValueError(str(error)) from None


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


def reserved(*values: str) -> BeforeValidator:
    """Return a validator that refuses values which the format reserves and which cannot be simulated yet."""

    def refuse(value: object) -> object:
        if value in values:
            raise PydanticCustomError(RESERVED, "not implemented yet")
        return value

    return BeforeValidator(refuse)


Quantity = Annotated[float, BeforeValidator(_quantity, json_schema_input_type=float | str)]
NonNegative = Annotated[Quantity, Field(ge=0)]
Positive = Annotated[Quantity, Field(gt=0)]
SpiceName = Annotated[str, AfterValidator(spice_name)]


class Part(BaseModel):
    """A part of the specification: frozen; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=())


class Source(Part):
    """Keys that name a sub-circuit: by a shipped model, a device folder, or a SPICE file of the user."""

    file: Path | None = Field(
        default=None, description="SPICE file with the sub-circuit; path relative to the specification"
    )
    corner: SpiceName | None = Field(
        default=None, description="Section of the file (.lib FILE CORNER); absent: .include FILE"
    )
    subckt: SpiceName | None = Field(default=None, description="Name of the sub-circuit in the file")
    model: SpiceName | None = Field(default=None, description="Name of a folder in device_models/")
    folder: Path | None = Field(
        default=None, description="Your device folder (model.lib, device.toml); path relative to the specification"
    )

    @property
    def name(self) -> str:
        """Name of the model, of the folder, or of the sub-circuit in the file of the user."""
        return self.model or (self.folder.name if self.folder is not None else self.subckt or "")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(source is not None for source in (self.model, self.folder, self.file)) != 1:
            raise ValueError(
                "expected one of model (a folder in device_models/), folder (your device folder), or file and subckt"
            )
        if self.file is not None and self.subckt is None:
            raise ValueError("file is given but subckt is not: name the sub-circuit to use")
        if self.file is None and self.subckt is not None:
            raise ValueError("subckt goes with file, not with model or folder")
        return self
