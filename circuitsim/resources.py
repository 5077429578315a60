"""Where shipped files and cached results live.

In a wheel the SPICE files lie in `circuitsim/_data/`; in a checkout they lie at the top of the repository.
"""

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent


def data_folder() -> Path:
    """Folder that holds `netlists/`, `device_models/` and `validation/`."""
    shipped = _PACKAGE / "_data"
    return shipped if shipped.is_dir() else _PACKAGE.parent


def device_models_folder() -> Path:
    """Folder with one sub-folder per shipped device."""
    return data_folder() / "device_models"


def netlists_folder() -> Path:
    """Folder of shipped sub-circuits and benches."""
    return data_folder() / "netlists"


def cache_folder() -> Path:
    """Folder for characterized surfaces; `CIRCUITSIM_CACHE` overrides the platform's own place."""
    return Path(os.environ.get("CIRCUITSIM_CACHE") or platformdirs.user_cache_dir("circuitsim"))
