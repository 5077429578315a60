"""Save and load certificates, cell surfaces and tile models: arrays as `.npz`, everything else as JSON.

Nothing is pickled, so that a file from a stranger may be wrong but cannot run code.
"""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_type_hints

import numpy as np

from circuitsim.errors import InputError, SpecError
from circuitsim.results.any_cell import AnyCell
from circuitsim.results.capacitor_cell import CapacitorCell
from circuitsim.results.capacitor_files import COEFFICIENTS, capacitor_of, capacitor_values
from circuitsim.results.certificate import Certificate
from circuitsim.results.json_records import from_plain, read_record
from circuitsim.results.meaning import check_meaning
from circuitsim.results.missed_target import MissedTarget
from circuitsim.results.npz_files import file_digest, read_npz, write_npz
from circuitsim.results.sealed_files import (
    check_record_seal,
    check_seal,
    content_seal,
    read_description,
    write_sealed_record,
)
from circuitsim.results.surface import CellSurface, SeriesTransistor
from circuitsim.results.table_files import load_sense_table, save_sense_table
from circuitsim.results.tile_model import TileModel
from circuitsim.spec import checked, parse_spec

CERTIFICATE_SCHEMA = 10
SURFACE_SCHEMA = 8
MODEL_SCHEMA = 10

_CERTIFICATE = "circuitsim certificate"
_EARLIER_CERTIFICATE = (
    "it states no worst error found by search (schema 4), no errors in LSB and tiles as an earlier version computed "
    "them (schema 5), no error of row currents and no unit of inputs (schema 6), not what its errors are fractions "
    "of (schema 7), it is not sealed against edits (schema 8), or it states no error by load of drawn tiles "
    "(schema 9): calibrate the array again"
)
_SURFACE = "circuitsim cell surface"
_EARLIER_SURFACE = "it does not say whether a transistor stands in series: characterize the cell again"
_MODEL = "circuitsim tile model"
_EARLIER_MODEL = (
    "it does not say whether its sense amplifiers are circuits (schema 6), whether its cell is a device in series with "
    "a transistor (schema 7), whether its certificate misses a target (schema 8), or whether its cells are capacitors "
    "or its gates have several levels (schema 9): calibrate the array again"
)
_TENSORS = ("forward", "reverse")
_TRANSISTOR = ("transistor_forward", "transistor_reverse")  # of no size where the tensors are those of the whole cell
_SurfaceScalars = dataclasses.make_dataclass(
    "_SurfaceScalars",
    [(name, kind) for name, kind in get_type_hints(CellSurface).items() if name not in (*_TENSORS, "transistor")],
    frozen=True,
)
"""The fields of `CellSurface` that are not arrays."""


@checked
def save_certificate(path: str | Path, certificate: Certificate) -> None:
    """Write a certificate as JSON, with errors as fractions of what its `relative_to` says.

    Raises:
        InputError: The folder cannot be written.
    """
    write_sealed_record(path, _CERTIFICATE, CERTIFICATE_SCHEMA, {"certificate": dataclasses.asdict(certificate)})


@checked
def load_certificate(path: str | Path) -> Certificate:
    """Read a certificate written by `save_certificate`; `path` is the file, or a folder with a `certificate.json`.

    Raises:
        InputError: The file is missing, damaged, edited or of another version.
    """
    path = Path(path) / "certificate.json" if Path(path).is_dir() else path
    document = read_record(path, _CERTIFICATE, CERTIFICATE_SCHEMA, earlier=_EARLIER_CERTIFICATE)
    certificate = from_plain(path, Certificate, document.get("certificate"))
    check_meaning(path, certificate)
    check_record_seal(path, document)
    return certificate


@checked
def save_surface(path: str | Path, surface: CellSurface, *, key: str = "") -> None:
    """Write a cell surface as one `.npz` file: the tensors, and all other fields as JSON text.

    Args:
        path: The file.
        surface: The surface.
        key: Digest of everything on which the surface depends; a seal over key and content is stored with it.

    Raises:
        InputError: The folder cannot be written.
    """
    about = {"format": _SURFACE, "schema": SURFACE_SCHEMA, "surface": _scalars(surface), "seal": _seal(key, surface)}
    write_npz(Path(path), {**_arrays(surface), "about": np.array(json.dumps(about, allow_nan=False))})


@checked
def load_surface(path: str | Path, *, key: str = "") -> CellSurface:
    """Read a cell surface written by `save_surface` under the same key.

    Raises:
        InputError: The file is missing, damaged or of another version, or was stored under another key, or its values
            were changed since.
    """
    path = Path(path)
    about = read_npz(path, ("about",), _SURFACE)["about"]
    about = read_description(path, about, _SURFACE, SURFACE_SCHEMA, earlier=_EARLIER_SURFACE)
    arrays = read_npz(path, (*_TENSORS, *_TRANSISTOR), _SURFACE)
    surface = _surface(path, about.get("surface"), arrays)
    check_meaning(path, surface)
    check_seal(path, about.get("seal"), _seal(key, surface))
    return surface


@checked
def save_model(folder: str | Path, model: TileModel) -> Path:
    """Write a tile model: `model.npz` (tensors), `model_sense.npz` (its sense amplifiers), `model.json` (the rest).

    A model whose inputs switch gates has `model_off.npz` too, the cell of a row at 0, and with
    `driver.gate_levels` `model_level_1.npz` and so on, those between 0 and 1. The JSON file is written last and
    contains the digests of the others. `load_model` refuses files that do not belong together.

    Returns:
        Path of the JSON file.

    Raises:
        InputError: The folder cannot be written.
    """
    arrays, text = Path(folder) / "model.npz", Path(folder) / "model.json"
    digests = {"sha256": write_npz(arrays, _cell_arrays(model.surface))}
    if model.sense is not None:
        save_sense_table(table := _sense_file(text), model.sense)
        digests["sense"] = file_digest(table)
    if model.off is not None:
        save_surface(second := _off_file(text), model.off)
        digests["off"] = file_digest(second)
    for number, law in enumerate(model.between, start=1):
        save_surface(file := _level_file(text, number), law)
        digests[_level_key(number)] = file_digest(file)
    content = {
        "grade": model.grade,
        "v_range": list(model.v_range),
        "spec": model.spec.model_dump(mode="json", by_alias=True),
        "cell": _KINDS[type(model.surface)],
        "surface": _cell_values(model.surface),
        "arrays": digests,
        "missed": None if model.missed is None else dataclasses.asdict(model.missed),
    }
    write_sealed_record(text, _MODEL, MODEL_SCHEMA, content)
    return text


@checked
def load_model(path: str | Path) -> TileModel:
    """Read a tile model written by `save_model`; `path` is its folder or one of its files.

    Raises:
        InputError: A file is missing, damaged, edited or of another version, or the files do not belong together.
    """
    text = Path(path) / "model.json" if Path(path).is_dir() else Path(path)
    if text.suffix == ".npz":
        text = text.with_suffix(".json")
    document = read_record(text, _MODEL, MODEL_SCHEMA, earlier=_EARLIER_MODEL)
    parts = from_plain(text, _ModelParts, {key: document.get(key) for key in _MODEL_KEYS})
    arrays = text.with_suffix(".npz")
    names = (COEFFICIENTS,) if parts.cell == _CAPACITOR else (*_TENSORS, *_TRANSISTOR)
    tensors = read_npz(arrays, names, _MODEL)
    _check_digest(arrays, parts.arrays.get("sha256"), text)
    sense = None
    if (digest := parts.arrays.get("sense")) is not None:
        sense = load_sense_table(_sense_file(text))
        _check_digest(_sense_file(text), digest, text)
    off = None
    if (digest := parts.arrays.get("off")) is not None:
        off = load_surface(_off_file(text))
        _check_digest(_off_file(text), digest, text)
    between = tuple(_load_levels(text, parts.arrays))
    try:
        spec = parse_spec(parts.spec)
    except SpecError as error:
        raise InputError(f"{text}: damaged: the specification in it is refused: {error}") from None
    if parts.cell == _CAPACITOR:
        cell = capacitor_of(text, parts.surface, tensors[COEFFICIENTS])
    else:
        cell = _surface(text, parts.surface, tensors)
    model = TileModel(spec, cell, parts.grade, parts.v_range, sense, off, parts.missed, between)
    check_meaning(text, model)
    check_record_seal(text, document)
    return model


def _sense_file(text: Path) -> Path:
    return text.with_name(f"{text.stem}_sense.npz")


def _off_file(text: Path) -> Path:
    return text.with_name(f"{text.stem}_off.npz")


def _level_key(number: int) -> str:
    return f"level_{number}"


def _level_file(text: Path, number: int) -> Path:
    return text.with_name(f"{text.stem}_{_level_key(number)}.npz")


def _load_levels(text: Path, digests: dict[str, str]) -> Iterator[CellSurface]:
    """Yield the cells between off and on, the lowest first."""
    number = 1
    while (digest := digests.get(_level_key(number))) is not None:
        yield load_surface(_level_file(text, number))
        _check_digest(_level_file(text, number), digest, text)
        number += 1


def _check_digest(path: Path, expected: str | None, text: Path) -> None:
    if file_digest(path) != expected:
        raise InputError(f"{path}: does not belong to {text.name} (its digest differs); save the model again")


@dataclasses.dataclass(frozen=True)
class _ModelParts:
    """The keys of `model.json`."""

    grade: int
    v_range: tuple[float, float]
    spec: dict[str, Any]
    cell: Literal["surface", "capacitor"]
    surface: dict[str, Any]
    arrays: dict[str, str]
    missed: MissedTarget | None


_MODEL_KEYS = tuple(field.name for field in dataclasses.fields(_ModelParts))


_CAPACITOR = "capacitor"
_KINDS: dict[type, str] = {CellSurface: "surface", CapacitorCell: _CAPACITOR}


def _cell_values(cell: AnyCell) -> dict[str, Any]:
    return capacitor_values(cell) if isinstance(cell, CapacitorCell) else _scalars(cell)


def _cell_arrays(cell: AnyCell) -> dict[str, np.ndarray]:
    return {COEFFICIENTS: cell.coefficients} if isinstance(cell, CapacitorCell) else _arrays(cell)


def _scalars(surface: CellSurface) -> dict[str, Any]:
    left = (*_TENSORS, "transistor")
    return {name: value for name, value in dataclasses.asdict(surface).items() if name not in left}


def _arrays(surface: CellSurface) -> dict[str, np.ndarray]:
    """The arrays of a surface by their names in files."""
    none, series = np.empty((0, 0)), surface.transistor
    beside = (none, none) if series is None else (series.forward, series.reverse)
    return dict(zip((*_TENSORS, *_TRANSISTOR), (surface.forward, surface.reverse, *beside), strict=True))


def _seal(key: str, surface: CellSurface) -> str:
    """Digest of a key and of every value of a surface."""
    return content_seal(key, _scalars(surface), ((repr(array.shape), array) for array in _arrays(surface).values()))


def _surface(path: Path, scalars: object, arrays: dict[str, np.ndarray]) -> CellSurface:
    checked = from_plain(path, _SurfaceScalars, scalars, under="surface")
    _check_tensors(path, arrays, _TENSORS, "three axes of finite float64, none of them empty")
    series = None
    if any(arrays[name].size for name in _TRANSISTOR):
        _check_tensors(path, arrays, _TRANSISTOR, "two axes of finite float64, none of them empty")
        series = SeriesTransistor(*(arrays[name] for name in _TRANSISTOR))
    values = {field.name: getattr(checked, field.name) for field in dataclasses.fields(checked)}
    return CellSurface(forward=arrays["forward"], reverse=arrays["reverse"], transistor=series, **values)


def _check_tensors(path: Path, arrays: dict[str, np.ndarray], names: tuple[str, str], expected: str) -> None:
    axes = 3 if names == _TENSORS else 2
    for name in names:
        tensor = arrays[name]
        if tensor.ndim != axes or tensor.size == 0 or tensor.dtype != np.float64 or not np.all(np.isfinite(tensor)):
            raise InputError(
                f"{path}: damaged: {name} has shape {tensor.shape} and type {tensor.dtype}, expected {expected}"
            )
    first, second = (arrays[name].shape for name in names)
    if first != second:
        raise InputError(f"{path}: damaged: {names[1]} has shape {second}, expected that of {names[0]}, {first}")
