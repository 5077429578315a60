"""The command line in this process, watched: what it must never do, whatever it is given."""

import sys
import traceback
import warnings

import pytest
from fuzzing import fault_of

from circuitsim import cli


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
