"""Timings as ratios against installed peers, in one run, and the models of others."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from circuitsim.bench.calibration import CASES, Case, calibration_benchmark, table_text
    from circuitsim.bench.solver import SIZES, solver_benchmark

__all__ = ["CASES", "SIZES", "Case", "calibration_benchmark", "solver_benchmark", "table_text"]

# Loaded on first use: the command line names the benches without waiting for compilers and solvers.
_HOME = {
    "CASES": "circuitsim.bench.calibration",
    "Case": "circuitsim.bench.calibration",
    "SIZES": "circuitsim.bench.solver",
    "calibration_benchmark": "circuitsim.bench.calibration",
    "solver_benchmark": "circuitsim.bench.solver",
    "table_text": "circuitsim.bench.calibration",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'circuitsim.bench' has no attribute {name!r}")
