"""What a measure is made of: the user's module, and every module beside the campaign file that it imports."""

import ast
import hashlib
import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from circuitsim.campaign.measures import MEASURES_SCHEMA, MeasureCall, load_function


def source_digest(call: MeasureCall) -> str:
    """Return what tells versions of a measure apart.

    For a measure of circuitsim this is `MEASURES_SCHEMA`; for a function of the user's the SHA-256 of its module and of
    all modules in the folder of the campaign that it imports, directly or not, wherever the import stands. Modules that
    are imported by a computed name are not found, and those installed count by no version.
    """
    if call.shipped is not None:
        return f"circuitsim {MEASURES_SCHEMA}"
    first, folder = _source(call), Path(call.folder)
    if first is None:
        return "no source"
    digest = hashlib.sha256()
    for path in sorted(_reached(first, folder), key=lambda path: _name(path, folder)):
        content = path.read_bytes()
        name = "" if path == first else _name(path, folder)
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def source_files(call: MeasureCall) -> set[Path]:
    """Return the files behind `source_digest`; none for a measure of circuitsim."""
    first = None if call.shipped is not None else _source(call)
    return set() if first is None else _reached(first, Path(call.folder))


def _source(call: MeasureCall) -> Path | None:
    file = inspect.getsourcefile(inspect.unwrap(load_function(call)))
    return None if file is None else Path(file).resolve()


def forget_modules(function: str, folder: Path) -> None:
    """Forget what this process has imported of a user's function, so that the next import reads the files.

    They may have been edited since, or come from the folder of another campaign.

    Args:
        function: "module:function".
        folder: Folder of the campaign file.
    """
    name, folder = function.partition(":")[0], folder.resolve()
    first = [path for each in _files(folder, name) for path in _reached(each, folder)]
    own = {name: None, **{_dotted(path, folder): path for path in first}}
    files = {str(path) for path in own.values() if path is not None}
    for key, module in list(sys.modules.items()):
        ours = key in own or getattr(module, "__file__", None) in files
        if ours and key.partition(".")[0] not in ("circuitsim", "__main__"):
            del sys.modules[key]
    importlib.invalidate_caches()


def _dotted(path: Path, folder: Path) -> str:
    return _name(path, folder).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _reached(first: Path, folder: Path) -> set[Path]:
    """Return a module and all modules of the folder that it imports."""
    found, todo = {first}, [first]
    while todo:
        for path in _imported(todo.pop(), folder):
            if path not in found:
                found.add(path)
                todo.append(path)
    return found


def _imported(module: Path, folder: Path) -> Iterator[Path]:
    """Yield the modules of the folder that a module names in its imports."""
    try:
        tree = ast.parse(module.read_bytes())
    except SyntaxError:  # the function lives without it
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield from _files(folder, each.name)
        elif isinstance(node, ast.ImportFrom):
            start = folder if node.level == 0 else module.parents[node.level - 1]
            base = node.module or ""
            yield from _files(start, base)
            for each in node.names:  # a name may be a module of a package
                yield from _files(start, f"{base}.{each.name}".lstrip("."))


def _files(start: Path, name: str) -> Iterator[Path]:
    """Yield the files of a dotted name below a folder, with those of the packages around it."""
    place = start
    for part in name.split(".") if name else ():
        place = place / part
        for path in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
            if path.is_file():
                yield path.resolve()


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
