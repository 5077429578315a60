"""Solutions that do not balance are refused or told, and so are errors of the cell that outputs may show."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.errors import CellErrorWarning, NotConvergedError, UnbalancedWarning
from circuitsim.nodal.judgement import REFUSED, TOLD, cell_errors, check_balance, joint_cell_error, share_of_error
from circuitsim.results import Provenance, Solution
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 3, "cols": 2, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
        "wire": {"r_row": 2.0, "r_col": 2.0},
        "driver": {"v_read": 0.2},
    }
)
V = np.full(1, 0.2)


def judge(off, spec=SPEC, level="ngspice"):
    i_fed = np.array([[2e-5, 2e-5, 1e-5]])
    check_balance(level, spec, spec.wires, V, i_fed, np.array([[2e-5, 3e-5 - 5e-5 * off]]))


@pytest.mark.parametrize("level", TOLD)
def test_what_balances_is_not_told(level):
    judge(0.9 * TOLD[level], level=level)


@pytest.mark.parametrize("level", TOLD)
def test_a_resistance_too_small_for_the_arithmetic_warns_and_then_is_refused(level):
    tiny = SPEC.replace(wire={"r_row": 1e-10})
    with pytest.warns(UnbalancedWarning, match=r"wire.r_row = 1e-10 ohm is too small .* wire.r_row = 0"):
        judge(0.9 * REFUSED, tiny, level)
    with pytest.raises(NotConvergedError, match=f"level = '{level}', vector 0: 1.1e-04 of the current"):
        judge(1.1 * REFUSED, tiny, level)


def test_current_through_the_bulk_warns():
    with pytest.warns(UnbalancedWarning, match="leaves through the bulk or the gates"):
        judge(0.3)


def test_currents_below_that_of_a_cell_are_not_judged_against_themselves():
    check_balance("ngspice", SPEC, SPEC.wires, V, np.array([[1e-15, 0, 0]]), np.zeros((1, 2)))


def test_the_array_solver_refuses_drivers_that_it_cannot_balance():
    spec = SPEC.replace(wire={"r_row": 1e-13, "r_col": 2.0}, array={"rows": 6, "cols": 4})
    g = np.random.default_rng(0).uniform(1e-6, 1e-4, (6, 4))
    surface = nodal.ohmic((1e-6, 1e-4), (0.0, 0.2), r_series=500.0)
    with pytest.raises(NotConvergedError, match=r"wire.r_row = 1e-13 ohm is too small"):
        nodal.read(nodal.prepare(spec, g, surface), np.random.default_rng(1).uniform(0, 0.2, (3, 6)))


def test_errors_of_the_cells_of_a_column_add_up():
    """Twice the cells, twice the error; faint inputs and open cells count for what they carry."""
    surface = replace(nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), bound=1e-8)
    plain = SPEC.replace(wire={"r_row": 0.0, "r_col": 0.0})
    g = np.full((3, 2), 1e-4)
    found = nodal.read(nodal.prepare(plain, g, surface), np.array([[0.2, 0.2, 0.2], [0.2, 0.0, 0.0], [0.02] * 3]))
    assert_allclose(found.cell_error, [1e-8, 3e-8, 1e-8], rtol=1e-6)
    g[1] = 0.0
    found = nodal.read(nodal.prepare(plain, g, surface), np.array([[0.2, 0.2, 0.2], [0.0, 0.0, 0.0]]))
    assert_allclose(found.cell_error, [1e-8, 0.0], rtol=1e-6, atol=0)


def test_a_coarse_cell_is_told():
    surface = replace(nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), bound=1e-4)
    with pytest.warns(
        CellErrorWarning, match=r"outputs may be off by \de-04 of the largest output .* level = 'ngspice'"
    ):
        nodal.read(nodal.prepare(SPEC, np.full((3, 2), 1e-4), surface), np.full((1, 3), 0.2))


def part(out, cell_error):
    return Solution(np.array(out), Provenance(level="nodal", spec_digest=""), cell_error=cell_error)


def test_errors_of_arrays_that_make_one_output_add_up():
    """Each is relative to the largest output of its own vector, the sum to that of the matrix."""
    parts = [
        part([[2e-6, 1e-6], [1e-6, -4e-6]], np.array([1e-7, 2e-7])),
        part([[3e-6, 0.0], [5e-6, 1e-6]], np.array([2e-7, 1e-8])),
    ]
    out = np.array([[5e-6, 1e-6], [6e-6, -3e-6]])
    expected = [(2e-13 + 6e-13) / 5e-6, (8e-13 + 5e-14) / 6e-6]
    assert_allclose(joint_cell_error(SPEC, parts, out), expected, rtol=1e-12, atol=0)
    against = SPEC.replace(technique={"g_reference": 1e-5})
    assert_allclose(joint_cell_error(against, parts, out), 2 * np.array(expected), rtol=1e-12, atol=0)
    assert joint_cell_error(SPEC, [*parts, part(out, None)], out) is None


def test_a_joint_error_above_that_to_which_the_levels_agree_is_told():
    one = part([[2e-6, 1e-6]], np.array([9e-7]))
    joint_cell_error(SPEC, [one], one.out)
    with pytest.warns(CellErrorWarning, match="outputs may be off by 2e-06 of the largest output"):
        joint_cell_error(SPEC, [one, one], one.out)


def test_a_cell_of_little_conductance_errs_by_its_own_current():
    surface = replace(nodal.ohmic((1e-9, 1e-4), (0.0, 0.2)), bound=1e-6, bound_over_g=1e-4)  # i_max = 2e-5 A
    found = cell_errors(surface, np.array([[0.0, 1e-9], [1e-7, 1e-4]]))
    assert_allclose(found, [[0.0, 2e-14], [2e-12, 2e-11]], rtol=1e-12, atol=0)
    unknown = cell_errors(replace(surface, bound_over_g=None), np.array([0.0, 1e-9, 1e-4]))
    assert_allclose(unknown, [0.0, 2e-11, 2e-11], rtol=1e-12, atol=0)
    assert_allclose(share_of_error(surface, np.array([0.1, 0.2, 0.4])), [0.5, 1.0, 1.0], rtol=1e-12, atol=0)
    assert not cell_errors(None, np.ones(3)).any() and np.all(share_of_error(None, np.ones(2)) == 1)
