"""The README's example runs; commands and calls that README and manual name exist, and no command goes unnamed."""

import importlib
import re
from pathlib import Path

import pytest
import typer

from circuitsim.cli.commands import app

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "reference")
COMMANDS = f"{TEXT}\n{(ROOT / 'docs' / 'commands.md').read_text(encoding='utf-8')}"
EVERYTHING = "\n".join([TEXT, *(path.read_text(encoding="utf-8") for path in PAGES)])


def test_the_python_example(capsys, monkeypatch):
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    assert len([line for line in example.splitlines() if line.strip()]) <= 12
    monkeypatch.chdir(ROOT)
    names: dict = {}
    exec(compile(example, str(README), "exec"), names)
    assert "largest error" in capsys.readouterr().out
    full_scale = names["certificate"].full_scale
    truth = names["truth"].i_out
    assert abs(names["exact"].i_out - truth).max() <= 1e-7 * full_scale
    assert abs(names["i_out"] - truth).max() <= names["certificate"].worst.error * full_scale


def test_the_readme_fits_a_screen_and_its_links_lead_somewhere():
    assert len(TEXT.splitlines()) <= 80
    links = re.findall(r"\]\(([^)#]+)", TEXT)
    assert len(links) > 10 and not [link for link in links if not (ROOT / link).exists()]


def _commands(command, words=()):
    """Yield ("device", "show") and so on."""
    for name, inner in getattr(command, "commands", {}).items():
        yield (*words, name)
        yield from _commands(inner, (*words, name))


def test_commands_are_those_that_exist():
    there = set(_commands(typer.main.get_command(app)))
    words = "circuitsim ((?:device |bench )?[a-z]+)"
    named = {tuple(found.split()) for found in re.findall(f"(?m)(?:^|`|/){words}", COMMANDS)}
    assert named | {tuple(found.split()) for found in re.findall(f"`{words}", EVERYTHING)} <= there, (
        "a command that is gone"
    )
    assert {words[0] for words in there} <= {words[0] for words in named}, "a command that is not named"


@pytest.mark.parametrize("call", sorted(set(re.findall(r"`(?:\w+ = )?((?:\w+\.)+\w+)\(", EVERYTHING))))
def test_calls_exist(call):
    *modules, name = call.split(".")
    path = ["circuitsim", *(word for word in modules if word != "cs")]
    assert callable(getattr(importlib.import_module(".".join(path)), name))
