"""A user's whole cell and a user's capacitor are held to g before use; states of whole cells are searched."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim.characterization import ChordWarning, check_chord
from circuitsim.errors import InputError

CELLS = """* whole cells and capacitors
.model sw1 sw vt=0.5 vh=0 ron=100 roff=1e12
.subckt series bl wl sl params: g=1u
r1 bl a {1/g}
s1 a sl wl 0 sw1
.ends
.subckt half bl sl params: r=10k
r1 bl a {r/2}
r2 a sl {r/2}
.ends
.subckt amplifying bl sl params: g=1u
b1 bl sl i={10*g}*v(bl,sl)
.ends
.subckt backwards bl sl params: g=1u
b1 sl bl i={g}*v(bl,sl)
.ends
.subckt open bl wl sl params: g=1u
c1 bl sl {g*1n}
r1 wl 0 1k
.ends
.subckt gap bl wl sl params: x=1
b1 bl sl i={1e-4*exp(-x)}*v(bl,sl)*v(wl)
.ends
.subckt plate te be params: c=1f
c1 te be {c}
.ends
.subckt double te be params: c=1f
c1 te be {2.1*c}
.ends
.subckt slow te be params: c=1f
r1 te a 1e9
c1 a be {c}
.ends
"""


def spec_of(tmp_path, subckt, *, cell="own", line="bl", **device):
    file = tmp_path / "cells.lib"
    file.write_text(CELLS, encoding="utf-8")
    low, high = (1e-16, 1e-15) if cell == "1c" else (1e-6, 1e-4)
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 3, "cols": 2, "cell": cell, "input_line": line},
            "device": {"file": str(file), "subckt": subckt, "g_min": low, "g_max": high, **device},
            "wire": {"r_row": 1.0, "r_col": 1.0, **({"r_bl": 1.0} if line == "wl" else {})},
            "driver": {"v_read": 0.2},
        }
    )


@pytest.mark.parametrize(
    ("subckt", "keys"),
    [
        ("series", {"ports": ["bl", "wl", "sl"], "v_gate": 1.0}),
        ("half", {"ports": ["bl", "sl"], "state": "r", "state_kind": "resistance"}),
        ("plate", {"cell": "1c", "state": "c"}),
    ],
)
def test_cells_that_have_what_they_say_pass_in_silence(tmp_path, subckt, keys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_chord(spec_of(tmp_path, subckt, **keys))


@pytest.mark.parametrize(
    ("subckt", "keys", "sentence"),
    [
        ("half", {"ports": ["bl", "sl"], "state": "r"}, r"expected one that grows with g.*\(now 'conductance'\)"),
        ("backwards", {"ports": ["bl", "sl"]}, "the current flows backwards: exchange the terminals"),
        ("open", {"ports": ["bl", "wl", "sl"], "v_gate": 1.0}, "no direct current flows between its terminals"),
        ("slow", {"cell": "1c", "state": "c"}, r"within driver\.t_read = .* a t_read in which it charges"),
    ],
)
def test_cells_that_cannot_hold_g_are_refused(tmp_path, subckt, keys, sentence):
    spec = spec_of(tmp_path, subckt, **keys)
    with pytest.raises(InputError, match=sentence):
        cs.prepare(spec, np.full(spec.shape, spec.device.g_max), "ngspice")


@pytest.mark.parametrize(
    ("subckt", "keys", "sentence"),
    [
        ("amplifying", {"ports": ["bl", "sl"]}, r"the chord conductance of the whole cell is 1e-05 S"),
        ("double", {"cell": "1c", "state": "c"}, r"for g = .* double of .* gives the charge of 6\.6"),
    ],
)
def test_cells_that_are_far_from_g_are_told(tmp_path, subckt, keys, sentence):
    with pytest.warns(ChordWarning, match=sentence):
        check_chord(spec_of(tmp_path, subckt, **keys))


@pytest.mark.parametrize(("line", "x"), [("bl", [[0.2, 0.1, 0.0]]), ("wl", [[1.0, 0.0, 1.0]])])
def test_the_state_of_a_whole_cell_is_searched(tmp_path, line, x):
    keys = {"ports": ["bl", "wl", "sl"], "v_gate": 1.0, "state": "x", "state_kind": "searched", "state_range": [0, 6]}
    spec = spec_of(tmp_path, "gap", line=line, **keys)
    g = np.geomspace(1e-6, 1e-4, 6).reshape(3, 2)
    truth, found = (cs.solve(spec, g, x, level).out for level in ("ngspice", "nodal"))
    volts = np.array(x) if line == "bl" else 0.2 * np.array(x)
    assert_allclose(truth, volts @ g, rtol=1e-3, atol=0)  # wires of 1 ohm
    assert_allclose(found, truth, rtol=1e-6, atol=0)
