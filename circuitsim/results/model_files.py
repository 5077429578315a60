"""Save and load certificates, cell surfaces and tile models: arrays as `.npz`, everything else as JSON.

Nothing is pickled, so that a file from a stranger may be wrong but cannot run code.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from circuitsim.errors import InputError, SpecError
from circuitsim.results.certificate import Certificate
from circuitsim.results.json_records import from_plain, read_record, write_record
from circuitsim.results.meaning import check_meaning
from circuitsim.results.npz_files import file_digest, read_npz, write_npz
from circuitsim.results.sealed_files import check_seal, content_seal, read_description
from circuitsim.results.surface import CellSurface
from circuitsim.results.table_files import load_sense_table, save_sense_table
from circuitsim.results.tile_model import TileModel
from circuitsim.spec import checked, parse_spec

CERTIFICATE_SCHEMA = 8
SURFACE_SCHEMA = 7
MODEL_SCHEMA = 7

_CERTIFICATE = "circuitsim certificate"
_EARLIER_CERTIFICATE = (
    "it states no worst error found by search (schema 4), no errors in LSB and tiles as an earlier version computed "
    "them (schema 5), no error of row currents and no unit of inputs (schema 6), or not what its errors are fractions "
    "of (schema 7): calibrate the array again"
)
_SURFACE = "circuitsim cell surface"
_MODEL = "circuitsim tile model"
_EARLIER_MODEL = "it does not say whether its sense amplifiers are circuits: calibrate the array again"
_TENSORS = ("forward", "reverse")
_SurfaceScalars = dataclasses.make_dataclass(
    "_SurfaceScalars",
    [(name, kind) for name, kind in get_type_hints(CellSurface).items() if name not in _TENSORS],
    frozen=True,
)
"""The fields of `CellSurface` that are not arrays."""


@checked
def save_certificate(path: str | Path, certificate: Certificate) -> None:
    """Write a certificate as JSON, with errors as fractions of what its `relative_to` says.

    Raises:
        InputError: The folder cannot be written.
    """
    write_record(path, _CERTIFICATE, CERTIFICATE_SCHEMA, {"certificate": dataclasses.asdict(certificate)})


@checked
def load_certificate(path: str | Path) -> Certificate:
    """Read a certificate written by `save_certificate`; `path` is the file, or a folder with a `certificate.json`.

    Raises:
        InputError: The file is missing, damaged or of another version.
    """
    path = Path(path) / "certificate.json" if Path(path).is_dir() else path
    document = read_record(path, _CERTIFICATE, CERTIFICATE_SCHEMA, earlier=_EARLIER_CERTIFICATE)
    certificate = from_plain(path, Certificate, document.get("certificate"))
    check_meaning(path, certificate)
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
    tensors = {name: getattr(surface, name) for name in _TENSORS}
    write_npz(Path(path), {**tensors, "about": np.array(json.dumps(about, allow_nan=False))})


@checked
def load_surface(path: str | Path, *, key: str = "") -> CellSurface:
    """Read a cell surface written by `save_surface` under the same key.

    Raises:
        InputError: The file is missing, damaged or of another version, or was stored under another key, or its values
            were changed since.
    """
    path = Path(path)
    arrays = read_npz(path, (*_TENSORS, "about"), _SURFACE)
    about = read_description(path, arrays["about"], _SURFACE, SURFACE_SCHEMA)
    surface = _surface(path, about.get("surface"), arrays)
    check_meaning(path, surface)
    check_seal(path, about.get("seal"), _seal(key, surface))
    return surface


@checked
def save_model(folder: str | Path, model: TileModel) -> Path:
    """Write a tile model: `model.npz` (tensors), `model_sense.npz` (its sense amplifiers), `model.json` (the rest).

    A model whose inputs switch gates has `model_off.npz` too, the cell of a row at 0. The JSON file is written last and
    contains the digests of the others. `load_model` refuses files that do not belong together.

    Returns:
        Path of the JSON file.

    Raises:
        InputError: The folder cannot be written.
    """
    arrays, text = Path(folder) / "model.npz", Path(folder) / "model.json"
    digests = {"sha256": write_npz(arrays, {name: getattr(model.surface, name) for name in _TENSORS})}
    if model.sense is not None:
        save_sense_table(table := _sense_file(text), model.sense)
        digests["sense"] = file_digest(table)
    if model.off is not None:
        save_surface(second := _off_file(text), model.off)
        digests["off"] = file_digest(second)
    content = {
        "grade": model.grade,
        "v_range": list(model.v_range),
        "spec": model.spec.model_dump(mode="json", by_alias=True),
        "surface": _scalars(model.surface),
        "arrays": digests,
    }
    write_record(text, _MODEL, MODEL_SCHEMA, content)
    return text


@checked
def load_model(path: str | Path) -> TileModel:
    """Read a tile model written by `save_model`; `path` is its folder or one of its files.

    Raises:
        InputError: A file is missing, damaged or of another version, or the two files do not belong together.
    """
    text = Path(path) / "model.json" if Path(path).is_dir() else Path(path)
    if text.suffix == ".npz":
        text = text.with_suffix(".json")
    document = read_record(text, _MODEL, MODEL_SCHEMA, earlier=_EARLIER_MODEL)
    parts = from_plain(text, _ModelParts, {key: document.get(key) for key in _MODEL_KEYS})
    arrays = text.with_suffix(".npz")
    tensors = read_npz(arrays, _TENSORS, _MODEL)
    _check_digest(arrays, parts.arrays.get("sha256"), text)
    sense = None
    if (digest := parts.arrays.get("sense")) is not None:
        sense = load_sense_table(_sense_file(text))
        _check_digest(_sense_file(text), digest, text)
    off = None
    if (digest := parts.arrays.get("off")) is not None:
        off = load_surface(_off_file(text))
        _check_digest(_off_file(text), digest, text)
    try:
        spec = parse_spec(parts.spec)
    except SpecError as error:
        raise InputError(f"{text}: damaged: the specification in it is refused: {error}") from None
    model = TileModel(spec, _surface(text, parts.surface, tensors), parts.grade, parts.v_range, sense, off)
    check_meaning(text, model)
    return model


def _sense_file(text: Path) -> Path:
    return text.with_name(f"{text.stem}_sense.npz")


def _off_file(text: Path) -> Path:
    return text.with_name(f"{text.stem}_off.npz")


def _check_digest(path: Path, expected: str | None, text: Path) -> None:
    if file_digest(path) != expected:
        raise InputError(f"{path}: does not belong to {text.name} (its digest differs); save the model again")


@dataclasses.dataclass(frozen=True)
class _ModelParts:
    """The keys of `model.json`."""

    grade: int
    v_range: tuple[float, float]
    spec: dict[str, Any]
    surface: dict[str, Any]
    arrays: dict[str, str]


_MODEL_KEYS = tuple(field.name for field in dataclasses.fields(_ModelParts))


def _scalars(surface: CellSurface) -> dict[str, Any]:
    return {name: value for name, value in dataclasses.asdict(surface).items() if name not in _TENSORS}


def _seal(key: str, surface: CellSurface) -> str:
    """Digest of a key and of every value of a surface."""
    tensors = (getattr(surface, name) for name in _TENSORS)
    return content_seal(key, _scalars(surface), ((repr(tensor.shape), tensor) for tensor in tensors))


def _surface(path: Path, scalars: object, arrays: dict[str, np.ndarray]) -> CellSurface:
    checked = from_plain(path, _SurfaceScalars, scalars, under="surface")
    for name in _TENSORS:
        tensor = arrays[name]
        if tensor.ndim != 3 or tensor.size == 0 or tensor.dtype != np.float64 or not np.all(np.isfinite(tensor)):
            raise InputError(
                f"{path}: damaged: {name} has shape {tensor.shape} and type {tensor.dtype}, "
                "expected three axes of finite float64, none of them empty"
            )
    if arrays["forward"].shape != arrays["reverse"].shape:
        raise InputError(
            f"{path}: damaged: reverse has shape {arrays['reverse'].shape}, expected that of forward, "
            f"{arrays['forward'].shape}"
        )
    values = {field.name: getattr(checked, field.name) for field in dataclasses.fields(checked)}
    return CellSurface(forward=arrays["forward"], reverse=arrays["reverse"], **values)
