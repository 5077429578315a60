"""What every part of a specification shares: frozen, no unknown keys, numbers with SPICE suffixes, safe names."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from circuitsim.errors import InputError
from circuitsim.spec.complaints import RESERVED
from circuitsim.units import parse_quantity

SAFE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _quantity(value: object) -> float:
    try:
        return parse_quantity(value)
    except InputError as error:  # pydantic collects ValueErrors and adds the key
        raise ValueError(str(error)) from None


def spice_name(name: str) -> str:
    """Return `name` if it can stand in a deck as it is.

    Raises:
        ValueError: It holds anything but letters, digits and `_`: such a name could carry a command into a deck.
    """
    if not SAFE_NAME.fullmatch(name):
        raise ValueError(f"got {name!r}, expected a name of letters, digits and _")
    return name


def reserved(*values: str) -> BeforeValidator:
    """Values of a key that the format reserves and that cannot be simulated yet: they are refused by name."""

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
    """A part of the specification: frozen, and every key it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=())


class UserFile(Part):
    """Keys with which a part names the user's own SPICE file instead of a shipped model."""

    file: Path | None = Field(
        default=None, description="SPICE file that holds the sub-circuit; relative to the specification"
    )
    corner: SpiceName | None = Field(
        default=None, description="Section of the file (.lib FILE CORNER); absent: .include FILE"
    )
    subckt: SpiceName | None = Field(default=None, description="Name of the sub-circuit in the file")
