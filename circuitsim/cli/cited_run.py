"""What the files of a run name: circuits, simulator, studies; from a folder or from one file."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from circuitsim.errors import CircuitsimError, InputError
from circuitsim.presets import is_preset, preset_spec
from circuitsim.spec import cited_parts, load_spec, parse_spec, read_toml

_KINDS = (".json", ".nc", ".toml")
_TEXTS = ("circuits", "values", "provenance")  # attributes that hold JSON
_DEEP = 3  # folders below the run in which results lie
_MOST = 2000  # files that are looked at


@dataclass
class CitedRun:
    """What a run must cite.

    Attributes:
        files: The files that name something.
        circuits: Names of models, folders and files, by the key that named them.
        versions: Versions by program, as the run states them.
        studies: Paper and DOI or address of studies, by their names.
        network: Whether a network was run.
        values: The values of each specification, see `spec.stated_values`.
    """

    files: list[Path] = field(default_factory=list)
    circuits: dict[str, list[str]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    studies: dict[str, tuple[str, str]] = field(default_factory=dict)
    network: bool = False
    values: list[dict[str, Any]] = field(default_factory=list)


def read_run(path: Path) -> CitedRun:
    """Collect what the results in a folder, or one of them, name.

    Raises:
        InputError: There is no such place, or nothing in it that circuitsim wrote.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; expected a result of circuitsim")
    found = CitedRun()
    for file in [path] if path.is_file() else _files(path):
        if _taken(found, file):
            found.files.append(file)
    if not found.files:
        raise InputError(
            f"{path}: holds no result that names what it stands on; expected a model, certificate, solution, results "
            "of a network, a campaign's store, a study, or a specification"
        )
    return found


def _files(folder: Path) -> list[Path]:
    files = (file for file in sorted(folder.rglob("*")) if file.suffix in _KINDS and file.is_file())
    near = [file for file in files if len(file.relative_to(folder).parts) <= _DEEP]
    return near[:_MOST]


def _taken(found: CitedRun, file: Path) -> bool:
    """Take what a file names; return whether it names anything."""
    try:
        documents = list(_documents(file))
    except (CircuitsimError, OSError, ValueError, RecursionError):
        return False  # not ours, or damaged: the command that wrote it says so when it reads it
    named = [_take(found, document) for document in documents]  # all of them, whatever the first one names
    return any(named)


def _documents(file: Path) -> Iterator[Mapping[str, Any]]:
    if file.suffix == ".toml":
        yield from _toml(file)
    elif file.suffix == ".nc":
        import xarray as xr

        with xr.open_dataset(file, engine="h5netcdf") as data:
            parsed = {key: json.loads(str(data.attrs[key])) for key in _TEXTS if key in data.attrs}
            yield parsed | ({"version": data.attrs["version"]} if "version" in data.attrs else {})
    else:
        content = json.loads(file.read_text(encoding="utf-8"))
        yield from (each for each in (content if isinstance(content, list) else [content]) if isinstance(each, dict))


def _toml(file: Path) -> Iterator[Mapping[str, Any]]:
    data = read_toml(file, "a TOML file")
    base = data.get("base")
    if isinstance(base, str):
        yield cited_parts(preset_spec(base) if is_preset(base) else load_spec(file.parent / base))
    elif isinstance(base, dict):
        yield cited_parts(parse_spec(base))
    elif "paper" in data:
        yield data | {"name": file.parent.name}
    else:
        yield cited_parts(load_spec(file))


def _take(found: CitedRun, document: Mapping[str, Any]) -> bool:
    """Take what one document names; its form is known by its keys."""
    circuits = dict(document.get("circuits") or {})
    values = document.get("values")
    if isinstance(document.get("spec"), dict):  # a model
        own = cited_parts(parse_spec(document["spec"]))
        circuits, values = circuits | own["circuits"], own["values"]
    if isinstance(values, dict) and values not in found.values:
        found.values.append(values)
    for axis in document.get("axes") or ():  # of a campaign, which may vary the model
        if isinstance(axis, dict) and axis.get("keys"):
            _add(found, {key: axis["labels"] for key in axis["keys"] if key.endswith((".model", ".folder", ".file"))})
    _add(found, {key: [str(name)] for key, name in circuits.items()})
    origin = document.get("provenance") or (document.get("certificate") or {}).get("provenance") or {}
    versions = dict(document.get("versions") or {})
    versions |= {"ngspice": origin["ngspice"]} if origin.get("ngspice") else {}
    if version := origin.get("version") or document.get("version"):
        versions["circuitsim"] = version
    found.versions |= {name: str(text).removeprefix("ngspice-") for name, text in versions.items() if text != "none"}
    if isinstance(document.get("paper"), str):
        found.studies[str(document.get("name", ""))] = (document["paper"], str(document.get("doi", "")))
    found.network |= "metric" in document or "inference" in document
    return bool(circuits or versions or "paper" in document)


def _add(found: CitedRun, circuits: Mapping[str, Iterable[Any]]) -> None:
    for key, names in circuits.items():
        known = found.circuits.setdefault(key, [])
        known += [str(name).strip("'\"") for name in names if str(name).strip("'\"") not in known]
