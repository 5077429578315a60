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
        (["show", "sar", "--plot", "x.png", "--i-max", "1u"], "--i-max has no effect on a converter; leave the option"),
        (["show", "tia", "--plot", "x.png", "--bits", "8"], "--bits has no effect on a sense amplifier"),
        (["characterize", "string_dac", "--load", "1k"], "--load has no effect on a row driver"),
        (["characterize", "sar", "--bits", "6"], "adc.bits = 6: sar has 8 bits"),
        (["characterize", "tia", "--param", "rf"], "--param 'rf': expected NAME=VALUE, such as cu=1f"),
        (["characterize", "tia", "--param", "rx=1"], "sense.params.rx: tia has no such parameter; there is rf"),
        (
            ["characterize", "tia", "--subckt", "x"],
            "tia: a shipped block states its own --subckt; leave the option out",
        ),
        (["characterize", "strongarm", "--supply", "0"], "adc.supply = '0': expected a value greater than 0"),
        (["characterize", "strongarm", "--supply", "3.3"], "adc.supply = 3.3 V: strongarm works from 1.62 to 1.98 V"),
        (["show", "tia", "--plot", "x.png", "--i-max", "1M"], "got '1M': SPICE reads M as milli"),
        (["show", "tia", "--plot", "x.png", "--i-max", "0"], "sense.i_max = '0': expected a value greater than 0"),
        (["show", "tia", "--plot", "x.png", "--temperature-c", "200"], "tia works from -40 to 125 °C"),
        (["characterize", "b.lib"], "b.lib: no such file or folder; expected a SPICE file, a block folder, or one of"),
        (["characterize", "b.lib", "--subckt", "x", "--ports", "in"], "b.lib: no such file or folder"),
        (["characterize", "tiaa"], "block 'tiaa': no such block, expected one of bit_serial"),
        (["characterize", "a.lib"], "a.lib: a SPICE file needs --subckt and --ports; give --subckt and --ports"),
        (["characterize", "a.lib", "--subckt", "x"], "a SPICE file needs --subckt and --ports; give --ports"),
        (["characterize", "a.lib", "--subckt", "x", "--ports", "in"], "--ports 'in': expected ROLE=TERMINAL"),
        (
            ["characterize", "a.lib", "--subckt", "x", "--ports", "in=a,in=b"],
            "in is given twice; expected one terminal",
        ),
        (["characterize", "a.lib", "--subckt", "amp", "--ports", "in=a,out=z"], "sense.ports.out = 'z': "),
        (["characterize", "a.lib", "--subckt", "amp", "--ports", "out=y,nc=a", "--kind", "sense"], "has the role 'in'"),
        (
            ["characterize", "a.lib", "--subckt", "amp", "--ports", "in=a", "--kind", "amp"],
            "--kind 'amp': expected one of",
        ),
        (["characterize", "a.lib", "--subckt", "amp", "--ports", "in=a,bits=y,phases.c=a"], "'a' of "),
        (["characterize", "FOLDER", "--subckt", "x"], "a block folder states its own --subckt"),
    ],
)
def test_bad_input_is_one_sentence(monkeypatch, capsys, tmp_path, words, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.lib").write_text(".subckt amp a y\nr1 a y 1k\n.ends\n", encoding="utf-8")
    folder = str(blocks.load_block("sense", "tia").lib.parent)
    code, _, err = run(monkeypatch, capsys, *[folder if word == "FOLDER" else word for word in words])
    assert code == 2 and err.startswith("circuitsim: ") and sentence in err and err.count("\n") == 1


def test_ports_name_roles_lists_and_clocks():
    from circuitsim.cli.block_choice import chosen_block

    file = blocks.load_block("converter", "strongarm").lib
    ports = "in=in,ref=ref,bits=out,vdd=vdd,vss=vss,phases.compare=clk"
    choice = chosen_block(str(file), kind=None, subckt="strongarm", ports=ports, corner=None)
    assert choice.kind == "converter" and choice.keys["ports"]["phases"] == {"compare": "clk"}
    rails = chosen_block(str(file), kind="sense", subckt="x", ports="in=a,vdd=p,vdd=q,vss=n", corner=["tt"])
    assert rails.keys["ports"] == {"in": "a", "vdd": ["p", "q"], "vss": "n"} and rails.keys["corner"] == ["tt"]


def test_doctor_counts_the_tables_of_blocks_too(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("CIRCUITSIM_CACHE", str(tmp_path))
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / f"{'a' * 64}.npz").write_bytes(bytes(2000))
    monkeypatch.setattr(sys, "argv", ["circuitsim", "doctor", "--json"])
    with pytest.raises(SystemExit):
        cli.main()
    cache = json.loads(capsys.readouterr().out)["cache"]
    assert (cache["surfaces"], cache["tables"], cache["table_bytes"]) == (0, 1, 2000)
    monkeypatch.setattr(sys, "argv", ["circuitsim", "doctor"])
    with pytest.raises(SystemExit):
        cli.main()
    assert "Cache: 0 cells, 0.0 MB" in (out := capsys.readouterr().out) and "; 1 table of blocks, 0.0 MB" in out
