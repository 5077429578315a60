"""A page for each room: its public names with signature and docstring, every name once."""

import ast
import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike
from page_text import plain

import circuitsim

# A name that several rooms offer is described in the first of them.
FIRST = ("errors", "units", "spec", "results", "devices", "blocks", "library", "netlist", "spice", "characterization")
FIRST += ("nodal", "truth", "periphery", "behavioral", "chain", "calibration", "levels", "network", "evaluation")
FIRST += ("training", "campaign")
_ARRAY_LIKE = re.escape(repr(ArrayLike).replace("typing.Any", "Any").removeprefix("typing.Union[").removesuffix("]"))
_SECTION = re.compile(r"(Args|Attributes|Returns|Raises|Warns|Yields|Valid for|Source):\s*(.*)")


def rooms() -> list[str]:
    """Return the rooms with public names, in the order in which names are described."""
    found = [info.name for info in pkgutil.iter_modules(circuitsim.__path__) if info.name not in ("cli", "__main__")]
    found = [name for name in found if public_names(name)]
    return sorted(found, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))


def public_names(room: str) -> list[str]:
    """Return the public names of a room; of a module without a list of them, the functions and classes in it."""
    face = importlib.import_module(f"circuitsim.{room}")
    if hasattr(face, "__all__"):
        return sorted(face.__all__, key=str.lower)
    own = [name for name, value in vars(face).items() if _is_own(value) and value.__module__ == face.__name__]
    return sorted((name for name in own if not name.startswith("_")), key=str.lower) if own else []


def described_names() -> dict[str, dict[str, Any]]:
    """Return the public names of each room with what they are; a name of an earlier room is left out."""
    seen: set[int] = set()
    found: dict[str, dict[str, Any]] = {}
    for room in rooms():
        face = importlib.import_module(f"circuitsim.{room}")
        values = {name: getattr(face, name) for name in public_names(room)}
        described = {name: value for name, value in values.items() if not (_is_own(value) and id(value) in seen)}
        seen |= {id(value) for value in values.values() if _is_own(value)}
        found[room] = described
    return found


def name_pages() -> dict[str, str]:
    """Return the pages by their names."""
    names = described_names()
    home = {id(value): room for room, values in names.items() for value in values.values() if _is_own(value)}
    pages = {room: _page(room, values) for room, values in names.items() if values}
    face = ["# circuitsim", "", plain((circuitsim.__doc__ or "").split("\n\n")[0]), ""]
    for name in sorted(circuitsim.__all__, key=str.lower):
        value = getattr(circuitsim, name)
        summary = plain((inspect.getdoc(value) or "").split("\n\n")[0].replace("\n", " "))
        face.append(f"- `circuitsim.{name}`, of [{home[id(value)]}]({home[id(value)]}.md): {summary}")
    return {"circuitsim": "\n".join(face) + "\n", **pages}


def docstring(room: str, name: str, value: Any) -> str:
    """Return the docstring of a name; of a value, the text below its assignment."""
    if _is_own(value):
        return inspect.getdoc(value) or ""
    home = _home(Path(importlib.import_module(f"circuitsim.{room}").__path__[0]), name)
    return _below(ast.parse(home.read_text(encoding="utf-8")).body, name) or ""


def _home(folder: Path, name: str) -> Path:
    """Return the module from which the face of a room takes a name."""
    face = folder / "__init__.pyi"
    face = face if face.exists() else folder / "__init__.py"
    for node in ast.parse(face.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module and name in [each.name for each in node.names]:
            inside = node.module.removeprefix("circuitsim.") if node.level == 0 else f"{folder.name}.{node.module}"
            place = Path(circuitsim.__path__[0]).joinpath(*inside.split("."))
            return _home(place, name) if place.is_dir() else place.with_suffix(".py")
    return face


def _is_own(value: Any) -> bool:
    """Tell whether a value is a function or a class, which carries its own docstring."""
    return inspect.isclass(value) or inspect.isroutine(value)


def _below(body: list[ast.stmt], name: str) -> str | None:
    """Return the text below the assignment of a name; the assignment itself without one; None if it is not there."""
    for k, node in enumerate(body):
        targets = [each for each in getattr(node, "targets", [getattr(node, "target", None)]) if each is not None]
        if name in [each.id for one in targets for each in ast.walk(one) if isinstance(each, ast.Name)]:
            below = body[k + 1] if k + 1 < len(body) else None
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                return inspect.cleandoc(str(below.value.value))
            return f"`{ast.unparse(node)}`" if len(ast.unparse(node)) < 200 else ""
    return None


def _page(room: str, values: dict[str, Any]) -> str:
    face = importlib.import_module(f"circuitsim.{room}")
    lines = [f"# circuitsim.{room}", "", plain(inspect.getdoc(face) or ""), ""]
    for name, value in values.items():
        lines += [f"## {name}", ""]
        if signature := _signature(name, value):
            lines += ["```python", signature, "```", ""]
        lines += [*_converted(docstring(room, name, value)), ""]
    return "\n".join(lines) + "\n"


def _signature(name: str, value: Any) -> str:
    if not _is_own(value):
        return ""
    try:
        text = f"{name}{inspect.signature(value)}"
    except (TypeError, ValueError):
        return name
    text = re.sub(r"<function (\w+) at 0x\w+>|<class '([\w.]+)'>|<[\w.]+ object at 0x\w+>", r"\1\2", text)
    text = re.sub(rf"(?:typing\.)?Union\[{_ARRAY_LIKE}(, NoneType)?\]", _named, text)
    text = re.sub(r"\b(?:circuitsim|collections|numpy|pathlib|typing)\.(?:\w+\.)*", "", text)
    return text if len(text) <= 100 else re.sub(r", (?=\**\w+[:,=)]|\*, )", ",\n    ", text)


def _named(found: re.Match[str]) -> str:
    return "ArrayLike | None" if found[1] else "ArrayLike"


def _converted(text: str) -> list[str]:
    """Return a docstring as Markdown: its sections as headed lists."""
    lines, in_section, in_code = [], False, False
    for line in text.splitlines():
        if found := _SECTION.fullmatch(line):
            lines += ["", f"**{found[1]}**{' ' + plain(found[2]) if found[2] else ''}", ""]
            in_section = True
        elif in_section and re.match(r"    [*\w`].*?: ", line) and not line.startswith("     "):
            name, _, rest = line.strip().partition(": ")
            lines.append(f"- `{name}`: {plain(rest)}")
        elif in_section and line.startswith(" "):
            lines.append(f"  {plain(line.strip())}")
        elif line.startswith("    ") and not in_section:
            lines += [] if in_code else ["", "```text"]
            in_code = True
            lines.append(line)
            continue
        else:
            lines.append(line if line.startswith("|") else plain(line))
            in_section = in_section and not line.strip()
        if in_code:
            lines.insert(-1, "```")
            in_code = False
    return [*lines, "```"] if in_code else lines
