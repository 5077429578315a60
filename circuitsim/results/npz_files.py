"""Write and read named arrays as one `.npz` file, without pickles."""

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from circuitsim.errors import ARRAY_FAULTS, InputError, reason_of
from circuitsim.results.atomic_files import atomic


def write_npz(path: Path, arrays: dict[str, Any]) -> str:
    """Write arrays completely or not at all; return the SHA-256 of the file.

    Raises:
        InputError: The folder cannot be written.
    """
    with atomic(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)
    return file_digest(path)


def read_npz(path: Path, names: tuple[str, ...], kind: str) -> dict[str, np.ndarray]:
    """Read the arrays of these names.

    Raises:
        InputError: The file is missing or damaged, or lacks an array; `kind` says what was expected.
    """
    try:
        with zipfile.ZipFile(path) as archive:  # np.load would also accept a single array or a pickle
            broken = archive.testzip()
        if broken is not None:
            raise InputError(f"{path}: damaged: the checksum of {broken} is wrong")
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in names}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected the arrays of a {kind}") from None
    except ARRAY_FAULTS as error:
        raise InputError(f"{path}: damaged or not a {kind} ({reason_of(error)})") from None


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
