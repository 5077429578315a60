"""`circuitsim block`: what it lists and shows without a simulator, and what it refuses."""

import json
import sys

import pytest

from circuitsim import blocks, cli


def run(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["circuitsim", "block", *words])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    out = capsys.readouterr()
    return stop.value.code, out.out, out.err


def test_the_list_names_every_shipped_block(monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, "list", "--json")
    assert code == 0
    shipped = {name for kind in blocks.FOLDERS for name in blocks.list_blocks(kind)}
    assert {each["name"] for each in json.loads(out)} == shipped
    code, out, _ = run(monkeypatch, capsys, "list")
    assert code == 0 and out.startswith("driver:\n") and "\nsense:\n" in out and "  tia " in out


def test_a_sheet_states_ports_range_parameters_and_what_is_left_out(monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, "show", "sc_integrator")
    assert code == 0
    for words in ("rst = phases.reset", "phase integrate", "t_hold", "not modelled:", "charge injection", "ci "):
        assert words in out
    code, out, _ = run(monkeypatch, capsys, "show", "regulated_cascode", "--json")
    card = json.loads(out)
    assert card["ports"]["vref"] == "ref" and card["supply"]["nominal"] == 1.8 and card["load_ohm"] == 25e3


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["show", "tiaa"], "block 'tiaa': no such block, expected one of bit_serial"),
        (["show", "sar", "--plot", "x.png"], "sar: a converter, and this command characterizes sense amplifiers only"),
        (["show", "tia", "--plot", "x.png", "--i-max", "1M"], "got '1M': SPICE reads M as milli"),
        (["show", "tia", "--plot", "x.png", "--i-max", "0"], "sense.i_max = '0': expected a value greater than 0"),
        (["show", "tia", "--plot", "x.png", "--temperature-c", "200"], "tia works from -40 to 125 °C"),
        (["characterize", "a.lib"], "a.lib: a SPICE file needs --subckt and --ports"),
        (["characterize", "a.lib", "--subckt", "x", "--ports", "in"], "--ports 'in': expected ROLE=TERMINAL"),
        (["characterize", "a.lib", "--subckt", "x", "--ports", "in=a,out=y"], "a.lib: no such file"),
        (["characterize", "FOLDER", "--subckt", "x"], "a block folder states its own --subckt"),
    ],
)
def test_bad_input_is_one_sentence(monkeypatch, capsys, tmp_path, words, sentence):
    monkeypatch.chdir(tmp_path)
    folder = str(blocks.load_block("sense", "tia").lib.parent)
    code, _, err = run(monkeypatch, capsys, *[folder if word == "FOLDER" else word for word in words])
    assert code == 2 and err.startswith("circuitsim: ") and sentence in err and err.count("\n") == 1
