"""Read the card of a device or a block: a TOML file whose keys a pydantic model checks."""

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from circuitsim.errors import InputError
from circuitsim.spec.base import Part
from circuitsim.spec.complaints import sentence
from circuitsim.spec.toml_file import read_toml

_Card = TypeVar("_Card", bound=Part)


def read_card(path: Path, card: type[_Card], what: str) -> _Card:
    """Read a card and check it.

    Args:
        path: The file.
        card: Model of its keys.
        what: What it is expected to be, for the message: "the card of a block".

    Raises:
        InputError: The file is missing or is no TOML, or a key is unknown or missing or its value cannot be used; the
            sentence names file, key, value and expectation.
    """
    data = read_toml(path, what)
    try:
        return card.model_validate(data)
    except ValidationError as error:
        raise InputError(f"{path}: {sentence(error, card)}") from None
