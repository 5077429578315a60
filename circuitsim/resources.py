"""Locate the shipped files and the cache.

A wheel has the SPICE files in `circuitsim/_data/`; a checkout has them at the top of the repository.
"""

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent


def data_folder() -> Path:
    """Return the folder that contains `netlists/`, `device_models/` and `validation/`."""
    shipped = _PACKAGE / "_data"
    return shipped if shipped.is_dir() else _PACKAGE.parent


def device_models_folder() -> Path:
    """Return the folder with one sub-folder per shipped device."""
    return data_folder() / "device_models"


def netlists_folder() -> Path:
    """Return the folder of shipped sub-circuits and benches."""
    return data_folder() / "netlists"


def cache_folder() -> Path:
    """Return the cache folder: `CIRCUITSIM_CACHE` if set, else the platform's user cache."""
    return Path(os.environ.get("CIRCUITSIM_CACHE") or platformdirs.user_cache_dir("circuitsim"))


def surface_cache() -> Path:
    """Return the folder of characterized cells in the cache."""
    return cache_folder() / "surfaces"


def table_cache() -> Path:
    """Return the folder of characterized blocks in the cache."""
    return cache_folder() / "tables"


def tile_cache() -> Path:
    """Return the folder of programmed tiles in the cache."""
    return cache_folder() / "tiles"
