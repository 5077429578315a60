"""Energies, times and areas of the user's own converter, adders and buffers, from a TOML file."""

from pathlib import Path

from pydantic import Field, ValidationError

from circuitsim.errors import InputError
from circuitsim.spec import checked, sentence
from circuitsim.spec.base import NonNegative, Part, Positive
from circuitsim.spec.toml_file import read_toml


class OwnConverter(Part):
    """The user's ADC."""

    energy: Positive = Field(description="Energy of a conversion [J]")
    time: Positive | None = Field(default=None, description="Time of a conversion [s]; absent: unknown")
    area: Positive | None = Field(default=None, description="Area of one ADC [m²]; absent: unknown")
    source: str = Field(min_length=1, description="Where the numbers come from")


class OwnEnergy(Part):
    """Energy of a digital operation, as the user states it."""

    energy: NonNegative = Field(description="Energy of one operation [J]")
    source: str = Field(min_length=1, description="Where the number comes from")


class OwnArea(Part):
    """Area of a circuit of the user's."""

    area: Positive = Field(description="Area of one circuit [m²]")
    source: str = Field(min_length=1, description="Where the number comes from")


class OwnCosts(Part):
    """What the user knows of the circuits around the arrays; an absent part takes published numbers, or is unknown."""

    driver: OwnArea | None = Field(default=None, description="One driver of a row")
    sense: OwnArea | None = Field(default=None, description="One sense amplifier of a column")

    adc: OwnConverter | None = Field(default=None, description="One analog-to-digital converter")
    addition: OwnEnergy | None = Field(default=None, description="One digital addition")
    byte: OwnEnergy | None = Field(default=None, description="One byte read from a buffer, or written to it")
    mac: OwnEnergy | None = Field(default=None, description="One digital multiply-accumulate of layers kept digital")


@checked
def load_costs(path: str | Path) -> OwnCosts:
    """Read the costs that a TOML file states.

    Raises:
        InputError: The file is missing or is not valid TOML, or a key or value cannot be used.
    """
    path = Path(path)
    content = read_toml(path, "a TOML file of energies, see --help")
    try:
        return OwnCosts.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {sentence(error, OwnCosts)}") from None
