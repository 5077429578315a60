"""Entries of a bibliography, made of the fields that are there and of nothing else."""

import re
from collections.abc import Mapping

_SPECIAL = re.compile(r"([&%$#_{}])")


def bibtex_entry(kind: str, key: str, fields: Mapping[str, str | None]) -> str:
    """Return an entry of BibTeX.

    Args:
        kind: "article", "software", "misc".
        key: Its key; what BibTeX does not take in one is left out.
        fields: Values by field; those without a value are left out.
    """
    shown = {name: value for name, value in fields.items() if value}
    lines = [f"  {name} = {{{_escaped(value, name)}}}," for name, value in shown.items()]
    return "\n".join([f"@{kind}{{{re.sub(r'[^A-Za-z0-9_.-]', '', key)},", *lines, "}"])


def author_list(authors: tuple[str, ...]) -> str:
    """Return authors as BibTeX joins them; a name of several words is one name."""
    return " and ".join(f"{{{name}}}" if " " in name else name for name in authors)


def _escaped(value: str, field: str) -> str:
    if field in ("doi", "url"):
        return value
    return value if field == "author" else _SPECIAL.sub(r"\\\1", value)
