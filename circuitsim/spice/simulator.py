"""Find ngspice and determine its version."""

import functools
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from circuitsim.errors import SimulatorMissingError
from circuitsim.spice.environment import warn_of_ignored
from circuitsim.spice.probe import answer_of, linear_solver

EXECUTABLE_VARIABLE = "CIRCUITSIM_NGSPICE"
KLU_SINCE = 42

INSTALL_ADVICE = (
    "install it with 'apt-get install ngspice libngspice0' (Debian, Ubuntu), "
    "'dnf install ngspice libngspice' (Fedora), "
    "'brew install ngspice libngspice' (macOS) or 'conda install -c conda-forge ngspice ngspice-lib' (conda), "
    f"or name the executable in {EXECUTABLE_VARIABLE}"
)

_VERSION = re.compile(r"ngspice-(\d+)(?:\.(\d+))?\+?")


@dataclass(frozen=True)
class Simulator:
    """An ngspice executable.

    Attributes:
        path: Executable.
        version: Major version, for example 39.
        version_text: Version as ngspice prints it, for example "ngspice-39".
        klu: True if it honours `.options klu` (42 and later); 39 accepts the option silently and ignores it.
    """

    path: Path
    version: int
    version_text: str
    klu: bool


def find_ngspice(path: str | Path | None = None) -> Simulator:
    """Find ngspice and its version.

    Args:
        path: Executable; None: that of the environment variable CIRCUITSIM_NGSPICE, else `ngspice` on the search path.

    Raises:
        SimulatorMissingError: The executable was not found, and the sentence says how to install it; or it is not
            ngspice.
    """
    name = str(path or os.environ.get(EXECUTABLE_VARIABLE) or "ngspice")
    executable = shutil.which(os.path.expanduser(name))  # noqa: PTH111 (a bare name must stay a bare name)
    if executable is None:
        raise SimulatorMissingError(f"ngspice was not found ({name!r} is no executable): {INSTALL_ADVICE}")
    warn_of_ignored()
    return _probe(str(Path(executable).absolute()), Path(executable).stat().st_mtime_ns)


@functools.lru_cache(maxsize=16)
def _probe(path: str, modified: int) -> Simulator:
    """Determine the version, once per executable; `modified` separates an upgraded file from the cached one."""
    del modified
    try:
        match = _VERSION.search(answer_of([path, "-n", "--version"], Path(tempfile.gettempdir())))
    except OSError as error:
        raise SimulatorMissingError(f"{path} does not run: {error.strerror}") from None
    if match is None:
        raise SimulatorMissingError(
            f"{path} does not name an ngspice version with --version; expected an ngspice executable"
        )
    version = int(match.group(1))
    # A later version may have been built without KLU and would report the option as an error.
    klu = version >= KLU_SINCE and linear_solver(path) == "KLU"
    return Simulator(Path(path), version, match.group(0), klu)
