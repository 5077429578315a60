"""`circuitsim block characterize` and `show --plot` run every kind of block and draw it; failed benches exit with 3."""

import json
from pathlib import Path

import pytest
from command_line import circuitsim


def block(*words, code=0):
    done = circuitsim("block", *words)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.mark.parametrize(
    ("name", "options", "shown"),
    [
        ("source", ["--param", "r_out=50", "--bits", "4"], "output resistance  50 Ω to 50 Ω"),
        ("pulse_width", ["--bits", "4"], "the width of a pulse"),
        ("bit_serial", ["--v-read", "100m", "--v-ref", "200m"], "200 mV to 300 mV in 256 codes"),
        ("string_dac", ["--param", "r=1k"], "energy of a code in its settling time:"),
        ("flash", ["--timing", "t_convert=5n"], "one conversion takes  5 ns"),
        ("ramp", [], "reference"),
        ("cco", ["--bits", "6"], "oscillator"),
        ("virtual_ground", ["--i-max", "10u"], "works from"),
    ],
)
def test_a_shipped_block_is_characterized_and_drawn_by_its_name(tmp_path, name, options, shown):
    out = block("characterize", name, *options, "--plot", str(tmp_path / "figure.png"))
    assert out.startswith(f"{name}, 27 °C") and shown in out
    for ending in ("png", "svg"):
        assert (tmp_path / f"figure.{ending}").stat().st_size > 5000


def test_show_draws_the_curves_of_its_kind(tmp_path):
    out = block("show", "ramp", "--plot", str(tmp_path / "ramp.png"), "--json")
    card = json.loads(out)
    assert card["name"] == "ramp" and [Path(each).name for each in card["plot"]] == ["ramp.png", "ramp.svg"]
    drawn = (tmp_path / "ramp.svg").read_text(encoding="utf-8")
    assert all(title in drawn for title in ("Transfer", "INL", "DNL", "Energy"))


def test_figures_for_machines_hold_the_whole_table():
    content = json.loads(block("characterize", "cco", "--bits", "4", "--json"))
    assert len(content["thresholds"]) == len(content["inl_LSB"]) == 15 and content["missing_codes"] == []
    assert set(content["energy_J"]) == {"oscillator", "input", "logic"} and len(content["deck_digest"]) == 64


def test_a_bench_that_fails_names_the_block_and_keeps_its_folder():
    said = block("characterize", "flash", "--bits", "9", code=3)
    assert "the converter 'flash': its port 'out' counts 0 to 255; expected 0 to 511" in said and said.count("\n") == 1
    folder = Path(said.rpartition("run folder kept: ")[2].rstrip(")\n"))
    assert (folder / "deck.cir").is_file()
