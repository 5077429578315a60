"""Write and read how the columns of an array settle, beside the model of its tiles."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results.json_records import from_plain, read_record
from circuitsim.results.provenance import Provenance
from circuitsim.results.sealed_files import check_record_seal, write_sealed_record
from circuitsim.results.settling import SettlingModel
from circuitsim.spec import checked

SETTLING_SCHEMA = 1
SETTLING_FILE = "settling.json"
"""Name of the file beside `model.json`."""

_KIND = "circuitsim settling model"


@dataclass(frozen=True)
class _Plain:
    """The fields of `SettlingModel` as JSON has them."""

    delay: tuple[float, float, float]
    tau: tuple[float, float, float]
    loads: tuple[float, float]
    ratio: float
    reads: tuple[int, int]
    error: float
    late: float
    provenance: Provenance


@checked
def save_settling(path: str | Path, model: SettlingModel) -> Path:
    """Write a settling model as JSON, with its error and the digest of its specification; return the path.

    Raises:
        InputError: The folder cannot be written.
    """
    content: dict[str, Any] = asdict(model) | {"delay": model.delay.tolist(), "tau": model.tau.tolist()}
    write_sealed_record(path, _KIND, SETTLING_SCHEMA, {"settling": content})
    return Path(path)


@checked
def load_settling(path: str | Path) -> SettlingModel:
    """Read a settling model written by `save_settling`; `path` is the file, or a folder with a `settling.json`.

    Raises:
        InputError: The file is missing, damaged, edited or of another version.
    """
    path = Path(path) / SETTLING_FILE if Path(path).is_dir() else Path(path)
    document = read_record(path, _KIND, SETTLING_SCHEMA)
    plain = from_plain(path, _Plain, document.get("settling"))
    check_record_seal(path, document)
    numbers = np.array([*plain.delay, *plain.tau, *plain.loads, plain.ratio, plain.error, plain.late])
    if not np.all(np.isfinite(numbers)) or plain.ratio <= 1:
        raise InputError(f"{path}: damaged: expected finite numbers, and a ratio above 1")
    fields = {name: getattr(plain, name) for name in ("loads", "ratio", "reads", "error", "late", "provenance")}
    return SettlingModel(delay=np.array(plain.delay), tau=np.array(plain.tau), **fields)
