"""Where the manual explains a key, or the kind of an error or a warning."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from circuitsim.errors import CertificateError, ClippingWarning, ForeignModelError, SimulatorMissingError

if TYPE_CHECKING:
    from circuitsim.cli.known_keys import KnownKey

PAGES: Mapping[type[Exception], str] = {
    CertificateError: "docs/explanation/03_certificates.md",
    ClippingWarning: "docs/howto/02_low_accuracy.md",
    SimulatorMissingError: "docs/howto/06_another_ngspice.md",
    ForeignModelError: "docs/howto/07_from_hspice_or_spectre.md",
}
"""Page that explains a kind of error or warning; those of a key name the command that explains it."""

TOP = "At the top of the file"
"""Heading of the keys that stand in no table."""


def page_of_error(error: Exception | str) -> list[str]:
    """Return "see PAGE" for the kind of an error or a warning; nothing for a kind without a page."""
    return next(([f"see {page}"] for kind, page in PAGES.items() if isinstance(error, kind)), [])


def page_of_key(key: "KnownKey") -> str:
    """Return the page of a key within the site of the manual, with the place of its table."""
    heading = key.doc.key if key.doc.key in _tables_with_keys(key.file) else table_of_key(key.file, key.doc.key)
    return f"reference/keys/{key.file}.html#{_slug(heading or TOP)}"


def table_of_key(file: str, name: str) -> str:
    """Return the innermost table that holds a key of a file; "" at the top of the file."""
    return max((table for table in _tables(file) if name.startswith(f"{table}.")), key=len, default="")


@cache
def _tables(file: str) -> tuple[str, ...]:
    from circuitsim.cli.known_keys import documented_keys

    return tuple(each.doc.key for each in documented_keys() if each.file == file and each.doc.is_table)


@cache
def _tables_with_keys(file: str) -> frozenset[str]:
    from circuitsim.cli.known_keys import documented_keys

    return frozenset(table_of_key(file, each.doc.key) for each in documented_keys() if each.file == file)


def _slug(heading: str) -> str:
    """Return the anchor that Sphinx gives to a heading: small letters, hyphens for spaces, no other signs."""
    kept = (sign for sign in heading.lower() if sign.isalnum() or sign in " -_")
    return "".join(kept).replace(" ", "-")
