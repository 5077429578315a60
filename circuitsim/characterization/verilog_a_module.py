"""Compile a Verilog-A file by openvaf-py, and say in one sentence why it cannot be read."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from circuitsim.errors import InputError, require

if TYPE_CHECKING:
    from openvaf_py import VaModule

_COLOR = re.compile(r"\x1b\[[0-9;]*m")


def compiled_module(path: Path, name: str | None) -> "VaModule":
    """Compile a file and return one of its modules; None: the only one.

    Raises:
        InputError: The file does not compile, has no such module, or asks its simulator for what is unknown here.
        MissingExtraError: openvaf-py is not installed.
    """
    module = _choose(path, _compile(path), name)
    _check_simulator(path, module)
    return module


def _compile(path: Path) -> "list[VaModule]":
    require("openvaf_py", extra="veriloga", package="openvaf-py")
    from openvaf_py import compile_va

    if not path.is_file():
        raise InputError(f"{path}: no such file, expected a Verilog-A file")
    with _diagnostics() as said:
        try:
            return compile_va(str(path))
        except ValueError:
            pass  # its text stands in `said` once the stream is back
    reason = _first_error(said[0]) or "the compiler gives no reason"
    raise InputError(f"{path}: does not compile as Verilog-A: {reason}")


@contextlib.contextmanager
def _diagnostics() -> Iterator[list[str]]:
    """Collect what compiled code writes to the error stream; the text stands in the list at the end."""
    said: list[str] = []
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield said
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            said.append(_COLOR.sub("", file.read().decode(errors="replace")))


def _first_error(text: str) -> str:
    """The first complaint of the compiler and its line."""
    found = re.search(r"error: (.+)\n\s*--> .*?:(\d+):\d+", text)
    return f"line {found[2]}, {found[1]}" if found else ""


def _check_simulator(path: Path, module: "VaModule") -> None:
    """Refuse a module that asks its simulator for anything but gmin, which is 0 here."""
    asked = sorted(set(module.get_str_constants().values()) - {"gmin"})
    if asked and any(name.startswith("SimParam") for name in module.callback_names):
        raise InputError(
            f"{path}: asks the simulator for {asked[0]!r} ($simparam), which is unknown here; expected a model without"
        )


def _choose(path: Path, modules: "list[VaModule]", name: str | None) -> "VaModule":
    names = ", ".join(each.name for each in modules) or "none"
    if name is None and len(modules) == 1:
        return modules[0]
    if name is None:
        raise InputError(f"{path}: has the modules {names}; name one with module (--module)")
    for each in modules:
        if each.name == name:
            return each
    raise InputError(f"{path}: module {name!r} not found; it has {names}")
