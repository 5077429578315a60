"""The examples run, are short, and call public names only."""

import ast
import runpy
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples").glob("*.py"))
LONGEST = 80  # lines of code, without what describes the page and blank ones


def test_there_are_examples():
    assert {"adaptive_read", "cascode_chain", "sar", "write_array", "write_verify"} <= {path.stem for path in EXAMPLES}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(path, capsys):
    if "import torch" in path.read_text():
        pytest.importorskip("torch", reason="torch is optional: the extra [torch]")
    runpy.run_path(str(path), run_name="__main__")  # each checks what it prints
    assert capsys.readouterr().out


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_and_imports_public_names(path):
    page = ast.parse(path.read_text())
    code = path.read_text().splitlines()[page.body[0].end_lineno :]
    assert len([line for line in code if line.strip()]) <= LONGEST
    for node in ast.walk(page):
        if isinstance(node, ast.ImportFrom):
            assert node.module is not None and node.module.count(".") <= 1, node.module
            assert not any(each.name.startswith("_") for each in node.names)
