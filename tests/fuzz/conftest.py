"""The command line in this process, watched: what it must never do, whatever it is given."""

import os
import sys
import traceback
import warnings

import pytest

from circuitsim import cli

CODES = {0, 2, 3, 130}
SHARE = int(os.environ.get("CIRCUITSIM_FUZZ", "10"))  # percent of the cases; 100 for all
FOREIGN = ("Traceback", "Input should", "pydantic", "Invalid value for", "circuitsim: circuitsim:", "ONNXRuntimeError")


def share(cases: int) -> int:
    """Number of cases to run of all."""
    return max(1, cases * SHARE // 100)


def fault_of(code: object, out: str, err: str) -> str | None:
    """What a run of the command line did that it must never do; None if nothing."""
    if code not in CODES:
        return f"exit code {code}"
    if found := [word for word in FOREIGN if word in out + err]:
        return f"{found[0]!r} in what it said"
    said = err.strip().splitlines()
    if code and "Usage" not in out + err and not (said and said[-1].startswith("circuitsim: ")):
        return "no sentence of ours"
    return "a sentence of more than 2000 letters" if any(len(line) > 2000 for line in said) else None


@pytest.fixture
def watched(monkeypatch, capfd):
    """Run the command line and return its exit code; its faults are collected and fail the test at its end."""
    faults = []

    def run(words: list[str]) -> object:
        monkeypatch.setattr(sys, "argv", ["circuitsim", *words])
        code: object = "none"
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            try:
                cli.main()
            except SystemExit as stop:
                code = stop.code or 0
            except Exception:
                code = traceback.format_exc()
        out, err = capfd.readouterr()
        if fault := fault_of(code, out, err):
            faults.append((words, fault, err[-500:]))
        return code

    yield run
    assert faults == []
