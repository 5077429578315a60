"""The mutation tool: what counts as a change of behaviour, a seeded draw, and one run from places to results."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("cosmic_ray", reason="cosmic-ray is optional: the extra [mutation]")
pytest.importorskip("coverage", reason="coverage is optional: the extra [mutation]")

from lines import runs_once
from mutants import draw, is_change, is_kept, places
from trial import linked

SOURCE = '''
import logging
import warnings

"""1 + 1"""
Number = int | float  # Ω before: a type
log = logging.getLogger("a" + "b")


def mean(values: list[int | None], *, scale: float = 2.0) -> int | None:
    """Sum of 1 + 1."""
    log.info("µ: %d", len(values) + 1)
    if len(values) == 0:
        warnings.warn("0 of " + "1", stacklevel=2)
        raise ValueError("no values: " + str(0 + 1))
    Ω = sum(values); return Ω / len(values)
'''


def test_only_behaviour_is_changed():
    found = places("mean.py", SOURCE)
    lines = SOURCE.splitlines()
    there = {lines[start[0] - 1][start[1] :][:4].strip() for _, start, _ in found}
    assert there == {"2.0)", "len(", "== 0", "0:", "/ le", "("} - {"(", "len("} | {"len("}, there
    for mutants in found.values():
        for mutant in mutants:
            assert is_change(SOURCE, mutant.apply(SOURCE))


def test_a_change_keeps_the_type():
    kept = [name for name in ("Add_Sub", "Mul_Pow", "BitAnd_BitOr") if is_kept(f"core/ReplaceBinaryOperator_{name}")]
    assert kept == ["Add_Sub", "Mul_Pow", "BitAnd_BitOr"]
    assert not is_kept("core/ReplaceBinaryOperator_Add_LShift")
    assert not is_kept("core/ReplaceComparisonOperator_Eq_Is")
    assert not is_kept("core/ReplaceUnaryOperator_USub_Invert")
    assert not is_kept("core/VariableReplacer")


def test_a_text_that_means_the_same_or_nothing_is_no_change():
    assert not is_change("a = 1 + 2", "a = (1 + 2)")
    assert not is_change("a = 1", "a = = 1")
    assert is_change("a = 1", "a = 2")


def test_lines_that_run_while_a_file_is_imported_or_compiled_run_once():
    lines = [runs_once(SOURCE, number) for number in range(1, 1 + len(SOURCE.splitlines()))]
    assert [number for number, once in enumerate(lines, 1) if not once] == list(range(11, 17))  # the body of `mean`
    assert all(runs_once(f"{SOURCE}\n@intrinsic\ndef f(context):\n    return 1\n", number) for number in (2, 14, 21))


def test_what_a_mutant_stores_in_a_cache_is_gone_with_it(tmp_path):
    for name in ("nodal_0/sweep.solve.nbi", "nodal_0/modes.apply.nbi", "nodal_0/sweeps.other.nbi"):
        (tmp_path / "cache" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "cache" / name).write_text("warm")
    copy = linked(tmp_path / "cache", tmp_path / "copy", without=["sweep"]) / "nodal_0"
    assert {path.name for path in copy.iterdir()} == {"modes.apply.nbi", "sweeps.other.nbi"}
    (tmp_path / "new").write_text("of a mutant")
    (tmp_path / "new").replace(copy / "modes.apply.nbi")  # as numba and circuitsim write
    assert (tmp_path / "cache" / "nodal_0" / "modes.apply.nbi").read_text() == "warm"


def repository(root: Path) -> None:
    """A package with a line that is tested, one that is executed only, and one that no test reaches."""
    files = {
        "circuitsim/__init__.py": "",
        "circuitsim/room/__init__.py": "",
        "circuitsim/room/sums.py": "def tested(a, b):\n    return a + b\n\n\n"
        "def executed(a, b):\n    return a * b\n\n\n"
        "def left(a, b):\n    return a / b\n\n\n"
        "def endless(n):\n    while n > 0:\n        n = n - 1\n    return n\n",
        "tests/unit/room/test_sums.py": "from circuitsim.room.sums import endless, executed, tested\n\n\n"
        "def test_sum():\n    assert tested(2, 3) == 5 and endless(3) == 0\n\n\n"
        "def test_product():\n    executed(2, 3)\n",
        ".gitignore": "out/\n__pycache__/\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    shutil.copytree(Path(__file__).parent, root / "tests" / "mutation", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)


def test_the_draw_follows_its_seed_and_a_larger_one_continues_it(tmp_path):
    repository(tmp_path)
    five, three = (draw(tmp_path, "room", seed=1, count=count) for count in (5, 3))
    assert five[:3] == three and len({(m.line, m.column) for m in five}) == 5
    assert five != draw(tmp_path, "room", seed=2, count=5)
    everything = draw(tmp_path, "room", seed=1, count=100)
    assert {m.line for m in everything} == {2, 6, 10, 14, 15}


@pytest.mark.slow  # the endless loops end at their limit
def test_a_run_tells_killed_survivors_and_lines_that_no_test_reaches(tmp_path):
    repository(tmp_path)
    command = [sys.executable, "tests/mutation", "room", "--count", "30", "--tests", "tests/unit"]
    first = subprocess.run([*command, "--at-most", "3"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "room, seed 1: 3 mutants" in first.stdout
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    results = [json.loads(line) for line in (tmp_path / "out/mutation/room-1.jsonl").read_text().splitlines()]
    outcomes = {r["mutant"].split(":")[1]: r["outcome"] for r in results if r["was"].startswith("return a")}
    assert outcomes == {"2": "killed", "6": "survived", "10": "not executed"}
    assert all(r["by"].endswith("test_sum") for r in results if r["outcome"] == "killed")
    assert "timeout" in {r["outcome"] for r in results if r["was"] == "n = n - 1"}
    assert f"room, seed 1: {len(results)} mutants" in said and "95 % interval (Wilson)" in said
    alive = [r for r in results if r["outcome"] in {"survived", "not executed"}]
    (tmp_path / "tests/unit/room/test_more.py").write_text(
        "from circuitsim.room.sums import executed\n\n\ndef test_more():\n    assert executed(2, 3) == 6\n"
    )
    subprocess.run([*command, "--again"], cwd=tmp_path, capture_output=True, check=True)
    tried = (tmp_path / "out/mutation/room-1.jsonl").read_text().splitlines()[len(results) :]
    assert [json.loads(line)["mutant"] for line in tried] == [r["mutant"] for r in alive]
    assert {json.loads(line)["outcome"] for line in tried if "a * b" in line} == {"killed"}
    assert "a + b" in (tmp_path / "circuitsim/room/sums.py").read_text()  # the checkout is left as it is
