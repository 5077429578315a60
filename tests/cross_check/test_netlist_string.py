"""Cells in series down the column: resistances add, bypassed rows drop out."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import netlist, spice, truth
from circuitsim.errors import InputError, SettlingWarning, SpecError
from circuitsim.spec import parse_spec

SWITCH = """* 1 kohm when on, open when off
.subckt switch d g s b w=1 l=1
bs d s i = v(g) > 0.5 ? (1e-3*v(d,s)) : 0
.ends
.subckt whole up down gate state=1u
bs up down i = (v(gate) > 0.5 ? (1e-3*v(up,down)) : 0) + {state}*v(up,down)
.ends
"""


def string(folder, rows, cols, cell="1t1r", **wire):
    file = folder / "switch.lib"
    file.write_text(SWITCH)
    data = {
        "schema": 1,
        "array": {"rows": rows, "cols": cols, "cell": cell, "input_line": "string"},
        "device": {"model": "rram_ohmic", "g_min": 1e-5, "g_max": 1e-3},
        "access": {"file": file, "subckt": "switch", "w": 1, "l": 1, "v_gate": 1.0},
        "wire": {"r_row": 10.0, "r_col": 25.0, **wire},
        "driver": {"v_read": 0.4, "r_out": 40.0},  # 0.5 V above the strings
        "sense": {"r_in": 60.0, "v_ref": 0.1},
    }
    if cell == "own":
        del data["access"]
        own = {"file": file, "subckt": "whole", "ports": ["bl", "sl", "wl"], "state": "state", "v_gate": 1.0}
        data["device"] = {"g_min": 1e-5, "g_max": 1e-3, **own}
    return parse_spec(data)


G, X = (
    10 ** np.random.default_rng(3).uniform(-5, -3, (5, 3)),
    np.array([[1, 1, 1, 1, 1], [0, 0, 0, 0, 0], [1, 0, 1, 1, 0]]),
)


@pytest.mark.parametrize("r_col", [25.0, 0.0])
def test_resistances_of_selected_rows_add(tmp_path, r_col):
    spec = string(tmp_path, 5, 3, r_col=r_col)
    deck = netlist.crossbar(spec, G, X, nodes=True)
    solution = truth.solution_of(spec, deck, spice.run(deck))
    cells = np.where(X[:, :, None] == 1, 1 / G, 1 / (G + 1e-3))  # input 0: 1 kohm beside the device
    expected = (0.5 - 0.1) / (40.0 + 60.0 + 6 * r_col + cells.sum(axis=1))
    assert_allclose(solution.out, expected, rtol=1e-8, atol=0)
    assert_allclose(solution.v_row - solution.v_col, expected[:, None, :] * cells, rtol=1e-7, atol=0)
    assert_allclose(solution.power, (0.5 - 0.1) * expected.sum(axis=1), rtol=1e-8, atol=0)


def test_own_cell_decides_what_its_gate_does(tmp_path):
    deck = netlist.crossbar(string(tmp_path, 5, 3, cell="own"), G, X)
    cells = 1 / np.where(X[:, :, None] == 1, G + 1e-3, G)
    expected = 0.4 / (100.0 + 6 * 25.0 + cells.sum(axis=1))
    assert_allclose(spice.run(deck).columns(deck.i_out), expected, rtol=1e-8, atol=0)


def test_open_cell_is_refused(tmp_path):
    g = G.copy()
    g[2, 1] = 0.0
    with pytest.raises(InputError, match=r"g\[2, 1\] = 0 S: an open cell breaks its string"):
        netlist.crossbar(string(tmp_path, 5, 3), g, X)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"array": {"cell": "2t2r", "cols": 4}}, "a string takes '1t1r' or 'own' cells"),
        ({"wire": {"col_sense": "top"}}, "input_line = 'string': each column is driven"),
        ({"wire": {"r_bl": 1.0}}, "input_line = 'string': each column is driven"),
    ],
)
def test_keys_without_meaning_are_refused(tmp_path, change, sentence):
    with pytest.raises(SpecError, match=sentence):
        string(tmp_path, 5, 3).replace(**change)


def test_a_string_in_time_is_judged_against_the_string_at_rest():
    """Its nodes charge through the devices of all rows: slow, so that a short read ends far beside the end point."""
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 4, "cols": 2, "cell": "1t1r", "input_line": "string"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.3},
            "wire": {"r_row": 5.0, "r_col": 5.0, "c_row": 1e-15, "c_col": 1e-15},
            "driver": {"v_read": 0.2, "r_out": 200.0, "t_read": 2e-9},
            "sense": {"r_in": 100.0},
        }
    )
    g, x = np.tile([1e-5, 3e-5], (4, 1)), np.array([[1.0, 0.0, 1.0, 0.0]])
    at_rest = truth.read(truth.prepare(spec, g), x).out[0]
    with pytest.warns(SettlingWarning, match=r"before 1 of 2 columns have settled.*column 0 in vector 0"):
        (short,) = truth.read_in_time(spec, g, x, band=1e-8)
    (long,) = truth.read_in_time(spec.replace(driver={"t_read": 2e-8}), g, x, band=1e-8)
    assert_allclose(short.i_final, at_rest, rtol=1e-9, atol=0)
    assert np.isinf(short.settling[0]) and 2e-9 < long.settling[0] < 2e-8
    assert_allclose(long.i_out[-1], at_rest, rtol=1e-4, atol=0)
