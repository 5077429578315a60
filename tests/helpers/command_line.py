"""The command line in this process: what a shell sees of it, without the start of an interpreter."""

import contextlib
import io
import logging
import subprocess
import sys
import warnings
from pathlib import Path
from unittest import mock

import pytest

from circuitsim import cli


def circuitsim(*words: object, folder: Path = Path()) -> subprocess.CompletedProcess[str]:
    """Run `circuitsim WORDS` in a folder; return exit code, output and error output. An exception leaves it as such."""
    out, err, logger = io.StringIO(), io.StringIO(), logging.getLogger("circuitsim")
    handlers, level = logger.handlers, logger.level
    try:
        with (
            mock.patch.object(sys, "argv", ["circuitsim", *map(str, words)]),
            contextlib.chdir(folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            warnings.catch_warnings(),
            pytest.raises(SystemExit) as stop,
        ):
            warnings.simplefilter("default")
            cli.main()
    finally:
        logger.handlers = handlers
        logger.setLevel(level)
    return subprocess.CompletedProcess(list(words), stop.value.code or 0, out.getvalue(), err.getvalue())
