"""The environment of a simulator process: what is on a short list, so that no other variable changes a result.

ngspice reads a start-up file from the folder in SPICE_SCRIPTS, code models from SPICE_LIB_DIR, and more; a library in
LD_PRELOAD changes any number. None of them would show in the digest of a deck, so none of them is handed on.
"""

import functools
import logging
import os
import re
import site
from pathlib import Path

KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")  # where programs and their shared libraries lie
KEPT_BY_PYTHON = (*KEPT, "PYTHONPATH", "PYTHONHOME")
_INFLUENTIAL = re.compile(r"(NG)?SPICE_\w+|LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES")
_OURS = {"NGSPICE_LIBRARY_PATH"}  # `find_library` reads it

_log = logging.getLogger(__name__)


def child_environment(folder: Path, *, python: bool = False) -> dict[str, str]:
    """Return the environment of a simulator that runs in `folder`, which is also its home and its temporary folder.

    Numbers are written with a decimal point in every locale, and OpenMP uses one thread.

    Args:
        folder: Working folder of the process.
        python: The process is a Python that runs libngspice; it finds the modules that this Python finds.
    """
    kept = {key: os.environ[key] for key in (KEPT_BY_PYTHON if python else KEPT) if key in os.environ}
    place = str(folder)
    fixed = {"HOME": place, "TMPDIR": place, "LC_ALL": "C", "OMP_NUM_THREADS": "1"}
    if python and site.ENABLE_USER_SITE:
        fixed["PYTHONUSERBASE"] = site.getuserbase()
    return kept | fixed


def ignored_variables() -> tuple[str, ...]:
    """Return the names of the variables that are set, would change ngspice, and are not handed on."""
    return tuple(sorted(key for key in os.environ if _INFLUENTIAL.fullmatch(key) and key not in _OURS))


def warn_of_ignored() -> None:
    """Log once which variables of the environment have no effect."""
    _warn(ignored_variables())


@functools.lru_cache(maxsize=16)
def _warn(names: tuple[str, ...]) -> None:
    if names:
        _log.warning("no effect on ngspice, in whose environment they are not set: %s", ", ".join(names))
