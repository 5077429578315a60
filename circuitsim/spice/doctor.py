"""Diagnose the simulators on this machine: what is installed, what works, what each runner will use."""

import importlib.metadata
import sys
from dataclasses import dataclass

from circuitsim.errors import SimulatorError
from circuitsim.spice.connection import Worker
from circuitsim.spice.environment import KEPT, ignored_variables
from circuitsim.spice.guard import landlock_version
from circuitsim.spice.libngspice import find_library
from circuitsim.spice.probe import features, has_xspice, linear_solver
from circuitsim.spice.simulator import KLU_SINCE, Simulator, find_ngspice


@dataclass(frozen=True)
class Diagnosis:
    """State of the simulators on this machine, determined by running them.

    Attributes:
        executable: Path of ngspice; None if it was not found or does not run.
        version: Version of ngspice, for example "ngspice-39".
        klu: True if ngspice honours `.options klu` and reports that it uses KLU.
        solver: Linear solver that decks will use; None without ngspice.
        xspice: True if a deck with an XSPICE code model gives the right answer.
        osdi: True if compact models compiled from Verilog-A can be loaded.
        openmp: True if ngspice can evaluate devices on several threads; circuitsim runs it on one.
        library: Path or name of libngspice; None if it was not found.
        library_version: Version of libngspice; None if it cannot be loaded.
        pyspice: Version of PySpice; None if it is not installed.
        used: What each runner will use, one sentence each.
        protection: What keeps simulator processes from harm, and what this system lacks for it, one sentence each.
        advice: What to install or change, one sentence each; empty if nothing is missing.
    """

    executable: str | None
    version: str | None
    klu: bool
    solver: str | None
    xspice: bool
    osdi: bool
    openmp: bool
    library: str | None
    library_version: str | None
    pyspice: str | None
    used: tuple[str, ...]
    protection: tuple[str, ...]
    advice: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """True if the batch runner works, on which every computation of circuitsim can run."""
        return self.executable is not None

    @property
    def text(self) -> str:
        """The findings as text, one per line."""
        loads = self.library_version or "does not load"
        rows = [
            ("ngspice", f"{self.executable} ({self.version})" if self.executable else "not found"),
            ("KLU", _yes(self.klu) + (f", decks use {self.solver}" if self.solver else "")),
            ("XSPICE", _yes(self.xspice)),
            ("OSDI", _yes(self.osdi)),
            ("OpenMP", f"{_yes(self.openmp)}, decks run on one thread" if self.openmp else "no"),
            (
                "libngspice",
                f"{self.library} ({loads})" if self.library else "not found",
            ),
            ("PySpice", self.pyspice or "not found"),
        ]
        lines = [f"{name:<11}{value}" for name, value in rows]
        return "\n".join(
            [*lines, "", *self.used, *self.protection, *(f"Advice: {sentence}" for sentence in self.advice)]
        )


def diagnose() -> Diagnosis:
    """Run ngspice, libngspice and PySpice; takes a few seconds. Missing parts are reported, not raised."""
    advice: list[str] = []
    simulator = _simulator(advice)
    pyspice = _pyspice(advice)
    library, library_version = _library(advice, pyspice)
    path = str(simulator.path) if simulator else ""
    osdi, openmp = features(path) if simulator else (False, False)
    return Diagnosis(
        executable=path or None,
        version=simulator.version_text if simulator else None,
        klu=simulator.klu if simulator else False,
        solver=("KLU" if simulator.klu else linear_solver(path) or "Sparse 1.3") if simulator else None,
        xspice=has_xspice(path) if simulator else False,
        osdi=osdi,
        openmp=openmp,
        library=library,
        library_version=library_version,
        pyspice=pyspice,
        used=_used(simulator, library, library_version, pyspice),
        protection=_protection(),
        advice=tuple(advice),
    )


def _simulator(advice: list[str]) -> Simulator | None:
    try:
        simulator = find_ngspice()
    except SimulatorError as error:
        advice.append(str(error))
        return None
    if not simulator.klu:
        advice.append(
            f"{simulator.version_text} solves with Sparse 1.3, which takes minutes from 128 x 128 on; "
            f"ngspice {KLU_SINCE} or later with KLU takes seconds"
        )
    return simulator


def _pyspice(advice: list[str]) -> str | None:
    try:
        return importlib.metadata.version("PySpice")
    except importlib.metadata.PackageNotFoundError:
        advice.append("PySpice was not found: install it with 'pip install PySpice' to use sessions")
        return None


def _library(advice: list[str], pyspice: str | None) -> tuple[str | None, str | None]:
    try:
        library = find_library()
    except SimulatorError as error:
        advice.append(str(error))
        return None, None
    if pyspice is None:
        return library, None
    try:
        worker = Worker(library, time_limit_s=60.0)
    except SimulatorError as error:
        advice.append(str(error))
        return library, None
    worker.close()
    return library, worker.simulator.version_text


def _used(
    simulator: Simulator | None, library: str | None, library_version: str | None, pyspice: str | None
) -> tuple[str, ...]:
    batch = f"{simulator.path}, {simulator.version_text}" if simulator else "not possible"
    session = f"{library}, {library_version}, through PySpice {pyspice}" if library_version else "not possible"
    return f"Batch runs use: {batch}.", f"Sessions use: {session}."


def _protection() -> tuple[str, ...]:
    landlock = landlock_version()
    ignored = ignored_variables()
    return (
        "Writing: a simulator writes only in its run folder (Landlock)."
        if landlock
        else "Writing: this system has no Landlock, so that a simulator may write wherever you may.",
        "Ending: a simulator ends with the Python that started it."
        if sys.platform.startswith("linux")
        else "Ending: this system lets a simulator outlive a Python that is killed; sessions end with it.",
        f"Environment: a simulator gets {', '.join(KEPT)} and no other variable of yours"
        + (f"; set here without effect: {', '.join(ignored)}." if ignored else "."),
    )


def _yes(value: bool) -> str:
    return "yes" if value else "no"
