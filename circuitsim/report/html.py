"""Pieces of HTML, with everything that comes from outside escaped."""

import html
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading with the unit, and whether it holds numbers (aligned to the right)."""

    heading: str
    number: bool = True


def text(words: object) -> str:
    """Escape words from outside."""
    return html.escape(str(words))


def paragraph(words: str, kind: str = "") -> str:
    """A paragraph of plain words."""
    return f"<p{_class(kind)}>{text(words)}</p>"


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, caption: str = "", kind: str = "") -> str:
    """A table; cells are plain words, numbers already written with their digits."""
    head = "".join(f"<th{_class('number' if c.number else '')}>{text(c.heading)}</th>" for c in columns)
    body = "".join(
        "<tr>" + "".join(_cell(c, value) for c, value in zip(columns, row, strict=True)) + "</tr>" for row in rows
    )
    title = f"<caption>{text(caption)}</caption>" if caption else ""
    inner = f"<table{_class(kind)}>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="scroll">{inner}</div>'


def figure(svg: str, caption: str) -> str:
    """An inline SVG with its caption."""
    return f"<figure>{svg}<figcaption>{text(caption)}</figcaption></figure>"


def side_by_side(*parts: str) -> str:
    """Parts next to each other where the page is wide enough."""
    return f'<div class="pair">{"".join(parts)}</div>'


def definitions(pairs: Sequence[tuple[str, str]]) -> str:
    """Headings with the words that belong to them."""
    return "<dl>" + "".join(f"<dt>{text(name)}</dt><dd>{text(words)}</dd>" for name, words in pairs) + "</dl>"


def section(name: str, heading: str, *parts: str) -> str:
    """A section with its anchor and a heading that tells the finding."""
    return f'<section id="{name}"><h2>{text(heading)}</h2>{"".join(parts)}</section>'


def _cell(column: Column, value: str) -> str:
    return f"<td{_class('number' if column.number else '')}>{text(value)}</td>"


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
