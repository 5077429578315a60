"""A command that fails or is killed leaves no results of an earlier run that look new."""

import os
import signal
import subprocess
import sys
import time
from typing import get_args

import pytest
from array_toml import ARRAY
from command_line import circuitsim
from typer.main import get_command

from circuitsim.cli.choices import WORDS
from circuitsim.cli.commands import app
from circuitsim.errors import InputError
from circuitsim.results import claim

MODEL = {"model.json", "model.npz", "certificate.json"}
PAGE = {"report.html", "figures/currents.png", "figures/currents.svg", "figures/error_histogram.png"}
PLOT = {"plot.png", "plot.svg"}
DEMO = {"results.json", "accuracy.csv", "wire_resistance.csv", "spice_loop.csv", "hold_out.csv"}

TABLES = ("results", "statistics", "sensitivity")

# Command line (the last word is the output) and the results of an earlier run.
COMMANDS = {
    "solve": (("solve", "array.toml", "-o", "out"), {"solution.nc", "solution.csv", "ngspice/deck.raw"}),
    "netlist": (("netlist", "array.toml", "-o", "out/array.cir"), {"array.cir", "array_000.cir", "array_012.cir"}),
    "calibrate": (("calibrate", "array.toml", "-o", "out"), MODEL | PAGE | {"settling.json"}),
    "infer": (
        ("infer", "array.toml", "net.onnx", "--data", "x.npz", "-o", "out"),
        {"results.json", "inference.csv", "energy.csv"},
    ),
    "count": (("count", "digits", "array.toml", "-o", "out"), {"results.json", "counts.csv"}),
    "energy": (("energy", "digits", "array.toml", "-o", "out"), {"results.json", "energy.csv"}),
    "age": (
        ("age", "array.toml", "net.onnx", "--data", "x.npz", "-o", "out"),
        {"results.json", "draws.csv", "draws.nc", "accuracy.png", "accuracy.svg"},
    ),
    "budget": (
        ("budget", "array.toml", "net.onnx", "--data", "x.npz", "-o", "out"),
        {"results.json", "budget.csv"},
    ),
    "campaign run": (("campaign", "run", "array.toml", "-o", "out"), {"report.html"}),
    "reproduce": (("reproduce", "array.toml", "-o", "out"), {"report.html", "results.json"}),
    "campaign collect": (
        ("campaign", "collect", "array.toml", "-o", "out"),
        {"results.nc", *(f"{name}.{kind}" for name in TABLES for kind in ("csv", "parquet"))},
    ),
    "explore": (("explore", "array.toml", "-o", "out"), {"exploration.nc", "exploration.json", "report.html"}),
    "export": (("export", "verilog-a", "array.toml", "-o", "out/tile.va"), {"tile.va"}),
    "demo": (("demo", "-o", "out"), DEMO | PAGE | {f"model/{name}" for name in MODEL}),
    "device show": (("device", "show", "array.toml", "--plot", "out/plot.png"), PLOT),
    "device characterize": (("device", "characterize", "array.toml", "--plot", "out/plot.png"), PLOT),
    "block show": (("block", "show", "array.toml", "--plot", "out/plot.png"), PLOT),
    "block characterize": (
        (
            *("block", "characterize", "array.toml", "--subckt", "x"),
            *("--plot", "out/plot.png", "--transfer", "out/transfer.csv"),
        ),
        {*PLOT, "transfer.csv"},
    ),
    "device fit": (("device", "fit", "array.toml", "-o", "out/new", "--plot", "out/plot.png"), PLOT),
    "device tabulate": (
        ("device", "tabulate", "array.toml", "--state", "w", "--state-range", "0 1", "-o", "out/states.csv"),
        {"states.csv"},
    ),
}
NEVER_REPLACED = {"new", "preset write"}  # they write files that a person edits
LEFT_ALONE = {"out/notes.csv", "out/array_final.cir", "out/figures/mine.png"}


@pytest.fixture(params=COMMANDS)
def used(request, tmp_path):
    """A folder with the results of an earlier run; the input is a broken file."""
    words, names = COMMANDS[request.param]
    for place in (*(f"out/{name}" for name in names), *LEFT_ALONE):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(f"of an earlier run: {place}")
    for place in ("array.toml", *(["out/array.toml"] if request.param == "demo" else [])):
        (tmp_path / place).write_text("[")
    return tmp_path, words, names


def older(folder, names):
    """Whether all results were set aside with their content, and nothing else was touched."""
    assert all((folder / place).read_text().endswith(place) for place in LEFT_ALONE)
    assert not [name for name in names if (folder / "out" / name).exists()]
    return all((folder / "out" / f"{name}.older").read_text().endswith(name) for name in names)


def test_a_failed_command(used):
    folder, words, names = used
    failed = circuitsim(*words, folder=folder)
    assert failed.returncode == 2 and len(failed.stderr.splitlines()) == 1
    assert "; older results are kept as out" in failed.stderr
    assert failed.stderr.rstrip().endswith((".older", " more"))
    assert older(folder, names)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--after", "1x", "--after '1x': expected seconds"),
        ("--trim-every", "x", "--trim-every 'x': expected seconds"),
        ("--compensation", "collumn", "--compensation = 'collumn': expected none, network, layer, column or"),
        ("--cause", "drifts", "--cause = 'drifts': expected programming, drift,"),
    ],
)
def test_a_mistyped_option_moves_nothing(tmp_path, option, value, said):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.json").write_text("older")
    command = ("age", "model.json", "net.onnx", "--data", "x.npz", option, value, "-o", "out")
    failed = circuitsim(*command, folder=tmp_path)
    assert failed.returncode == 2 and failed.stderr.startswith(f"circuitsim: {said}")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["results.json"]


def test_a_limit_that_is_none_is_refused_before_results_are_set_aside(tmp_path, monkeypatch):
    monkeypatch.setenv("CIRCUITSIM_TILES_MB", "much")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.json").write_text("older")
    command = ("infer", "model.json", "net.onnx", "--data", "x.npz", "--keep-tiles", "-o", "out")
    failed = circuitsim(*command, folder=tmp_path)
    assert failed.returncode == 2 and "CIRCUITSIM_TILES_MB = 'much': expected a whole number" in failed.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["results.json"]


def test_words_of_options_are_those_of_the_functions():
    from circuitsim.evaluation.drift_compensation import DriftCompensation
    from circuitsim.evaluation.level_product import TileLevel
    from circuitsim.evaluation.tile_errors import ErrorSource
    from circuitsim.network import InputRangePer, RangePer

    kinds = {"adc-range-per": RangePer, "bounds": ErrorSource, "compensation": DriftCompensation, "level": TileLevel}
    kinds["input-range-per"] = InputRangePer
    for option, kind in kinds.items():
        assert sorted(WORDS[f"--{option}"]) == sorted(get_args(kind))


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_command(tmp_path, ending):
    """The inputs are a pipe without a writer, so that the command is at work until it is killed."""
    names = COMMANDS["solve"][1]
    for place in (*(f"out/{name}" for name in names), *LEFT_ALONE):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(f"of an earlier run: {place}")
    (tmp_path / "array.toml").write_text(ARRAY)
    os.mkfifo(tmp_path / "x.csv")
    words = ("solve", "array.toml", "-x", "x.csv", "-o", "out")
    with subprocess.Popen([sys.executable, "-m", "circuitsim", *words], cwd=tmp_path) as command:
        until = time.monotonic() + 60
        while any((tmp_path / "out" / name).exists() for name in names):
            assert time.monotonic() < until and command.poll() is None
            time.sleep(0.02)
        command.send_signal(ending)
        if ending == signal.SIGTERM:
            os.close(os.open(tmp_path / "x.csv", os.O_RDWR))  # an open pipe ends the wait of the interpreter
        command.wait(timeout=60)
    assert command.returncode not in (0, 2) and older(tmp_path, names)


def test_a_command_that_succeeds_leaves_nothing_aside(tmp_path):
    (tmp_path / "array.toml").write_text(ARRAY)
    for words in (("solve", "array.toml", "-o", "out"), ("netlist", "array.toml", "-o", "out/array.cir")):
        for _ in range(2):
            assert circuitsim(*words, folder=tmp_path).returncode == 0
            for file in (tmp_path / "out").iterdir():
                file.chmod(0o640)
    found = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()}
    assert found == dict.fromkeys(("solution.nc", "solution.csv", "array.cir"), 0o640)


def test_a_command_that_succeeds_after_one_that_failed_removes_what_that_one_set_aside(tmp_path):
    (tmp_path / "a").write_text("first")
    with pytest.raises(InputError) as failed, claim([tmp_path / "a"]):
        raise InputError("no")
    assert failed.value.__notes__ == [f"older results are kept as {tmp_path / 'a'}.older"]
    assert (tmp_path / "a.older").read_text() == "first"
    with claim([tmp_path / "a"]):
        (tmp_path / "a").write_text("second")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_links_pipes_and_folders_stay(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with claim([*(tmp_path / name for name in ("link", "folder", "pipe", "new/one")), "/dev/stdout"]):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["file.older", "folder", "link", "pipe"]
    assert (tmp_path / "link").is_symlink() and not (tmp_path / "file.older").exists()


def test_an_input_is_not_an_output(tmp_path):
    (tmp_path / "array.toml").write_text(ARRAY)
    said = circuitsim("netlist", "array.toml", "-o", "array.toml", folder=tmp_path).stderr
    assert said.startswith("circuitsim: array.toml: is spec_file and a result at once;")
    assert (tmp_path / "array.toml").read_text() == ARRAY


def test_every_command_that_writes_sets_older_results_aside():
    def writing(command, name=""):
        for word, each in getattr(command, "commands", {}).items():
            yield from writing(each, f"{name} {word}".strip())
        if {"out", "plot"} & {param.name for param in command.params}:
            yield name

    found = {name for name in writing(get_command(app)) if not name.startswith("bench")}
    assert found == COMMANDS.keys() | NEVER_REPLACED
