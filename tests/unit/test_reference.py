"""The generated reference holds every key, public name, command, option and schema number, each with its unit."""

import ast
import importlib
import inspect
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import circuitsim
from circuitsim.cli.known_keys import documented_keys

DOCS = Path(__file__).parents[2] / "docs" / "reference"
ROOT = Path(circuitsim.__file__).parent


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The text of every page by its place."""
    folder = tmp_path_factory.mktemp("reference")
    sys.path.insert(0, str(DOCS))
    try:
        generate = importlib.import_module("generate")
        places = generate.main(folder)
        yield {place.relative_to(folder).as_posix(): place.read_text(encoding="utf-8") for place in places}
    finally:
        sys.path.remove(str(DOCS))


def generator(name):
    sys.path.insert(0, str(DOCS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(DOCS))


def test_every_key_stands_on_its_page_once(pages):
    for each in documented_keys():
        page = pages[f"keys/{each.file}.md"]
        named = page.count(f"\n| `{each.doc.key}` |")
        forms = sum(other == each for other in documented_keys() if other.doc.key == each.doc.key)
        assert named >= 1 and forms >= 1, each.doc.key
        if each.doc.unit and each.file == "specification":
            assert f"| `{each.doc.key}` | {each.doc.kind} | {each.doc.unit} |" in page


def test_every_public_name_is_described_once(pages):
    heads = [
        found for place, text in pages.items() if "names/" in place for found in re.findall(r"(?m)^## (\w+)$", text)
    ]
    rooms = [path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "cli"]
    for room in rooms:
        face = importlib.import_module(f"circuitsim.{room}")
        assert [name for name in getattr(face, "__all__", ()) if name not in heads] == [], room
    described = generator("name_pages").described_names()
    functions = [value for values in described.values() for value in values.values() if inspect.isroutine(value)]
    assert len(functions) > 250 and len({id(value) for value in functions}) == len(functions)
    for name in circuitsim.__all__:
        assert f"`circuitsim.{name}`, of [" in pages["names/circuitsim.md"]


def test_every_public_name_has_words(pages):
    names = generator("name_pages")
    described = names.described_names()
    bare = [
        f"{room}.{name}"
        for room, values in described.items()
        for name, value in values.items()
        if len(names.docstring(room, name, value)) < 10
    ]
    assert bare == []


def test_a_function_of_arrays_states_a_unit():
    described = generator("name_pages").described_names()
    without = []
    for room, values in described.items():
        for name, value in values.items():
            if not inspect.isroutine(value):
                continue
            kinds = [each.annotation for each in inspect.signature(value).parameters.values()]
            words = inspect.getdoc(value) or ""
            stated = re.search(r"\[[^\]]+\]|\(\w|see `|as in `", words)  # a unit, a shape, or where they stand
            if any(kind is np.ndarray for kind in kinds) and not stated:
                without.append(f"{room}.{name}")
    assert without == []


def test_every_command_and_option_stands_on_its_page(pages):
    page = pages["commands.md"]
    commands = generator("command_page").all_commands()
    assert len(commands) > 25 and "campaign run" in commands and "explain" in commands
    for words, command in commands.items():
        section = page.partition(f"\n## circuitsim {words}\n")[2].partition("\n## ")[0]
        options = [name for param in command.params if param.name != "help" for name in param.opts if name[:2] == "--"]
        assert section and [name for name in options if f"`{name}`" not in section] == []
    assert "| `--workers` | `2` | a whole number from 1 to 1024 |" in page


def test_every_schema_number_stands_on_the_page_of_files(pages):
    found = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign):
                names = [each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)]
                module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                found |= {f"{module}.{name}" for name in names if name.endswith("SCHEMA")}
    files = generator("file_page").FILES
    assert found == {file.schema for file in files if file.schema}
    for file in files:
        number = generator("file_page").schema_number(file) if file.schema else " "
        assert f"| `{file.name}` | {number} |" in pages["files.md"]


def test_the_committed_page_lists_the_generated_ones(pages):
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    assert all(name in index for name in ("keys/*", "names/*", "\ncommands\n", "\nfiles\n"))
    assert {place.partition("/")[0] for place in pages} == {"keys", "names", "commands.md", "files.md"}
