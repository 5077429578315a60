"""The comment block at the top of a device model: what the file says about itself."""

import re
from pathlib import Path

from circuitsim.errors import InputError
from circuitsim.library.text import once_per_content, physical_lines, read_text

HEADER_KEYS = ("name", "ports", "source", "licence", "valid", "tested")
_KEY_LINE = re.compile(r"\*\s{0,3}([a-z][a-z ]*):\s*(.*)")
_MORE_LINE = re.compile(r"\*\s{2,}(\S.*)")


@once_per_content(lambda path: (path,))
def read_header(path: Path) -> dict[str, str]:
    """Read the comment block at the top of a card's SPICE file.

    Raises:
        InputError: The file cannot be read, or one of name, ports, source, licence, valid, tested is missing or empty.
    """
    header: dict[str, str] = {}
    key = None
    for line in physical_lines(read_text(path)):
        if not line.startswith("*"):
            break
        if match := _KEY_LINE.fullmatch(line.rstrip()):
            key = match[1].strip()
            header[key] = match[2].strip()
        elif key and (match := _MORE_LINE.fullmatch(line.rstrip())):
            header[key] = f"{header[key]} {match[1]}".strip()
    for wanted in HEADER_KEYS:
        if not header.get(wanted):
            raise InputError(
                f"{path}: header line '* {wanted}: …' is missing or empty; expected {' '.join(HEADER_KEYS)}"
            )
    return header


def folder_header(path: Path) -> dict[str, str]:
    """Read the header of the SPICE file of a card, which bears the name of its folder.

    Raises:
        InputError: As `read_header`, or the header states another name than that of the folder.
    """
    header = read_header(path)
    if header["name"] != path.parent.name:
        raise InputError(f"{path}: header name = {header['name']!r}, expected the folder's name {path.parent.name!r}")
    return header
