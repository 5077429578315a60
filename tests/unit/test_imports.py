"""Who may import whom: the table is the architecture, and this test keeps it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import circuitsim

ROOT = Path(circuitsim.__file__).parent
FREE = {"errors", "units", "resources"}
MAY_IMPORT = {
    "spec": set(),
    "results": {"spec"},
    "library": {"spec", "results"},
    "devices": {"spec", "results", "library"},
    "netlist": {"spec", "results", "devices", "library"},
    "spice": {"spec", "results", "netlist", "library"},
    "nodal": {"spec", "results"},
    "periphery": {"spec", "results"},
    "characterization": {"spec", "results", "devices", "library", "netlist", "spice", "nodal", "periphery"},
    "behavioral": {"spec", "results", "devices", "nodal", "periphery"},
    "network": {"spec", "results", "devices", "periphery"},
    "export": {"spec", "results", "behavioral"},
    "report": {"spec", "results"},
}
MAY_IMPORT["truth"] = MAY_IMPORT["characterization"] | {"characterization"}
MAY_IMPORT["chain"] = {"spec", "results", "devices", "nodal", "periphery", "behavioral", "truth"}
MAY_IMPORT["calibration"] = MAY_IMPORT["truth"] | {"truth", "behavioral", "chain"}
MAY_IMPORT["levels"] = MAY_IMPORT["calibration"] | {"calibration"}
MAY_IMPORT["evaluation"] = MAY_IMPORT["levels"] | {"levels", "network"}
MAY_IMPORT["campaign"] = MAY_IMPORT["evaluation"] | {"evaluation"}
TOP = {"demo", "bench", "cli", "__init__", "__main__"}


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    units = set()
    for node in ast.walk(tree):
        modules = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; write circuitsim.… so that the table can be checked"
            modules = [node.module or ""]
            if node.module == "circuitsim":
                modules = [f"circuitsim.{alias.name}" for alias in node.names if not alias.name.startswith("__")]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        units |= {name.split(".")[1] for name in modules if name.startswith("circuitsim.")}
    return units


def _unit(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_module_imports_only_what_its_row_allows(path):
    unit = _unit(path)
    if unit in TOP or unit in FREE or unit == "_data":
        return
    allowed = MAY_IMPORT[unit] | FREE | {unit}
    forbidden = _imports(path) - allowed
    assert not forbidden, f"{unit} may import {sorted(allowed)}, not {sorted(forbidden)}"


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_report_draws(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    if _unit(path) != "report":
        assert not any(name.split(".")[0] == "matplotlib" for name in names), "figures belong in circuitsim/report"


def test_the_command_line_starts_without_compiler_and_plotting_library():
    code = "import sys, circuitsim.cli, circuitsim.spice; print(*sys.modules)"
    started = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numba", "matplotlib", "scipy", "xarray", "onnx"} & set(started.stdout.split())
