"""The examples run, are short, and call public names only."""

import ast
import runpy
from pathlib import Path

import pytest

import circuitsim as cs

EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples").glob("*.py"))
LONGEST = 80  # lines of code, without what describes the page and blank ones
SMALLER = {
    "adapters": {"steps": 10, "arrays": 1},
    "language_model": {"steps": 2, "tile_steps": 1, "windows": 1},
    "mixture_of_experts": {"steps": 40},
}
"""What the pages that train take in place of their own numbers."""

KNOWN = {}  # model and certificate by the specification


def test_there_are_examples():
    assert {"adaptive_read", "cascode_chain", "sar", "write_array", "write_verify"} <= {path.stem for path in EXAMPLES}


@pytest.fixture
def calibrated_by_the_array_solver(monkeypatch):
    """Pages that train calibrate without ngspice here, those on the same array once."""
    calibrate = cs.calibrate

    def calibrated(spec, **how):
        if spec not in KNOWN:
            KNOWN[spec] = calibrate(spec, **how, truth="nodal")
        return KNOWN[spec]

    monkeypatch.setattr(cs, "calibrate", calibrated)


@pytest.mark.parametrize("name", SMALLER)
def test_a_page_that_trains_runs_in_small(name, calibrated_by_the_array_solver, tmp_path, capsys):
    pytest.importorskip("torch", reason="torch is optional: the extra [torch]")
    pytest.importorskip("sklearn", reason="scikit-learn is optional: the extra [demo]")
    path = next(each for each in EXAMPLES if each.stem == name)
    found = runpy.run_path(str(path))["main"](str(tmp_path / "figure.png"), **SMALLER[name])
    assert capsys.readouterr().out and (tmp_path / "figure.png").stat().st_size > 5000
    if name == "mixture_of_experts":  # of four tiers one is read
        assert found["all tiers"][1] == pytest.approx(4 * found["tier chosen"][1])
        assert found["all tiers"][0] == pytest.approx(4 * found["tier chosen"][0], rel=0.2)
    elif name == "adapters":
        assert found[1].count.digital_macs == 2 * (64 + 12) + 2 * (12 + 10)
    else:
        assert 1.0 < found["float"] < 100.0 and found["trained through tiles: on tiles"] != found["on tiles"]


@pytest.mark.parametrize("path", [each for each in EXAMPLES if each.stem not in SMALLER], ids=lambda path: path.stem)
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
