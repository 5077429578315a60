"""Who may import whom: the table is the architecture, and this test keeps it."""

import ast
import functools
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import circuitsim

ROOT = Path(circuitsim.__file__).parent
ARCHITECTURE = Path(__file__).parents[2] / "docs" / "architecture.md"
FREE = {"errors", "units", "resources"}
MAY_IMPORT = {
    "spec": set(),
    "results": {"spec"},
    "library": {"spec", "results"},
    "devices": {"spec", "results", "library"},
    "blocks": {"spec", "results", "library", "devices"},
    "netlist": {"spec", "results", "devices", "library", "blocks"},
    "spice": {"spec", "results", "netlist", "library"},
    "nodal": {"spec", "results"},
    "periphery": {"spec", "results"},
    "characterization": {"spec", "results", "devices", "library", "blocks", "netlist", "spice", "nodal", "periphery"},
    "behavioral": {"spec", "results", "devices", "nodal", "periphery"},
    "network": {"spec", "results", "devices", "periphery", "nodal"},
    "export": {"spec", "results", "behavioral"},
    "report": {"spec", "results"},
}
MAY_IMPORT["presets"] = {"spec"}
MAY_IMPORT["truth"] = MAY_IMPORT["characterization"] | {"characterization"}
MAY_IMPORT["programming"] = MAY_IMPORT["truth"] | {"truth"}
MAY_IMPORT["chain"] = {"spec", "results", "devices", "nodal", "periphery", "behavioral", "truth"}
MAY_IMPORT["calibration"] = MAY_IMPORT["truth"] | {"truth", "behavioral", "chain"}
MAY_IMPORT["levels"] = MAY_IMPORT["calibration"] | {"calibration"}
MAY_IMPORT["evaluation"] = MAY_IMPORT["levels"] | {"levels", "network"}
MAY_IMPORT["training"] = MAY_IMPORT["evaluation"] | {"evaluation", "programming"}
MAY_IMPORT["campaign"] = MAY_IMPORT["evaluation"] | {"evaluation", "presets"}
TOP = {"demo", "bench", "cli", "studies", "__init__", "__main__"}
FACES_ONLY = {"cli", "demo", "bench", "presets", "studies"}


@functools.cache
def _nodes(path: Path) -> list[ast.AST]:
    """All nodes of a module; parsed once, because every module is looked at several times."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def _imports(path: Path) -> set[str]:
    units = set()
    for node in _nodes(path):
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


def _behind_faces(path: Path) -> set[str]:
    """Modules inside other rooms that a module imports from, past the public face of their room."""
    modules = []
    for node in _nodes(path):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.append(node.module)
            if node.module.startswith("circuitsim."):
                face = importlib.import_module(node.module)
                named = [alias.name for alias in node.names]
                modules += [f"{node.module}.{name}" for name in named if inspect.ismodule(getattr(face, name, None))]
    parts = [module.split(".") for module in modules]
    return {".".join(each) for each in parts if each[0] == "circuitsim" and len(each) > 2 and each[1] != _unit(path)}


def _unit(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def _rows(page: str) -> dict[str, set[str]]:
    """The import table of a page: rows `| room | what it holds | names |`, each name alone or "and its row"."""
    table = page.partition("| room |")[2].partition("\n\n")[0]
    rows: dict[str, set[str]] = {}
    for room, names in re.findall(r"(?m)^\| `(\w+)` \|.*\| ([^|]*) \|$", table):
        assert room not in rows, f"{room} has two rows"
        rows[room] = set()
        for name, with_row in re.findall(r"`(\w+)`( and its row)?", names):
            rows[room] |= {name} | (rows[name] if with_row else set())
    return rows


def test_the_page_on_architecture_shows_this_table():
    assert _rows(ARCHITECTURE.read_text(encoding="utf-8")) == MAY_IMPORT


def test_the_page_on_architecture_names_files_that_exist():
    text = ARCHITECTURE.read_text(encoding="utf-8")
    section = text[text.index("## Where does X go?") :]
    places = [place for place in re.findall(r"`([\w/.*]+/[\w/.*]*)`", section) if "NAME" not in place]
    assert len(places) > 25
    roots = (ROOT, ARCHITECTURE.parents[1])
    assert [place for place in places if not any(list(root.glob(place.rstrip("/"))) for root in roots)] == []


def test_every_room_has_a_row():
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert rooms - TOP == set(MAY_IMPORT)


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
    names = {alias.name for node in _nodes(path) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in _nodes(path) if isinstance(node, ast.ImportFrom)}
    if _unit(path) != "report":
        assert not any(name.split(".")[0] == "matplotlib" for name in names), "figures belong in circuitsim/report"


def test_only_training_and_the_networks_of_torch_import_torch():
    own = [ROOT / "training", ROOT / "network" / "torch"]
    for path in sorted(ROOT.rglob("*.py")):
        if not any(path.is_relative_to(folder) for folder in own):
            names = {alias.name for node in _nodes(path) if isinstance(node, ast.Import) for alias in node.names}
            names |= {node.module or "" for node in _nodes(path) if isinstance(node, ast.ImportFrom)}
            assert not any(name.split(".")[0] == "torch" for name in names), path
            inside = ("circuitsim.training", "circuitsim.network.torch")
            assert not any(name.startswith(inside) for name in names), path


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(ROOT.rglob("*.py")) if _unit(path) in FACES_ONLY],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_scripts_of_public_calls_use_faces_only(path):
    assert not _behind_faces(path)


def test_reaching_behind_a_face_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "_unit", lambda _: "cli")
    (tmp_path / "command.py").write_text(
        "from circuitsim.cli.output import a\nfrom circuitsim.spec import load_spec\nimport circuitsim.spice\n"
        "from circuitsim.units import b\nfrom circuitsim.spec.cell import c\nfrom circuitsim.nodal import surface\n"
        "import circuitsim.netlist.names\n"
    )
    assert _behind_faces(tmp_path / "command.py") == {
        "circuitsim.spec.cell",
        "circuitsim.nodal.surface",
        "circuitsim.netlist.names",
    }


def test_every_name_of_a_lazy_face_is_there():
    for stub in sorted(ROOT.rglob("__init__.pyi")):
        face = importlib.import_module(".".join(["circuitsim", *stub.parent.relative_to(ROOT).parts]))
        names = [
            alias.name
            for node in ast.parse(stub.read_text()).body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        ]
        assert set(names) == set(face.__all__)
        for name in names:
            assert not inspect.ismodule(getattr(face, name)), f"{face.__name__}.{name} is a module"


def test_the_command_line_starts_without_compiler_and_plotting_library():
    code = "import sys, circuitsim.cli, circuitsim.spice; print(*sys.modules)"
    started = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numba", "matplotlib", "scipy", "xarray", "onnx"} & set(started.stdout.split())
