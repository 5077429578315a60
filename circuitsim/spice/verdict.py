"""Judge whether a run succeeded. Exit code 0 does not suffice: log, raw file and values are checked too."""

import re
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from circuitsim.errors import SimulatorError
from circuitsim.spice.folders import LOG, RAW
from circuitsim.spice.process import LOG_LIMIT, Exit
from circuitsim.spice.raw import Plot, open_plain, read_raw

FailureKind = Literal["time", "killed", "disk", "deck", "singular", "convergence", "values"]

_DECK = re.compile(
    r"can't find model|could not find|unknown subckt|circuit not parsed|undefined parameter|no data saved"
    r"|there aren't any circuits",
    re.I,
)
_SINGULAR = re.compile(r"singular matrix:?\s*(?:check nodes? (?P<node>.*\S))?", re.I)
# If one stepping method fails, the next may succeed. Only these words mean that the run failed.
_FAILED = re.compile(r"\berror\b|timestep too small|iteration limit|aborted|interrupted|fatal", re.I)
# A trial voltage of Newton's method may leave the range of exp or sinh; ngspice then steps back and continues. If the
# run fails after that, its log contains another of the words above.
_TRIAL = re.compile(r"\bError: .* out of range for ", re.I)
_TELLING = re.compile(
    r"can't|cannot|can not|unable|no such|not found|fail|unknown|illegal|invalid|undefined|missing", re.I
)
_FAREWELL = re.compile(r"^ngspice\S* done$|^(total|dram|maximum|current|shared|text|library|stack)\b.*[=:]", re.I)
_UNWRITTEN = re.compile(r"rawfile write error|no space left", re.I)
_DISK_IS_FULL_BELOW = 1 << 20


@dataclass(frozen=True)
class Failure:
    """Why a run is not accepted.

    Attributes:
        kind: Kind of failure, by which the retry ladder chooses its rungs.
        sentence: Reason, for the user.
    """

    kind: FailureKind
    sentence: str


NO_RESULTS = Failure("deck", "ngspice wrote no results: the deck has no analysis")


def judge(end: Exit, folder: Path, *, time_limit_s: float) -> tuple[Plot, ...] | Failure:
    """Return the results of the run in `folder`, or the reason why they are not accepted.

    A run is accepted if its exit code is 0, every analysis has points, all values are finite, and the log contains no
    word of failure.

    Args:
        end: How the process ended.
        folder: Run folder with the log and the raw file.
        time_limit_s: Time limit of the run [s], for the sentence.
    """
    if end.timed_out:
        return Failure("time", f"ngspice did not finish within {time_limit_s:g} s and was stopped")
    if end.flooded:
        return Failure(
            "deck", f"ngspice printed more than {LOG_LIMIT >> 20} MB and was stopped: the deck prints results"
        )
    log = read_log(folder)
    if end.code < 0:
        name = signal.Signals(-end.code).name if -end.code in set(signal.Signals) else str(-end.code)
        if name == "SIGXFSZ":
            return Failure("disk", "ngspice was stopped because a file grew past the limit for file sizes")
        return Failure("killed", f"ngspice was ended by signal {name} after {end.seconds:.1f} s")
    failure = complaint(log)
    try:
        plots = read_raw(folder / RAW)
        damage = None
    except SimulatorError as error:
        plots = ()
        damage = str(error)
    if shutil.disk_usage(folder).free < _DISK_IS_FULL_BELOW and (damage or end.code):
        return Failure("disk", "the disk of the run folder is full")
    if failure is not None:
        return failure
    if end.code != 0:
        return Failure("convergence", f"ngspice ended with exit code {end.code}: {_telling_line(log)}")
    if damage is not None and not (folder / RAW).exists():
        return NO_RESULTS
    if damage is not None:
        return Failure("disk", damage)
    return check_values(plots) or plots


def read_log(folder: Path) -> str:
    """Return the log of the run in `folder`, at most `LOG_LIMIT` bytes; empty if there is none."""
    try:
        with open_plain(folder / LOG) as file:
            return file.read(LOG_LIMIT).decode("utf-8", errors="replace")
    except OSError:
        return ""


def complaint(log: str) -> Failure | None:
    """Find a failure in what ngspice printed, the most specific kind first; None if there is none."""
    # The line "Circuit: …" repeats the title of the deck, which may contain any word.
    lines = [line.strip() for line in log.splitlines() if not line.startswith("Circuit:")]
    if any(_UNWRITTEN.search(line) for line in lines):
        return Failure("disk", "ngspice could not write all results: the disk is full or a file size is limited")
    for line in lines:
        if _DECK.search(line):
            return Failure("deck", f"ngspice does not accept the deck: {_short(line)}")
    for line in lines:
        if match := _SINGULAR.search(line):
            where = f" at node {match['node']}" if match["node"] else ""
            why = "nothing fixes a voltage there, or sources contradict each other"
            return Failure("singular", f"ngspice found a singular matrix{where}: {why}")
    for line in lines:
        if _FAILED.search(line) and not _TRIAL.search(line):
            return Failure("convergence", f"ngspice found no solution: {_short(line)}")
    return None


def check_values(plots: tuple[Plot, ...]) -> Failure | None:
    """Find an analysis without points, or a vector with a value that is not finite; None if there is neither."""
    for plot in plots:
        if plot.data.size == 0:
            return Failure("convergence", f"the analysis '{plot.name}' has 0 points")
        finite = np.isfinite(plot.data).all(axis=0)
        if not finite.all():
            name = plot.variables[int(np.argmin(finite))]
            return Failure("values", f"{name} of the analysis '{plot.name}' is not finite")
    return None


def _short(line: str) -> str:
    return line if len(line) <= 160 else line[:157] + "..."


def _telling_line(log: str) -> str:
    """Return the first line that names a fault, else the last that says anything."""
    lines = [line.strip() for line in log.splitlines() if line.strip() and not line.startswith(("Circuit:", "Note:"))]
    told = next((line for line in lines if _TELLING.search(line)), None)
    said = [line for line in lines if not _FAREWELL.search(line)]
    return _short(told or (said[-1] if said else "it printed nothing"))
