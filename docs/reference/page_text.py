"""Tables and text of the generated pages, in Markdown that MyST reads."""

import re
from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; columns without any entry are left out."""
    rows = list(rows)
    kept = [k for k in range(len(heads)) if k == 0 or any(row[k] for row in rows)]
    lines = [" | ".join(heads[k] for k in kept), " | ".join("---" for _ in kept)]
    lines += [" | ".join(cell(row[k]) for k in kept) for row in rows]
    return [f"| {line} |" for line in lines]


def cell(text: str) -> str:
    """Return a text that stands in one cell."""
    return plain(text).replace("|", "\\|").replace("\n", " ") or " "


def plain(text: str) -> str:
    """Return a text in which nothing outside of code is taken for markup."""
    parts = re.split(r"(`[^`\n]*`)", text)
    return "".join(part if k % 2 else re.sub(r"([*_<>\[\]{}$\\])", r"\\\1", part) for k, part in enumerate(parts))


def code(text: str) -> str:
    """Return a text as code; nothing for an empty one."""
    return f"`{text}`" if text else ""
