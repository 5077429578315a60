"""The examples of the README run as they stand, and every command and call that it names exists."""

import importlib
import importlib.util
import re
import tomllib
from pathlib import Path

import pytest
import typer

from circuitsim import parse_spec
from circuitsim.cli.commands import app
from circuitsim.results import save_certificate, save_model

README = Path(__file__).parents[2] / "README.md"
TEXT = README.read_text(encoding="utf-8")


def test_the_python_examples(capsys, tmp_path, monkeypatch):
    example, network, training = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    names: dict = {}
    exec(compile(example, str(README), "exec"), names)
    printed = capsys.readouterr().out
    assert "nodal - ngspice" in printed
    full_scale = names["certificate"].full_scale
    truth = names["truth"].i_out
    assert abs(names["exact"].i_out - truth).max() <= 1e-7 * full_scale
    assert abs(names["i_out"] - truth).max() <= names["certificate"].worst.error * full_scale

    save_model(tmp_path / "out/cal", names["model"])
    save_certificate(tmp_path / "out/cal/certificate.json", names["certificate"])
    monkeypatch.chdir(tmp_path)
    exec(compile(network, str(README), "exec"), names)
    assert "accuracy 0.9" in capsys.readouterr().out
    assert len(network.splitlines()) <= 20 and len(training.splitlines()) <= 30
    if importlib.util.find_spec("torch") is not None:
        exec(compile(training, str(README), "exec"), names)
        assert float(capsys.readouterr().out.split("trained ")[1]) > 0.8


def test_the_file_is_the_array_of_the_example():
    example, file = (re.search(f"```{kind}\n(.*?)```", TEXT, flags=re.DOTALL)[1] for kind in ("python", "toml"))
    names: dict = {}
    exec(example[: example.index("rng =")], names)
    assert parse_spec(tomllib.loads(file)) == names["spec"]


def _commands(command, words=()):
    """Yield ("device", "show") and so on."""
    for name, inner in getattr(command, "commands", {}).items():
        yield (*words, name)
        yield from _commands(inner, (*words, name))


def test_commands_are_those_that_exist():
    there = set(_commands(typer.main.get_command(app)))
    named = {tuple(found.split()) for found in re.findall(r"(?m)(?:^|`|/)circuitsim ((?:device |bench )?[a-z]+)", TEXT)}
    assert named <= there, "a command that is gone"
    assert {words[0] for words in there} <= {words[0] for words in named}, "a command that is not named"


@pytest.mark.parametrize("call", sorted(set(re.findall(r"`(?:\w+ = )?((?:\w+\.)+\w+)\(", TEXT))))
def test_calls_exist(call):
    *modules, name = call.split(".")
    path = ["circuitsim", *(word for word in modules if word != "cs")]
    assert callable(getattr(importlib.import_module(".".join(path)), name))
