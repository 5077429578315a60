"""The page on netlists: its snippets are specifications, its example runs."""

import re
import shutil
import tomllib

import pytest

from circuitsim.resources import netlists_folder
from circuitsim.spec import load_spec

PAGE = (netlists_folder() / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
BASE = {
    "array": {"rows": 48, "cols": 40},
    "device": {"model": '"rram_sinh"', "g_min": '"1u"', "g_max": '"100u"'},
    "access": {"model": '"nmos_130"', "w": '"1u"', "l": '"0.13u"', "v_gate": 1.8},
    "wire": {"r_row": 1.0, "r_col": 1.0},
    "driver": {"v_read": 0.2},
}


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_snippet_is_part_of_a_specification(snippet, tmp_path):
    given = tomllib.loads(snippet)
    own = given.get("array", {}).get("cell") == "own"
    lines = ["schema = 1", snippet]
    for section, keys in BASE.items():
        if own and section in ("access", "device"):
            continue
        stated = given.get(section, {})
        missing = {k: v for k, v in keys.items() if k not in stated and k.removeprefix("r_") not in stated}
        text = "\n".join(f"{key} = {value}" for key, value in missing.items())
        if section in given:
            lines[1] = lines[1].replace(f"[{section}]\n", f"[{section}]\n{text}\n")
        else:
            lines.append(f"[{section}]\n{text}")
    for file in (netlists_folder() / "cells").glob("*.lib"):
        shutil.copy(file, tmp_path)
    (tmp_path / "array.toml").write_text("\n".join(lines), encoding="utf-8")
    assert load_spec(tmp_path / "array.toml").shape == (48, 40)


def test_example_runs(capsys):
    converters, chips, example = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    shared = {}
    exec(compile(converters, "netlists/README.md", "exec"), shared)
    bits, inl = capsys.readouterr().out.split(" bits in 24 ns\n")
    assert 7.9 < float(bits) < 8.05 and 0 < float(inl) < 1
    exec(compile(chips, "netlists/README.md", "exec"), shared)
    assert shared["reading"].instances.shape == (100, 1, 3) and 0.5 < shared["reading"].instances.std() < 5
    capsys.readouterr()
    names: dict = {}
    exec(compile(example, "netlists/README.md", "exec"), names)
    assert "settled after" in capsys.readouterr().out
    assert names["leaky"][0, 0] < names["hot"].sel(temperature_c=27).values[0, 0]
    assert names["spread"].sizes["draw"] == 20
