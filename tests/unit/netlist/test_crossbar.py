import re
import shutil

import numpy as np
import pytest

from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.library import assemble_own
from circuitsim.netlist import crossbar
from circuitsim.resources import device_models_folder
from circuitsim.spec import parse_spec


def spec(rows=3, cols=2, *, cell="1t1r", **parts):
    data = {
        "schema": 1,
        "array": {"rows": rows, "cols": cols, "cell": cell},
        "device": {"model": "rram_sinh" if cell == "1t1r" else "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 1.5, "r_col": 2.5, **parts.get("wire", {})},
        "driver": {"v_read": 0.2, **parts.get("driver", {})},
        "sense": parts.get("sense", {}),
    }
    if cell == "1t1r":
        data["access"] = {"model": "nmos_bsim4_default", "w": "1u", "l": "0.13u", "v_gate": 1.8}
    return parse_spec(data)


def cards(deck):
    """Element name -> the rest of its card."""
    text = deck.text.replace("\n+", "")
    words = [line.split() for line in text.splitlines() if re.match(r"[a-z]+_\d|[rc]\w+_\d", line)]
    return {line[0]: line[1:] for line in words}


G = np.full((3, 2), 1e-5)
X = np.full((1, 3), 0.1)


def test_every_part_is_where_its_name_says():
    deck = cards(crossbar(spec(driver={"r_out": 50.0}, sense={"r_in": 70.0, "v_ref": 0.1}), G, X))
    assert deck["vin_2"][:2] == ["in_2", "0"]
    assert deck["rdrv_left_2"] == ["in_2", "bl_left_2", "50.0"]
    assert deck["rbl_2_0"] == ["bl_left_2", "bl_2_0", "1.5"]
    assert deck["rbl_2_1"] == ["bl_2_0", "bl_2_1", "1.5"]
    assert deck["xcell_2_1"][:5] == ["bl_2_1", "wl_2", "sl_2_1", "0", "cell"]
    assert deck["vwl_2"] == ["wl_2", "0", "1.8"]
    assert deck["rsl_1_1"] == ["sl_0_1", "sl_1_1", "2.5"]
    assert deck["rsl_3_1"] == ["sl_2_1", "sl_bottom_1", "2.5"]
    assert deck["rsense_bottom_1"] == ["sense_1", "sl_bottom_1", "70.0"]
    assert deck["vsense_1"] == ["sense_1", "0", "0.1"]
    assert not any(name.startswith(("rbl_2_2", "rsl_0", "c")) for name in deck)


def test_capacitance_lies_at_every_cell():
    deck = cards(crossbar(spec(wire={"c_row": "1f", "c_col": "2f"}), G, X))
    assert deck["cbl_2_1"] == ["bl_2_1", "0", "1e-15"]
    assert deck["csl_0_1"] == ["sl_0_1", "0", "2e-15"]
    assert sum(name.startswith("c") for name in deck) == 12


def test_zero_resistance_merges_nodes():
    netlist = crossbar(spec(cell="1r", wire={"r_row": 0.0, "r_col": 0.0}), G, X, nodes=True)
    deck = cards(netlist)
    assert not any(name.startswith("r") for name in deck)
    assert deck["xcell_2_1"][:4] == ["in_2", "0", "sense_1", "0"]
    assert netlist.v_row == ("v(in_0)",) * 2 + ("v(in_1)",) * 2 + ("v(in_2)",) * 2
    assert netlist.v_col == ("v(sense_0)", "v(sense_1)") * 3
    assert netlist.text.count("v(in_0)") == 1


def test_saves_only_what_is_asked_for():
    netlist = crossbar(spec(), G, X)
    saved = " ".join(re.findall(r"^\.save (.*)$", netlist.text, re.MULTILINE)).split()
    assert saved == ["i(vin_0)", "i(vin_1)", "i(vin_2)", "i(vsense_0)", "i(vsense_1)"]
    assert netlist.v_row == netlist.v_col == ()


def test_open_cells_are_left_out():
    g = G.copy()
    g[1, 0] = 0.0
    assert set(cards(crossbar(spec(), G, X))) - set(cards(crossbar(spec(), g, X))) == {"xcell_1_0"}


def test_header_states_digest_and_effective_values():
    array = spec()
    text = crossbar(array, G, X).text
    header = text[: text.index(".include")]
    assert all(line.startswith("*") for line in header.splitlines())
    assert array.digest in header
    assert "wire.r_col = 2.5 " in header
    assert text.isascii()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_deck_has_the_same_header_and_digest_wherever_its_device_lies(tmp_path, kind):
    decks = []
    for place in ("here", "there"):
        folder = shutil.copytree(device_models_folder() / "rram_ohmic", tmp_path / place / "rram_ohmic")
        device = {
            "file": {"file": str(folder / "model.lib"), "subckt": "rram_ohmic", "ports": ["te", "be"], "state": "g"},
            "folder": {"folder": str(folder)},
        }[kind]
        array = spec(cell="1r").replace(device={"model": None, **device})
        decks.append(crossbar(array, G, X).text)
    headers = [deck[: deck.index(".include")] for deck in decks]
    assert headers[0] == headers[1]
    assert f"device.{kind} = {'model.lib' if kind == 'file' else 'rram_ohmic'} " in headers[0]
    assert assemble_own(decks[0]).digest == assemble_own(decks[1]).digest


def test_batch_of_inputs_is_one_sweep():
    netlist = crossbar(spec(), G, np.linspace(0, 0.2, 12).reshape(4, 3))
    assert (netlist.analysis, netlist.points) == ("dc", 4)
    assert ".dc vidx 0 3 1\n.end\n" in netlist.text


@pytest.mark.parametrize(
    ("g", "x", "sentence"),
    [
        (G[:, :1], X, r"g has shape \(3, 1\), expected \(rows, cols\) = \(3, 2\)"),
        (-G, X, r"g\[0, 0\] = -1e-05 S, expected a conductance >= 0"),
        (G * np.nan, X, r"g\[0, 0\] = nan S, expected a finite"),
        ("abc", X, "g cannot be read"),
        (G, X[0], r"x has shape \(3,\), expected \(batch, rows\)"),
        (G, X[:0], r"x has shape \(0, 3\)"),
        (G, X * np.inf, r"x\[0, 0\] = inf V, expected a finite voltage"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(g, x, sentence):
    with pytest.raises(InputError, match=sentence):
        crossbar(spec(), g, x)


@pytest.mark.parametrize("value", [0.9e-6, 1.1e-4])
def test_conductance_outside_the_specified_range_is_refused(value):
    with pytest.raises(OutsideRangeError, match=r"expected 0 \(an open cell\) or device.g_min = 1e-06 S"):
        crossbar(spec(), np.full((3, 2), value), X)
    crossbar(spec(cell="1r"), np.full((3, 2), value), X)  # rram_ohmic takes any g >= 0
