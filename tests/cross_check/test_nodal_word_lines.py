"""Arrays with their input on the gates, against ngspice."""

from dataclasses import replace

import numpy as np
import pytest

from circuitsim import characterization, levels, nodal, spice
from circuitsim.netlist import crossbar
from circuitsim.resources import netlists_folder
from circuitsim.spec import parse_spec
from circuitsim.truth import solution_of


def gated_spec(input_line, **parts):
    data = {
        "schema": 1,
        "array": {"rows": 12, "cols": 7, "cell": "1t1r", "input_line": input_line},
        "device": {"model": "rram_ohmic", "g_min": 2e-6, "g_max": 1e-4},
        "access": {"model": "nmos_bsim4_default", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8},
        "wire": {"r_row": 1.0, "r_col": 40.0},
        "driver": {"v_read": 0.2, "r_out": 50.0},
        "sense": {"r_in": 30.0},
    }
    for part, keys in parts.items():
        data[part] = {**data.get(part, {}), **keys}
    return parse_spec(data)


def worst_error(spec, g, x, on, off):
    array = nodal.prepare(spec, g, on, off=off)
    found = nodal.read(array, x, nodes=True)
    netlist = crossbar(spec, g, x, nodes=True)
    truth = solution_of(spec, netlist, spice.run(netlist))
    assert np.abs(found.v_row - truth.v_row).max() < 1e-6 * 0.2
    assert np.abs(found.power - truth.power).max() < 1e-6 * truth.power.max()
    np.testing.assert_allclose(nodal.power_breakdown(array, x, found).total, found.power, rtol=1e-7, atol=0)
    assert found.convergence.kirchhoff.max() < 1e-8
    return np.max(np.abs(found.out - truth.out) / np.maximum(np.abs(truth.out), 1e-3 * np.abs(truth.out).max()))


@pytest.mark.parametrize(
    "wire",
    [
        {"r_bl": 25.0},
        {"r_bl": 25.0, "col_drive": "top", "col_sense": "bottom"},
        {"r_bl": 25.0, "col_drive": "both", "col_sense": "both"},
        {"r_bl": 25.0, "last_col_segment": False},
    ],
)
@pytest.mark.parametrize("v_ref", [0.0, 0.05])
def test_input_on_the_word_lines(wire, v_ref):
    spec = gated_spec("wl", wire=wire, sense={"v_ref": v_ref})
    rng = np.random.default_rng(0)
    g, x = 10 ** rng.uniform(-5.5, -4, (12, 7)), (rng.random((3, 12)) < 0.5).astype(float)
    on = characterization.cell(spec)
    # A gate at 0 V lets 1e-14 A through, 1e-9 of a cell's current.
    assert worst_error(spec, g, x, on, None) < 1e-6


@pytest.mark.parametrize(
    "parts",
    [
        {"wire": {"col_drive": "top", "col_sense": "bottom"}},
        {"wire": {"col_drive": "both", "col_sense": "both"}, "sense": {"r_in": 50.0, "v_ref": 0.1}},
        {"wire": {"col_drive": "bottom", "col_sense": "bottom", "last_col_segment": False}, "sense": {"r_in": 0.0}},
    ],
)
def test_word_lines_to_a_hundredth_of_a_millionth(parts):
    """A strong sinh, lossy lines, open cells, all rows on: 2e-10 of full scale measured."""
    rows = 16
    parts = {**parts, "array": {"rows": rows, "cols": rows}, "driver": {"v_read": 0.2, "r_out": 0.0}}
    parts["wire"] = {"r_col": 5.0, "r_bl": 5.0, **parts["wire"]}
    spec = gated_spec("wl", **parts, device={"model": "rram_sinh", "g_min": 1e-6}, access={"model": "nmos_130"})
    rng = np.random.default_rng(6)
    g, x = 10 ** rng.uniform(-6, -4, (rows, rows)), (rng.random((2, rows)) < 0.5).astype(float)
    x[0], g[1], g[3, 2] = 1.0, 0.0, 0.0
    truth, exact = (levels.solve(spec, g, x, level) for level in ("ngspice", "nodal"))
    assert exact.provenance.options["method"] == "columns"
    assert np.abs(exact.out - truth.out).max() < 1e-8 * truth.out.max()
    np.testing.assert_allclose(exact.power, truth.power, rtol=1e-8, atol=0)


def test_leaking_gates():
    """Rows that are not selected conduct a hundredth: the second surface counts."""
    spec = gated_spec("wl", wire={"r_bl": 25.0})
    rng = np.random.default_rng(1)
    g = 10 ** rng.uniform(-5.5, -4, (12, 7))
    on = characterization.cell(spec)
    weak = spec.replace(access={"v_gate": 0.45})
    off = characterization.cell(weak)
    off = replace(off, cell={})  # a gate that is off lies at 0 V; this one stands for a gate that leaks
    found = nodal.read(nodal.prepare(spec, g, on, off=off), np.zeros((1, 12))).out
    netlist = crossbar(weak, g, np.ones((1, 12)))
    truth = solution_of(weak, netlist, spice.run(netlist)).out
    assert np.abs(found - truth).max() < max(1e-6, 10 * off.bound) * truth.max()


@pytest.mark.parametrize("v_ref", [0.0, 0.05])
def test_cells_in_series(v_ref):
    spec = gated_spec("string", sense={"v_ref": v_ref})
    rng = np.random.default_rng(2)
    g, x = 10 ** rng.uniform(-5.5, -4, (12, 7)), (rng.random((3, 12)) < 0.5).astype(float)
    bypassed = characterization.cell(spec)
    alone = characterization.cell(spec.replace(access={"v_gate": 0.0}))
    assert worst_error(spec, g, x, alone, bypassed) < 1e-6


@pytest.mark.parametrize("input_line", ["wl", "string"])
def test_levels_agree_for_inputs_on_gates(input_line):
    wire = {"r_bl": 25.0} if input_line == "wl" else {}
    spec = gated_spec(input_line, wire=wire)
    rng = np.random.default_rng(3)
    g, x = rng.uniform(2e-6, 1e-4, (12, 7)), (rng.random((2, 12)) < 0.5).astype(float)
    truth, exact = (levels.solve(spec, g, x, level) for level in ("ngspice", "nodal"))
    assert exact.provenance.level == "nodal"
    np.testing.assert_allclose(exact.out, truth.out, rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    "device",
    [
        {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4},
        {"model": "mtj_pma", "g_min": 5.18121e-05, "g_max": 0.000166667},
    ],
)
def test_strings_of_real_cells_to_a_part_of_each_current(device):
    """Currents over three decades: all rows on, none, and single rows; 5e-7 of each current measured for rram_sinh."""
    rows = 8
    array = {"rows": rows, "cols": 4}
    spec = gated_spec("string", array=array, device=device, access={"model": "nmos_130"}, wire={"r_col": 2.0})
    rng = np.random.default_rng(7)
    low, high = spec.device.g_min, spec.device.g_max
    g = rng.choice([low, high], rows * 4) if device["model"] == "mtj_pma" else np.geomspace(low, high, rows * 4)
    g = rng.permutation(g).reshape(rows, 4)
    x = np.vstack([np.ones(rows), np.zeros(rows), np.eye(rows)[[0, 3, 7]], rng.random((2, rows)) < 0.5]).astype(float)
    truth, exact = (levels.solve(spec, g, x, level) for level in ("ngspice", "nodal"))
    assert exact.provenance.options["method"] == "columns"
    assert np.abs(exact.out - truth.out).max() < 1e-7 * truth.out.max()
    np.testing.assert_allclose(exact.out, truth.out, rtol=1e-4, atol=0)


def test_levels_agree_for_strings_of_whole_cells():
    """A cell of the user's own has its gate on for input 1; only the bypass of a 1t1r cell is on for input 0."""
    data = gated_spec("string").model_dump(by_alias=True, exclude_none=True)
    del data["access"]
    ports = {"file": netlists_folder() / "cells/xnor_pair.lib", "subckt": "xnor_pair", "ports": ["bl", "sl", "wl"]}
    data["array"]["cell"] = "own"
    data["device"] = {"g_min": 4e-5, "g_max": 1.7e-4, "v_gate": 1.0, **ports}
    spec = parse_spec(data)
    rng = np.random.default_rng(4)
    g, x = rng.choice([4.8e-5, 1.6667e-4], (12, 7)), (rng.random((3, 12)) < 0.5).astype(float)
    truth, exact = (levels.solve(spec, g, x, level) for level in ("ngspice", "nodal"))
    np.testing.assert_allclose(exact.out, truth.out, rtol=1e-6, atol=0)
