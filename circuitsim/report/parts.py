"""What a page is made of, as plain data; the templates turn it into HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from circuitsim.errors import InputError


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        heading: Its heading, with the unit.
        number: Whether it holds numbers, which are aligned to the right.
    """

    heading: str
    number: bool = True


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        columns: One entry a column.
        rows: Cells as plain words; numbers are already written with their digits.
        caption: A line above the table; empty for none.
        css: Class of the table in the style sheet; empty for none.

    Raises:
        InputError: A row does not have one cell for each column.
    """

    kind: ClassVar[str] = "table"
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    css: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise InputError(f"table row {row!r} has {len(row)} cells, expected {len(self.columns)}")


@dataclass(frozen=True)
class Picture:
    """A figure, by its name among the page's figures, with its caption."""

    kind: ClassVar[str] = "picture"
    name: str
    caption: str


@dataclass(frozen=True)
class Paragraph:
    """Plain words."""

    kind: ClassVar[str] = "paragraph"
    words: str


@dataclass(frozen=True)
class Definitions:
    """Terms, each with the words that explain it."""

    kind: ClassVar[str] = "definitions"
    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class SideBySide:
    """Tables and pictures next to each other where the page is wide enough.

    Attributes:
        parts: What stands side by side.
        css: "pair" for a grid of two, "parts" for running columns.
    """

    kind: ClassVar[str] = "side_by_side"
    parts: tuple[Table | Picture, ...]
    css: str = "pair"


PagePart = Table | Picture | Paragraph | Definitions | SideBySide


@dataclass(frozen=True)
class Section:
    """A section of a page.

    Attributes:
        anchor: Its id, unique on the page.
        label: Its name in the navigation.
        heading: The finding, as a sentence.
        parts: The evidence.
    """

    anchor: str
    label: str
    heading: str
    parts: tuple[PagePart, ...]


@dataclass(frozen=True)
class KeyNumber:
    """One number that a reader takes away: its name, and its value with the unit."""

    name: str
    value: str


@dataclass(frozen=True)
class Page:
    """A whole page.

    Attributes:
        title: What the page is about.
        lead: Lines below the title.
        key_numbers: The numbers on top.
        sections: In the order of the page.
    """

    title: str
    lead: tuple[str, ...]
    key_numbers: tuple[KeyNumber, ...]
    sections: tuple[Section, ...]
