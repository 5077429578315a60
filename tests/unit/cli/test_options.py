"""Every number that an option takes has its range in one table; what typer cannot read is said in our words."""

import subprocess
import sys

import pytest
import typer
from command_line import circuitsim

from circuitsim.cli.choices import seconds
from circuitsim.cli.commands import app
from circuitsim.cli.options import LIMITS, within
from circuitsim.errors import InputError

COMMANDS = {
    "--adc-gain-sigma": ("age", "model.json", "net.onnx", "--data", "x.npz"),
    "--adc-noise": ("age", "model.json", "net.onnx", "--data", "x.npz"),
    "--adc-offset-sigma": ("age", "model.json", "net.onnx", "--data", "x.npz"),
    "--memory": ("infer", "model.json", "net.onnx", "--data", "x.npy"),
    "--batch-axis": ("infer", "model.json", "net.onnx", "--data", "x.npy"),
    "--bits": ("export", "neurosim", "model.json", "-o", "x"),
    "--noise-seed": ("infer", "model.json", "net.onnx", "--data", "x.npy"),
    "--calibration-images": ("infer", "model.json", "net.onnx", "--data", "x.npy"),
    "--capacitor-sigma": ("solve", "array.toml"),
    "--draws": ("age", "model.json", "net.onnx", "--data", "x.npz"),
    "--chips": ("solve", "array.toml"),
    "--columns-per-adc": ("energy", "digits", "array.toml"),
    "--offset-sigma": ("solve", "array.toml"),
    "--full-scale": ("solve", "array.toml"),
    "--images": ("infer", "model.json", "net.onnx", "--data", "x.npy"),
    "--jobs": ("calibrate", "array.toml"),
    "--largest": ("bench", "solver"),
    "--max-error": ("solve", "array.toml"),
    "--mac-energy": ("budget", "model.json", "net.onnx", "--data", "x.npz"),
    "--max-loss": ("budget", "model.json", "net.onnx", "--data", "x.npz"),
    "--max-rms": ("calibrate", "array.toml"),
    "--max-worst": ("calibrate", "array.toml"),
    "--ngspice-up-to": ("bench", "calibration"),
    "--repeats": ("bench", "solver"),
    "--seed": ("solve", "array.toml"),
    "--states": ("device", "tabulate", "x.va", "-o", "x", "--state", "w", "--state-range", "0 1"),
    "--tasks": ("campaign", "plan", "campaign.toml"),
    "--temperature": ("age", "model.json", "net.onnx", "--data", "x.npz"),
    "--temperature-c": ("device", "characterize", "x"),
    "--workers": ("campaign", "run", "campaign.toml"),
    "--v-read": ("device", "fit", "x.csv", "-o", "x"),
}


def number_options():
    """Names of every option of every command that takes a number."""

    def below(command):
        for param in command.params:
            if getattr(param, "metavar", None) in ("A", "B", "E", "J", "LSB", "N", "R", "T", "V", "W"):
                yield from (name for name in param.opts if name.startswith("--"))
        for each in getattr(command, "commands", {}).values():
            yield from below(each)

    return set(below(typer.main.get_command(app)))


def test_the_table_and_the_commands_have_the_same_options():
    assert number_options() == LIMITS.keys() == COMMANDS.keys()


@pytest.mark.parametrize("option", LIMITS)
@pytest.mark.parametrize(
    "value", ["nan", "inf", "-inf", "", "1e999", "x", "9" * 400, "1" * 5000, "-777", "2000000000000000000000"]
)
def test_a_number_out_of_range_is_one_sentence(option, value):
    with pytest.raises(InputError, match=rf"^{option} = .*: expected a (whole )?number") as caught:
        within(option)(value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("option", LIMITS)
def test_the_ends_of_a_range_belong_to_it(option):
    limits = LIMITS[option]
    assert within(option)(str(limits.high)) == limits.high
    if limits.above:
        with pytest.raises(InputError):
            within(option)(str(limits.low))
    else:
        assert within(option)(str(limits.low)) == limits.low


@pytest.mark.parametrize("option", LIMITS)
def test_every_command_refuses_before_it_works(option, tmp_path):
    done = circuitsim(*COMMANDS[option], option, "-999")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"circuitsim: {option} = '-999': expected a ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("solv",), "unknown command 'solv': did you mean solve?"),
        (("device", "shw"), "unknown command 'shw': did you mean show?"),
        (("solve",), "SPEC is missing: circuitsim solve --help says what it means"),
        (("infer", "a", "b"), "--data is missing: circuitsim infer --help says what it means"),
        (("solve", "a", "b", "c"), "too many arguments, from 'b c' on: circuitsim solve --help says what it takes"),
        (("solve", "a", "--sed", "1"), "unknown option '--sed': did you mean --seed?"),
        (("solve", "a", "-q"), "unknown option '-q': "),
        (("solve", "a", "--seed"), "option --seed needs a value; "),
        (("doctor", "--json=3"), "option --json takes no value; "),
    ],
)
def test_a_command_line_that_cannot_be_read_is_one_sentence(words, sentence):
    done = circuitsim(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"circuitsim: {sentence}")
    assert len(done.stderr.splitlines()) == 1


def test_a_variable_of_the_environment_is_named(monkeypatch):
    monkeypatch.setenv("CIRCUITSIM_LOG", "maybe")
    assert circuitsim("schema").stderr == "circuitsim: CIRCUITSIM_LOG = 'maybe': expected 1 or 0\n"


@pytest.mark.parametrize("words", [(), ("-v",), ("device",)])
def test_no_command_prints_the_help(words):
    done = circuitsim(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: circuitsim") and "Commands:" in done.stderr


def test_the_deck_alone_goes_to_standard_output(tmp_path):
    (tmp_path / "array.toml").write_text(
        'schema = 1\n[array]\nrows = 2\ncols = 2\ncell = "1r"\n[device]\nmodel = "rram_ohmic"\ng_min = "1u"\n'
        'g_max = "100u"\n[wire]\nr_row = 1\nr_col = 1\n[driver]\nv_read = 0.2\n'
    )
    command = [sys.executable, "-m", "circuitsim", "netlist", str(tmp_path / "array.toml"), "-o", "/dev/stdout"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("*") and done.stdout.rstrip().endswith(".end")
    assert "run it with: ngspice -b /dev/stdout" in done.stderr


@pytest.mark.parametrize("name", ["9" * 400, "1x", "a b", "", "x;quit"])
def test_a_name_that_spice_does_not_take_is_one_sentence(name):
    done = circuitsim("export", "ngspice", "model.json", "-o", "x", "--name", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("circuitsim: --name: got ") and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(("option", "value"), [("--memory", "4M"), ("--memory", "4m"), ("--v-read", "0.2M")])
def test_milli_that_is_meant_as_mega_is_refused_with_advice(option, value):
    with pytest.raises(InputError, match=f"{value[:-1]}meg or {value[:-1]}e6"):
        within(option)(value)


def test_milli_stays_milli_where_it_is_in_the_range():
    assert within("--v-read")("200m") == 0.2
    assert within("--memory")("4meg") == 4e6


@pytest.mark.parametrize(("text", "expected"), [("0", 0.0), (0.0, 0.0), (".5d", 43200.0), ("1.e1 h", 36000.0)])
def test_a_time_is_a_number_with_a_unit(text, expected):
    assert seconds("--after")(text) == expected


@pytest.mark.parametrize("text", [".", ".e5", "1.2.3", "e5", "-1d", "1 week", ""])
def test_what_is_no_time_is_one_sentence(text):
    with pytest.raises(InputError, match=r"^--after '.*': expected seconds, or a number with one of s, min, h, d, y"):
        seconds("--after")(text)
