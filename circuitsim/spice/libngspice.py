"""Find libngspice, the simulator as a shared library."""

import ctypes.util
import os
import sys
from pathlib import Path

from circuitsim.errors import SimulatorMissingError
from circuitsim.spice.simulator import INSTALL_ADVICE

LIBRARY_VARIABLE = "NGSPICE_LIBRARY_PATH"  # PySpice reads the same variable

_FOLDERS = (Path(sys.prefix) / "lib", Path("/opt/homebrew/lib"), Path("/usr/local/lib"), Path("/usr/lib"))
# Debian ships libngspice.so only with the development files; libngspice0 has libngspice.so.0.
_NAMES = ("libngspice.so.0", "libngspice.so", "libngspice.0.dylib", "libngspice.dylib")


def find_library(path: str | Path | None = None) -> str:
    """Return the path or name by which this machine's loader finds libngspice.

    Args:
        path: Path of the library. None searches the environment variable NGSPICE_LIBRARY_PATH, the `lib` folder of this
            Python (conda), the loader's list, and the folders of Homebrew, /usr/local and /usr, in this order.

    Raises:
        SimulatorMissingError: The library was not found. The sentence says how to install it.
    """
    named = path or os.environ.get(LIBRARY_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise SimulatorMissingError(f"libngspice was not found at {str(named)!r}: {INSTALL_ADVICE}")
        return str(Path(named).absolute())
    python_folder, *others = _FOLDERS
    if library := _first(python_folder):
        return library
    if library := ctypes.util.find_library("ngspice"):
        return library
    for folder in others:
        if library := _first(folder):
            return library
    raise SimulatorMissingError(f"libngspice was not found: {INSTALL_ADVICE}")


def _first(folder: Path) -> str | None:
    return next((str(folder / name) for name in _NAMES if (folder / name).is_file()), None)
