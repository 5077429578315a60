"""Input on the word lines: bit line and source line along the column, sensed at the same or the opposite end."""

import numpy as np
import pytest
from netlist_cases import dense_currents
from numpy.testing import assert_allclose

from circuitsim import levels, netlist, spice, truth
from circuitsim.errors import InputError, SpecError
from circuitsim.spec import parse_spec

# A switch with a resistance of 1 kohm when on and no current when off: the array is linear and can be solved by hand.
SWITCH = """* switch
.subckt switch d g s b w=1 l=1
bs d s i = v(g) > 0.5 ? (1e-3*v(d,s)) : 0
.ends
"""
R_ON = 1e3


def word_lines(folder, rows, cols, **wire):
    file = folder / "switch.lib"
    file.write_text(SWITCH)
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1t1r", "input_line": "wl"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-3},
            "access": {"file": file, "subckt": "switch", "w": 1, "l": 1, "v_gate": 1.0},
            "wire": {"r_row": 10.0, "r_col": 3.0, "r_bl": 5.0, **wire},
            "driver": {"v_read": 0.3, "r_out": 20.0},  # 0.4 V on the bit lines
            "sense": {"r_in": 30.0, "v_ref": 0.1},
        }
    )


def dense(spec, g, x):
    """Column currents (cols,) for one input: every column is its own network."""
    rows, cols = spec.shape
    drive, sense = spec.wire.col_drive or "bottom", spec.wire.col_sense
    out = []
    for b in range(cols):
        branches = [(f"b{a}", f"b{a + 1}", 1 / 5.0) for a in range(rows - 1)]
        branches += [(f"s{a}", f"s{a + 1}", 1 / 3.0) for a in range(rows - 1)]
        for end, cell in (("top", 0), ("bottom", rows - 1)):
            branches += [("bias", f"b{cell}", 1 / (5.0 + 20.0))] * (drive in (end, "both"))
            branches += [("sense", f"s{cell}", 1 / (3.0 + 30.0))] * (sense in (end, "both"))
        branches += [(f"b{a}", f"s{a}", 1 / (1 / g[a, b] + R_ON)) for a in range(rows) if x[a] and g[a, b]]
        out.append(dense_currents(branches, {"bias": 0.4, "sense": 0.1}, ["sense"])[0])
    return np.array(out)


@pytest.mark.parametrize("drive", ["bottom", "top", "both"])
@pytest.mark.parametrize("sense", ["bottom", "top", "both"])
def test_columns_agree_with_a_dense_solution(tmp_path, drive, sense):
    rng = np.random.default_rng(11)
    spec = word_lines(tmp_path, 6, 3, col_drive=drive, col_sense=sense)
    g, x = 10 ** rng.uniform(-4, -3, (6, 3)), rng.integers(0, 2, (4, 6))
    deck = netlist.crossbar(spec, g, x)
    solution = truth.solution_of(spec, deck, spice.run(deck))
    assert_allclose(solution.out, [dense(spec, g, vector) for vector in x], rtol=1e-6, atol=0)
    # Bit lines at 0.4 V feed the columns; the references at 0.1 V take some of that back.
    assert_allclose(solution.power, (0.4 - 0.1) * solution.out.sum(axis=1), rtol=1e-6, atol=0)
    assert np.all(solution.convergence.kirchhoff < 1e-9)


def test_opposite_ends_share_the_drop_evenly(tmp_path):
    """Sensed at the end opposite to the drive, every cell has the same length of wire in its path; at the same end the
    far cell has all of it twice."""
    g = np.full((8, 1), 5e-4)
    spread = {}
    for sense in ("bottom", "top"):
        spec = word_lines(tmp_path, 8, 1, r_bl=20.0, r_col=20.0, col_drive="bottom", col_sense=sense)
        deck = netlist.crossbar(spec, g, np.eye(8, dtype=int))
        i = spice.run(deck).columns(deck.i_out)[:, 0]
        spread[sense] = i.max() / i.min() - 1
    assert spread["top"] < 1e-6  # alone, each cell sees 9 segments and the two ends, wherever it is
    assert spread["bottom"] > 0.08


def test_word_line_charges_in_time(tmp_path):
    spec = word_lines(tmp_path, 4, 3, c_row="2f", c_col="1f", c_bl="1f").replace(driver={"t_read": "1n"})
    g, x = np.full((4, 3), 5e-4), np.array([1, 0, 1, 1])
    deck = netlist.crossbar(spec, g, [x])
    settled = spice.run(deck).columns(deck.i_out)[0]
    (read,) = truth.read_in_time(spec, g, [x], band=1e-9)
    assert_allclose(read.i_out[-1], settled, rtol=1e-5, atol=0)
    assert np.all(np.abs(read.i_out[0]) < 1e-12)  # gates rest at 0 V
    assert read.energy_bias.sum() > 0.9 * read.energy


def test_inputs_other_than_0_and_1_are_refused(tmp_path):
    spec = word_lines(tmp_path, 2, 2)
    with pytest.raises(InputError, match=r"x\[0, 1\] = 0.5, expected 0 or 1: the input switches gates"):
        netlist.crossbar(spec, np.full((2, 2), 1e-4), [[1, 0.5]])


def test_gates_and_strings_work_at_every_level(tmp_path):
    series = word_lines(tmp_path, 2, 2).replace(array={"input_line": "string"}, wire={"r_bl": None})
    for level in ("ngspice", "nodal", "behavioral"):
        levels.check_can(word_lines(tmp_path, 2, 2), level)
        levels.check_can(series, level)


@pytest.mark.parametrize(
    ("array", "wire", "sentence"),
    [
        ({"input_line": "bl"}, {}, r"wire.r_bl belongs to input_line = 'wl'"),
        ({}, {"r_bl": None}, r"wire.r_bl is missing"),
    ],
)
def test_keys_belong_to_their_orientation(tmp_path, array, wire, sentence):
    with pytest.raises(SpecError, match=sentence):
        word_lines(tmp_path, 2, 2).replace(array=array, wire=wire)
