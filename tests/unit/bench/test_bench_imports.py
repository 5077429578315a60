"""The benches are users of the package: they see the public face of every room and nothing behind it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from circuitsim import bench

FOLDER = Path(bench.__file__).parent


def _modules(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_benches_import_faces_of_rooms_only(path):
    others = {name for name in _modules(path) if name.startswith("circuitsim.") and ".bench" not in name}
    assert not {name for name in others if name.count(".") > 1}


def test_every_name_of_the_face_has_a_home():
    assert {name for name in bench.__all__ if getattr(bench, name, None) is None} == set()
    assert not hasattr(bench, "missing")


def test_importing_the_benches_loads_no_compiler_and_no_solver():
    code = "import sys, circuitsim.bench; print(*sys.modules)"
    started = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numba", "numpy", "scipy", "sklearn"} & set(started.stdout.split())
