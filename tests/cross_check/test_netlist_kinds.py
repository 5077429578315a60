"""Kinds of cells: differential pairs, the user's own cell, flash, capacitors; each against what it must compute."""

import numpy as np
import pytest
from netlist_cases import currents, dense_currents, passive
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim import netlist, truth
from circuitsim.errors import InputError, SpecError
from circuitsim.spec import parse_spec

# 1 kohm when on, no current when off: linear, so that every array below can be solved by hand.
LIBRARY = """* parts
.subckt switch d g s b w=1 l=1
bs d s i = v(g) > 0.5 ? (1e-3*v(d,s)) : 0
.ends
.subckt whole bulk low gate high cond=1u
g1 high mid high mid {cond}
bs mid low i = v(gate) > 0.5 ? (1e-3*v(mid,low)) : 0
rb bulk 0 1
.ends
.subckt bare high low cond=1u
g1 high low high low {cond}
.ends
"""


@pytest.fixture
def library(tmp_path):
    file = tmp_path / "parts.lib"
    file.write_text(LIBRARY)
    return file


def array(rows, cols, cell, device, **parts):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": cell},
            "device": {"g_min": 1e-6, "g_max": 1e-3, **device},
            "wire": {"r_row": 7.0, "r_col": 3.0},
            "driver": {"v_read": 0.4, "r_out": 20.0},
            **parts,
        }
    )


def with_switch(library, rows, cols, cell):
    access = {"file": library, "subckt": "switch", "w": 1, "l": 1, "v_gate": 1.0}
    return array(rows, cols, cell, {"model": "rram_ohmic"}, access=access)


def values(rows, cols):
    rng = np.random.default_rng(21)
    return 10 ** rng.uniform(-4.5, -3, (rows, cols)), rng.uniform(-0.4, 0.4, (3, rows))


def test_pair_of_columns_shares_the_node_of_its_row(library):
    rows, cols = 3, 4
    g, x = values(rows, cols)
    expected = []
    for vector in x:
        branches = []
        for a in range(rows):
            branches += [(f"in{a}", f"r{a}_0", 1 / 27.0), (f"r{a}_0", f"r{a}_1", 1 / 7.0)]
            for b in range(cols):
                branches.append((f"r{a}_{b // 2}", f"c{a}_{b}", 1 / (1 / g[a, b] + 1e3)))
                branches.append((f"c{a}_{b}", f"out{b}" if a == rows - 1 else f"c{a + 1}_{b}", 1 / 3.0))
        held = {f"in{a}": v for a, v in enumerate(vector)} | {f"out{b}": 0.0 for b in range(cols)}
        expected.append(dense_currents(branches, held, [f"out{b}" for b in range(cols)]))
    assert_allclose(currents(with_switch(library, rows, cols, "2t2r"), g, x), expected, rtol=1e-8, atol=0)


def test_own_cell_equals_the_same_cell_made_of_parts(library):
    g, x = values(3, 2)
    own = {"file": library, "subckt": "whole", "ports": ["bulk", "sl", "wl", "bl"], "state": "cond", "v_gate": 1.0}
    parts = currents(with_switch(library, 3, 2, "1t1r"), g, x)
    assert_allclose(currents(array(3, 2, "own", own), g, x), parts, rtol=1e-9, atol=0)


def test_own_cell_without_a_gate(library):
    g, x = values(3, 2)
    own = {"file": library, "subckt": "bare", "ports": ["bl", "sl"], "state": "cond"}
    ohmic = currents(array(3, 2, "1r", {"model": "rram_ohmic"}), g, x)
    assert_allclose(currents(array(3, 2, "own", own), g, x), ohmic, rtol=1e-9, atol=0)


def test_flash_transistor_reads_the_conductance_it_was_given():
    device = {"model": "flash_fg", "g_min": 1e-6, "g_max": 1e-4, "v_gate": 2.5}
    spec = array(3, 2, "1t", device).replace(wire={"r_row": 0.0, "r_col": 0.0}, driver={"v_read": 0.1, "r_out": 0.0})
    g = 10 ** np.random.default_rng(5).uniform(-6, -4, (3, 2))
    g[1, 0] = 0.0
    out = cs.solve(spec, g, [[0.1, 0.1, 0.1]], level="ngspice").out[0]
    assert_allclose(out, 0.1 * g.sum(axis=0), rtol=2e-4, atol=0)  # every state is found to 1e-4

    with pytest.raises(InputError, match="'flash_fg' stores 'vt', not a conductance: give state"):
        netlist.crossbar(spec, g, [[0.1, 0.1, 0.1]])
    with pytest.raises(SpecError, match="stores 'vt', expected a device that takes its conductance"):
        netlist.cell_subckt(spec)
    with pytest.raises(InputError, match="state is given, but the device takes its conductance"):
        netlist.crossbar(passive(1, 1, 0.0, 0.0), [[1e-4]], [[0.1]], state=[[1.0]])


def test_capacitors_share_out_charge():
    device = {"model": "charge_cell", "g_min": 1e-16, "g_max": 1.5e-15}
    spec = array(4, 3, "1c", device).replace(driver={"t_read": "2n"})
    rng = np.random.default_rng(6)
    c, x = rng.uniform(0.1e-15, 1.5e-15, (4, 3)), rng.uniform(-0.4, 0.4, 4)
    # An edge of many time constants (5 kohm, 1.5 fF), and a largest step that is longer than the edge.
    pulse = netlist.Pulse(t_edge=5e-10, t_width=2e-9, t_stop=2e-9, t_step=1e-9, v_rest=0.0)
    (read,) = truth.read_in_time(spec, c, [x], band=1e-12, pulse=pulse)
    assert_allclose(read.charge, x @ c, rtol=1e-9, atol=0)
    solution = cs.solve(spec, c, [x], level="ngspice")
    assert (solution.quantity, solution.unit) == ("charge", "C")
    assert_allclose(solution.out[0], x @ c, rtol=1e-9, atol=0)
    with pytest.raises(InputError, match="its output is a charge, read it in time"):
        netlist.crossbar(spec, c, [x])
    assert_allclose(cs.solve(spec, c, [x]).out[0], x @ c, rtol=1e-9, atol=0)
    cs.levels.check_can(spec, "behavioral")


@pytest.mark.parametrize(
    ("cell", "device", "sentence"),
    [
        ("own", {"model": "rram_ohmic"}, "device.file is missing"),
        ("own", {"subckt": "whole", "ports": ["bl", "sl", "te", "be"]}, r"expected bl and sl, and wl and bulk"),
        ("own", {"subckt": "whole", "ports": ["bl", "sl", "wl", "bulk"]}, r"device.v_gate is missing"),
        ("1r", {"subckt": "bare", "ports": ["bl", "sl"]}, r"expected each of te be once"),
        ("1r", {"model": "rram_ohmic", "v_gate": 1.0}, r"device.v_gate is given, but in array.cell = '1r'"),
        ("2t2r", {"model": "rram_ohmic"}, r"\[access\] is missing: a 2t2r cell"),
        ("1r", {"subckt": "bare", "ports": ["te", "te"]}, r"expected each terminal once"),
    ],
)
def test_cells_that_do_not_fit_are_refused(library, cell, device, sentence):
    with pytest.raises(SpecError, match=sentence):
        array(2, 2, cell, {"file": library, **device} if "subckt" in device else device)


@pytest.mark.parametrize(
    ("cell", "model", "sentence"),
    [
        ("1r", "flash_fg", "has the terminals d g s b, a 1r cell needs te be"),
        ("1r", "charge_cell", "has the terminals x line"),
        ("1c", "rram_ohmic", "array.cell = '1c' and a capacitive device belong together"),
    ],
)
def test_cards_that_do_not_fit_the_cell_are_refused(cell, model, sentence):
    limits = {"g_min": 1e-16, "g_max": 1e-15} if model == "charge_cell" else {"g_max": 1e-4}
    with pytest.raises(SpecError, match=sentence):
        netlist.cell_subckt(array(2, 2, cell, {"model": model, **limits}))
