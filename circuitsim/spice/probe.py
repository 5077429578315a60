"""Find out what an ngspice executable can do by running small decks, since its version does not tell."""

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

from circuitsim.spice.environment import child_environment

_TIME_LIMIT_S = 60.0
_MOST_BYTES = 1 << 20
_SOLVER = re.compile(r"Using (.+?) as Direct Linear Solver", re.I)

_KLU_DECK = "does it honour klu\nv1 a 0 1\nr1 a 0 1k\n.options klu\n.op\n.end\n"
_XSPICE_DECK = (
    "code model\nv1 a 0 1\nagain a b twice\nrb b 0 1k\n.model twice gain(gain=2)\n.dc v1 1 1 1\n.print dc v(b)\n.end\n"
)
# The commands in this deck only query. A build without OSDI does not know the command `osdi`.
_FEATURE_DECK = "features\nv1 a 0 1\nr1 a 0 1k\n.control\nversion -f\nosdi none.osdi\n.endc\n.end\n"


def linear_solver(path: str) -> str | None:
    """Return the solver that ngspice reports for a deck with `.options klu`: "KLU", "SPARSE 1.3", or None.

    Versions before 42 accept `.options klu`, report nothing, and use Sparse 1.3.
    """
    match = _SOLVER.search(_printed(path, _KLU_DECK))
    return match.group(1) if match else None


def has_xspice(path: str) -> bool:
    """Tell whether a deck with an XSPICE code model gives the right answer, for which the code models must load."""
    return re.search(r"^0\s+1\.0+e\+00\s+2\.0+e\+00", _printed(path, _XSPICE_DECK), re.MULTILINE) is not None


def features(path: str) -> tuple[bool, bool]:
    """Return (OSDI, OpenMP): whether Verilog-A compact models load, and whether devices may use several threads."""
    said = _printed(path, _FEATURE_DECK)
    return "osdi: no such command" not in said, "OpenMP" in said


def answer_of(command: list[str], folder: Path) -> str:
    """Run a program in a folder and return what it prints: at most a megabyte, within a minute.

    Raises:
        OSError: The program cannot be started.
    """
    with subprocess.Popen(
        command,
        cwd=folder,
        env=child_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as child:
        limit = threading.Timer(_TIME_LIMIT_S, _kill, [child])
        limit.start()
        try:
            assert child.stdout is not None
            return child.stdout.read(_MOST_BYTES).decode("utf-8", errors="replace")
        finally:
            limit.cancel()
            _kill(child)


def _kill(child: subprocess.Popen) -> None:
    """End a program and what it started; nobody has waited for it yet, so that its number is still its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _printed(path: str, deck: str) -> str:
    """Return what ngspice prints for a small deck; empty if it does not run."""
    with tempfile.TemporaryDirectory(prefix="circuitsim-") as folder:
        (Path(folder) / "deck.cir").write_text(deck, encoding="utf-8")
        try:
            return answer_of([path, "-n", "-b", "deck.cir"], Path(folder))
        except OSError:
            return ""
