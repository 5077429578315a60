"""A Verilog-A memory for tests, and the mark of tests that need its compiler."""

import platform
import sys
from pathlib import Path

import pytest

CELL = Path(__file__).parents[1] / "data" / "verilog_a" / "state_cell.va"
_WHEEL = sys.version_info < (3, 13) and sys.platform == "linux" and platform.machine() == "x86_64"
needs_compiler = pytest.mark.skipif(not _WHEEL, reason="openvaf-py has no wheel for this Python")
