"""Write a block folder of any resolution, as the shipped ones were written."""

from pathlib import Path
from typing import Any, Literal

import tomli_w

from circuitsim.blocks.block import Block
from circuitsim.blocks.generated.bit_serial import bit_serial_files
from circuitsim.blocks.generated.flash import flash_files
from circuitsim.blocks.generated.sar import sar_files
from circuitsim.blocks.generated.string_dac import string_dac_files
from circuitsim.blocks.load import load_block_folder
from circuitsim.errors import InputError
from circuitsim.resources import netlists_folder
from circuitsim.spec.base import SAFE_NAME

GeneratedName = Literal[
    "sar", "sar_strongarm", "sar_transistors", "flash", "string_dac", "string_dac_buffered", "bit_serial"
]
GENERATED: dict[GeneratedName, str] = {
    "sar": "converters",
    "sar_strongarm": "converters",
    "sar_transistors": "converters",
    "flash": "converters",
    "string_dac": "drivers",
    "string_dac_buffered": "drivers",
    "bit_serial": "drivers",
}
"""Shipped blocks that exist in any resolution, and the folder of `netlists/` that each stands in, with 8 bits."""

MOST_BITS = 10


def write_block(model: str, folder: str | Path, *, bits: int) -> Block:
    """Write a block folder of another resolution than the shipped one, and return the block.

    The specification names it by `[adc] folder = "…"` or `[driver] folder = "…"`.

    Args:
        model: "sar", "sar_strongarm", "sar_transistors", "flash", "string_dac", "string_dac_buffered" or
            "bit_serial".
        folder: The folder, which must not exist; its name becomes that of the block.
        bits: Resolution, 1 to 10.

    Raises:
        InputError: The model or its resolution does not exist, or the folder cannot be written.
    """
    if model not in GENERATED:
        raise InputError(f"model = {model!r}: expected one of {', '.join(GENERATED)}, which exist in any resolution")
    least = 2 if model.startswith("sar") else 1
    if not least <= bits <= MOST_BITS:
        raise InputError(f"bits = {bits}: expected {least} to {MOST_BITS} for a {model}")
    place = Path(folder).absolute()
    if not SAFE_NAME.fullmatch(place.name):
        raise InputError(f"folder = {place.name!r}: expected a name of letters, digits and _, it names the block")
    lib, card = block_files(model, place.name.lower(), bits, str(netlists_folder()))
    try:
        place.mkdir(parents=True)
        (place / "block.lib").write_text(lib, encoding="utf-8")
        (place / "block.toml").write_text(tomli_w.dumps(card), encoding="utf-8")
    except OSError as error:
        raise InputError(f"folder {place} cannot be written: {error.strerror}") from None
    return load_block_folder(place)


def block_files(model: str, name: str, bits: int, netlists: str) -> tuple[str, dict[str, Any]]:
    """Return the text of `block.lib` and the content of `block.toml`; arguments as in `write_block`."""
    if model == "flash":
        return flash_files(name, bits)
    if model == "bit_serial":
        return bit_serial_files(name, bits)
    if model.startswith("string_dac"):
        return string_dac_files(name, bits, buffered=model.endswith("buffered"), netlists=netlists)
    grade = {"sar": "switches", "sar_strongarm": "strongarm", "sar_transistors": "transistors"}[model]
    return sar_files(name, bits, grade, converters=f"{netlists}/converters")  # pyright: ignore[reportArgumentType]
