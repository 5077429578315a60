from pathlib import Path

import pytest

from circuitsim.errors import InputError, SpecError
from circuitsim.netlist import cell_subckt, cell_text
from circuitsim.spec import parse_spec

ACCESS = {"model": "nmos_bsim4_default", "w": "1u", "l": "0.13u", "v_gate": 1.8}


def spec(device, access=None):
    data = {
        "schema": 1,
        "array": {"rows": 2, "cols": 2, "cell": "1t1r" if access else "1r"},
        "device": {"g_min": 1e-6, "g_max": 1e-4, **device},
        "wire": {"r_row": 1.0, "r_col": 1.0},
        "driver": {"v_read": 0.3},
    }
    return parse_spec(data | ({"access": access} if access else {}))


def lines(text):
    return [line for line in text.splitlines() if line]


def test_transistor_lies_between_device_and_source_line():
    text = lines(cell_subckt(spec({"model": "rram_sinh", "params": {"v0": 0.4}}, ACCESS)))
    assert [line.split()[0] for line in text] == [".include", ".include", ".subckt", "xdev", "xacc", ".ends"]
    assert text[2].startswith(".subckt cell bl wl sl bulk g=")
    assert text[3].split()[1:4] == ["bl", "mid", "rram_sinh"]
    assert {"g={g}", "v0=0.4", "v_read=0.3"} <= set(text[3].split())
    assert text[4].split()[1:5] == ["mid", "wl", "sl", "bulk"]


def test_a_part_alone_has_a_short_in_place_of_the_other():
    array = spec({"model": "rram_sinh"}, ACCESS)
    whole, device, transistor = (lines(cell_text(array, alone=part).subckt) for part in (None, "device", "transistor"))
    assert device[1:-1] == [whole[1], "vshort mid sl 0"]
    assert transistor[1:-1] == ["vshort bl mid 0", whole[2]]


def test_passive_cell_has_the_same_ports():
    text = lines(cell_subckt(spec({"model": "rram_ohmic"})))
    assert text[1].startswith(".subckt cell bl wl sl bulk g=")
    assert text[2] == "xdev bl sl rram_ohmic g={g}"


def test_terminals_of_a_user_file_are_wired_by_their_meaning(tmp_path):
    file = tmp_path / "mine.lib"
    file.write_text("* mine\n.subckt swapped minus plus cond=1u\ng1 plus minus plus minus {cond}\n.ends\n")
    device = {"file": file, "subckt": "swapped", "ports": ["be", "te"], "state": "cond"}
    text = lines(cell_subckt(spec(device)))
    assert text[0] == f'.include "{file}"'
    assert text[2] == "xdev sl bl swapped cond={g}"


def test_device_and_transistor_of_one_file_include_it_once(tmp_path):
    file = tmp_path / "pdk.lib"
    file.write_text(".lib tt\n.subckt r te be g=1u\n.ends\n.subckt n d g s b w=1u l=1u\n.ends\n.endl\n")
    user = {"file": file, "corner": "tt"}
    text = lines(cell_subckt(spec({**user, "subckt": "r"}, {**user, "subckt": "n", "w": 1e-6, "l": 1e-6, "v_gate": 1})))
    assert text[0] == f'.lib "{file}" tt'
    assert text[1].startswith(".subckt")


def test_name_of_the_deck_itself_is_refused(tmp_path):
    file = tmp_path / "mine.lib"
    file.write_text(".subckt Cell te be g=1u\n.ends\n")
    with pytest.raises(SpecError, match="needs this name"):
        cell_subckt(spec({"file": file, "subckt": "Cell"}))


def test_path_with_a_quote_is_refused(tmp_path):
    file = tmp_path / 'a"b.lib'
    file.write_text(".subckt r te be g=1u\n.ends\n")
    with pytest.raises(InputError, match="rename it"):
        cell_subckt(spec({"file": Path(file), "subckt": "r"}))
