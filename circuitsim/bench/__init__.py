"""Timings as ratios against installed peers, in one run, and the models of others."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from circuitsim.bench.calibration import CASES, Case, calibration_benchmark, table_text
    from circuitsim.bench.solver import SIZES, solver_benchmark

__all__ = ["CASES", "SIZES", "Case", "calibration_benchmark", "solver_benchmark", "table_text"]


def __getattr__(name: str) -> Any:
    """Load a bench on first use: the command line names them without waiting for compilers and solvers."""
    if name not in __all__:
        raise AttributeError(f"module 'circuitsim.bench' has no attribute {name!r}")
    home = "solver" if name in ("SIZES", "solver_benchmark") else "calibration"
    return getattr(importlib.import_module(f"circuitsim.bench.{home}"), name)
