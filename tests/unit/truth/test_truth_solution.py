"""Vectors become currents with the signs of the house, and a run that does not fit its deck is refused."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import SimulatorError, UnbalancedWarning
from circuitsim.netlist import crossbar
from circuitsim.spec import parse_spec
from circuitsim.spice import Plot, RawResult, Simulator
from circuitsim.truth import solution_of

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 2, "cols": 3, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
        "wire": {"r_row": 1.0, "r_col": 1.0},
        "driver": {"v_read": 0.2},
    }
)
X = np.array([[0.1, 0.2], [0.0, 0.3]])


def raw_of(netlist, values):
    saved = [*netlist.i_row, *netlist.i_out, *netlist.v_row, *netlist.v_col, *netlist.i_cell]
    names = tuple(dict.fromkeys(saved))
    data = np.stack([values[name] for name in names], axis=1)
    simulator = Simulator(Path("ngspice"), 39, "ngspice-39", False)
    return RawResult((Plot("dc", names, data),), simulator, {"reltol": "1e-10"}, (), "digest", "", None)


def test_signs_shapes_power_and_balance():
    netlist = crossbar(SPEC, np.full((2, 3), 1e-5), X, nodes=True)
    values = {name: np.array([-1.0, -2.0]) * (k + 1) for k, name in enumerate(netlist.i_row)}
    values |= {name: np.array([1.0, 2.0]) for name in netlist.i_out}
    values |= {name: np.array([0.1, 0.2]) + k for k, name in enumerate(netlist.v_row)}
    values |= {name: np.array([0.3, 0.4]) + k for k, name in enumerate(netlist.v_col)}
    values |= {name: np.array([0.5, 0.6]) + k for k, name in enumerate(netlist.i_cell)}
    solution = solution_of(SPEC, netlist, raw_of(netlist, values))
    assert_allclose(solution.i_cell[:, 1, 0], [3.5, 3.6], rtol=1e-15, atol=0)
    assert_allclose(solution.i_out, [[1, 1, 1], [2, 2, 2]], rtol=0, atol=0)
    assert_allclose(solution.i_row, [[1, 2], [2, 4]], rtol=0, atol=0)
    assert_allclose(solution.power, [0.1 * 1 + 0.2 * 2, 0.3 * 4], rtol=1e-15, atol=0)
    assert_allclose(solution.v_row[:, 1, 2], [5.1, 5.2], rtol=1e-15, atol=0)
    assert_allclose(solution.v_col[:, 0, 1], [1.3, 1.4], rtol=1e-15, atol=0)
    np.testing.assert_array_equal(solution.convergence.kirchhoff, [0.0, 0.0])
    assert solution.convergence.residual is None
    assert solution.convergence.iterations is None
    assert solution.provenance.level == "ngspice"
    assert solution.provenance.deck_digest == "digest"
    assert solution.provenance.spec_digest == SPEC.digest


def test_a_lost_current_shows_in_the_balance():
    netlist = crossbar(SPEC, np.full((2, 3), 1e-5), X)
    values = {name: np.array([-3.0, -3.0]) for name in netlist.i_row}
    values |= {name: np.array([2.0, 1.0]) for name in netlist.i_out}
    with pytest.warns(UnbalancedWarning, match="vector 1: 5.0e-01 of the current fed in does not come out"):
        solution = solution_of(SPEC, netlist, raw_of(netlist, values))
    assert_allclose(solution.convergence.kirchhoff, [0.0, 0.5], rtol=1e-15, atol=0)
    assert solution.v_row is None


def test_power_counts_what_the_sense_references_deliver():
    netlist = crossbar(SPEC, np.full((2, 3), 1e-5), X)
    values = {name: np.array([-3.0, -3.0]) for name in netlist.i_row}
    values |= {name: np.array([2.0, 2.0]) for name in netlist.i_out}
    solution = solution_of(SPEC.replace(sense={"v_ref": 0.05}), netlist, raw_of(netlist, values))
    assert_allclose(solution.power, [3 * 0.3 - 0.05 * 6, 3 * 0.3 - 0.05 * 6], rtol=1e-15, atol=0)


def test_a_run_of_another_deck_is_refused():
    netlist = crossbar(SPEC, np.full((2, 3), 1e-5), X)
    values = dict.fromkeys([*netlist.i_row, *netlist.i_out], np.zeros(2))
    raw = raw_of(netlist, values)
    longer = crossbar(SPEC, np.full((2, 3), 1e-5), np.concatenate([X, X]))
    with pytest.raises(SimulatorError, match="2 points, expected 4"):
        solution_of(SPEC, longer, raw)
    with_nodes = crossbar(SPEC, np.full((2, 3), 1e-5), X, nodes=True)
    with pytest.raises(SimulatorError, match="lacks a vector"):
        solution_of(SPEC, with_nodes, raw)
