"""`circuitsim cite`: what a run must cite, as text or as BibTeX."""

import importlib.metadata
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from circuitsim import __version__
from circuitsim.cli.bibtex import author_list, bibtex_entry
from circuitsim.cli.output import Json, print_result
from circuitsim.errors import InputError

if TYPE_CHECKING:
    from circuitsim.cli.cited_run import CitedRun
    from circuitsim.devices import Citation

_SOLVERS = ("numpy", "scipy", "numba")
_DOI = re.compile(r"\bdoi (10\.\S+)")
_NETWORKS = ("onnx", "onnxruntime")


@dataclass(frozen=True)
class Reference:
    """One thing to cite.

    Attributes:
        about: What it stands for: "software", "device", "circuit", "chip" or "study".
        name: Name of the program, card, circuit or study.
        text: The source in words, as the card or the claim states it.
        bibtex: Its entry; empty where the source is not stated in fields.
    """

    about: str
    name: str
    text: str
    bibtex: str


def cite(
    result: Annotated[Path, typer.Argument(metavar="RUN", help="Folder or file of results, or a specification.")],
    bibtex: Annotated[bool, typer.Option("--bibtex", help="Print BibTeX entries instead of text.")] = False,
    as_json: Json = False,
) -> None:
    """Print what a run must cite: circuitsim, simulator and libraries, device cards and circuits, chips, studies."""
    from circuitsim.cli.cited_run import read_run

    found = read_run(result)
    references = [*_software(found), *_circuits(found), *_chips(found), *_studies(found)]
    content = {"files": [str(file) for file in found.files], "references": [asdict(each) for each in references]}
    if bibtex:
        entries = dict.fromkeys(each.bibtex or f"% {each.name}: {each.text}" for each in references)
        print_result(content, "\n\n".join(entries), as_json)
        return
    lines = [f"{each.name}: {each.text}" for each in references]
    lines.append("Libraries have the versions that are installed now. Cite PySpice too where your script ran sessions.")
    print_result(content, "\n".join(dict.fromkeys(lines)), as_json)


def _software(found: "CitedRun") -> Iterator[Reference]:
    version = found.versions.get("circuitsim", __version__)
    yield _package("circuitsim", version)
    if ngspice := found.versions.get("ngspice"):
        fields = {"title": "ngspice", "version": ngspice}
        yield Reference("software", "ngspice", ngspice, bibtex_entry("software", "ngspice", fields))
    for name in (*_SOLVERS, *(_NETWORKS if found.network else ())):
        try:
            yield _package(name, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            continue


def _package(name: str, version: str) -> Reference:
    """Return a program as the metadata of its distribution describe it."""
    try:
        stated = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return Reference("software", name, version, bibtex_entry("software", name, {"title": name, "version": version}))
    urls = dict(entry.split(", ", 1) for entry in stated.get_all("Project-URL") or () if ", " in entry)
    url = _stated(stated, "Home-page") or next(
        (urls[key] for key in urls if key.lower() in ("homepage", "source")), None
    )
    author = _stated(stated, "Author") or (_stated(stated, "Author-email") or "").partition(" <")[0]
    fields = {"title": name, "author": f"{{{author}}}" if author else None, "version": version, "url": url}
    text = ", ".join(filter(None, (author, _stated(stated, "Summary"), f"version {version}", url)))
    return Reference("software", name, text, bibtex_entry("software", name, fields))


def _stated(metadata: importlib.metadata.PackageMetadata, field: str) -> str | None:
    values = metadata.get_all(field)
    return values[0] if values else None


def _circuits(found: "CitedRun") -> Iterator[Reference]:
    for key, names in found.circuits.items():
        section, _, source = key.partition(".")
        for name in names:
            if source != "model":
                yield Reference("circuit", name, f"your {source} of [{section}]: cite what it comes from", "")
            elif section in ("device", "access"):
                yield from _card(name)
            else:
                yield from _block(section, name)


def _card(name: str) -> Iterator[Reference]:
    from circuitsim.devices import load_card

    try:
        card = load_card(name)
    except InputError:
        yield Reference("device", name, "no card of this version; cite what the run's version states", "")
        return
    yield Reference("device", name, f"{card.source}; licence {card.licence}", "")
    for number, citation in enumerate(card.citations):
        yield Reference("device", name, _in_words(citation), _entry(card.name, number, citation))


def _block(section: str, name: str) -> Iterator[Reference]:
    from circuitsim.blocks import SECTIONS, load_block

    try:
        block = load_block(SECTIONS[section], name)
    except InputError:
        yield Reference("circuit", name, "no block of this version; cite what the run's version states", "")
        return
    yield Reference("circuit", name, f"{block.source}; licence {block.licence}", "")


def _in_words(one: "Citation") -> str:
    who = ", ".join("et al." if name == "others" else name for name in one.authors).replace(", et al.", " et al.")
    volume = " ".join(filter(None, (one.journal, one.volume)))
    where = ", ".join(filter(None, (who, one.title, volume, one.pages, str(one.year))))
    address = "; doi.org/" + one.doi if one.doi else f"; {one.url}" if one.url else "; the card states no DOI"
    return f"{where}{address} (for {one.used_for})"


def _entry(card: str, number: int, one: "Citation") -> str:
    key = f"{one.authors[0].replace(' ', '').lower()}{one.year}{card if number == 0 else f'{card}{number + 1}'}"
    fields = {"author": author_list(one.authors), "title": one.title, "journal": one.journal, "volume": one.volume}
    fields |= {"pages": one.pages, "year": str(one.year), "doi": one.doi, "url": one.url, "note": f"for {one.used_for}"}
    return bibtex_entry("article" if one.journal else "misc", key, fields)


def _chips(found: "CitedRun") -> Iterator[Reference]:
    """Return the papers of chips whose values the specifications have."""
    from circuitsim.presets import matching_presets

    for match in dict.fromkeys(each for values in found.values for each in matching_presets(values)):
        changed = f", but for {', '.join(match.changed)}" if match.changed else ""
        for number, text in match.references.items():
            doi = _DOI.search(text)
            fields = {"note": text, "doi": doi[1] if doi else None}
            entry = bibtex_entry("misc", f"chip_{match.name}_{number}", fields)
            yield Reference("chip", match.name, f"{text} (its values are those of the specification{changed})", entry)


def _studies(found: "CitedRun") -> Iterator[Reference]:
    for name, (paper, address) in found.studies.items():
        known = "url" if address.startswith("http") else "doi"
        text = "; ".join(filter(None, (paper, f"doi.org/{address}" if known == "doi" and address else address)))
        yield Reference("study", name, text, bibtex_entry("misc", f"study_{name}", {"note": paper, known: address}))
