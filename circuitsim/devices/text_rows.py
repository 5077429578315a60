"""Lines of a text table, whichever separator, decimal sign and encoding an instrument writes, as rows of cells."""

import codecs
import csv
import re
from pathlib import Path

from circuitsim.errors import InputError

Line = tuple[int, str]

SEPARATOR = {";": "semicolons", "\t": "tabs", ",": "commas", " ": "spaces"}  # in the order in which they are tried
COMMENT = "#%!"
NUMBER = re.compile(r"([+-]?(?:\d+[.,]?\d*|[.,]\d+))(?:[eE]([+-]?\d+))?")
NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity|#n/a|#num!|overflow|overrange)", re.IGNORECASE)


def text_lines(path: Path) -> list[Line]:
    """The lines of a text file that are not blank, with their numbers from 1.

    UTF-8, or UTF-16 behind its mark, or one byte a character where it is neither; any line ends; a typographic minus
    is a minus.

    Raises:
        InputError: The file cannot be read or is no text.
    """
    try:
        raw = path.read_bytes()
    except OSError:
        raise InputError(f"{path}: cannot be read, expected a CSV file with the columns v_V and i_A") from None
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")  # older instruments write µ as one byte
    if "\0" in text:
        raise InputError(f"{path}: is no text, expected a CSV file with the columns v_V and i_A; export it as text")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2212", "-")
    return [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]


def split_row(line: str, separator: str) -> list[str]:
    """The cells of a line without blanks and quotes around them. A unit in brackets stays with its name."""
    if separator == " ":
        cells = re.split(r"(?<!/)\s+(?![(\[/])", line.strip())
    else:
        try:
            cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
        except csv.Error:  # a cell of 100 kB: no number and no heading
            cells = [line]
    return [cell.strip().strip("\"'").strip() for cell in cells]


def row_separator(line: str) -> str:
    """The separator under which a line is a row of numbers, or ""."""
    return next((each for each in SEPARATOR if is_number_row(split_row(line, each))), "")


def likely_separator(line: str) -> str:
    """The first separator that divides a line, for showing what it holds."""
    return next((each for each in SEPARATOR if len(split_row(line, each)) > 1), ",")


def is_number_row(cells: list[str]) -> bool:
    """Whether a row holds two numbers or more and nothing else; nan is what an instrument writes for one."""
    return len(cells) > 1 and all(NUMBER.fullmatch(cell) or NOT_FINITE.fullmatch(cell) for cell in cells)
