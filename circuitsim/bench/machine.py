"""Describe the machine on which the benchmarks run."""

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

from circuitsim import spice

_PACKAGES = ("numpy", "scipy", "numba", "badcrossbar", "scikit-sparse")


def describe_machine() -> dict[str, Any]:
    """Return processor, number of cores, load, and the versions of the programs that are timed."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = None
    simulator = spice.find_ngspice()
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "versions": versions,
        "ngspice": {"version": simulator.version, "klu": simulator.klu},
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
