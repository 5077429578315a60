"""One name, one meaning; one file, one idea: what can be counted of both."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

import circuitsim

ROOT = Path(circuitsim.__file__).parent
MODULES = sorted(path for path in ROOT.rglob("*.py") if path.name != "__init__.py")
# Programs of their own: their names are commands, and nobody imports them.
SCRIPTS = {"spice/worker.py", "demo/train_digits.py", *(f"cli/{path.name}" for path in (ROOT / "cli").glob("*.py"))}

# Names that several rooms define because they mean the same there.
ONE_MEANING = {
    "calibrate": "from a specification to a model and its certificate; `calibration` also returns the evidence",
    "prepare": "a level's form of a matrix of conductances",
    "program": "set conductances: of a tile, of a network's tiles",
    "read": "apply inputs to a prepared array",
}
LONGEST_MODULE = 320  # lines
LONGEST_FUNCTION = 45  # lines of the body, docstring left out
# Kernels that numba compiles as one: taken apart they would be slower.
KERNELS = {("nodal/balance.py", "check_row")}


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _public(path: Path) -> set[str]:
    """Public functions, classes and type names of a module; constants are local to theirs."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name) and not target.id.isupper()}
    return {name for name in names if not name.startswith("_")}


def test_a_public_name_has_one_meaning():
    homes = defaultdict(list)
    for path in MODULES:
        if _name(path) not in SCRIPTS:
            for name in _public(path):
                homes[name].append(_name(path))
    several = {name: places for name, places in homes.items() if len(places) > 1}
    assert several.keys() == ONE_MEANING.keys(), several


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_no_function_takes_what_it_could_import(path):
    """A runner as an argument would hide an import from the table of rooms."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            assert not {argument.arg for argument in arguments} & {"run", "runner", "simulate"}, node.name


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_modules_and_functions_hold_one_idea(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_MODULE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and (_name(path), node.name) not in KERNELS:
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert lines <= LONGEST_FUNCTION, f"{node.name} has {lines} lines"
