"""Rows behind DACs of code-dependent resistance: against the closed form of rows that share a column."""

import numpy as np
import pytest

from circuitsim.chain import row_voltages
from circuitsim.errors import InputError, NotConvergedError
from circuitsim.results import ConverterTable

CODES = np.array([[0, 3, 7, 1], [7, 7, 7, 7], [0, 0, 0, 0]])
R_OUT = np.array([50.0, 300, 700, 900, 900, 700, 300, 80])
DAC = ConverterTable(3, 0.2, 0.4, r_out=R_OUT, block="string")
# Conductance matrix of a small grid: rows are coupled through their columns.
G = np.diag([1e-3, 2e-3, 5e-4, 1e-3]) - 1e-4 * (np.ones((4, 4)) - np.eye(4))


def test_rows_settle_where_their_currents_flow():
    v = row_voltages(DAC, CODES, lambda v: (v - 0.2) @ G)
    for row, codes in enumerate(CODES):
        level, r = 0.2 + 0.2 * codes / 7, R_OUT[codes]
        expected = 0.2 + np.linalg.solve(np.eye(4) + np.diag(r) @ G.T, level - 0.2)
        np.testing.assert_allclose(v[row] - 0.2, expected - 0.2, rtol=0, atol=1e-9)  # what a row may still move


def test_without_resistance_rows_are_at_their_levels():
    ideal = ConverterTable(3, 0.2, 0.4)
    np.testing.assert_allclose(row_voltages(ideal, CODES, lambda v: v), 0.2 + 0.2 * CODES / 7, rtol=1e-15)


def test_rows_that_do_not_settle_are_named():
    with pytest.raises(NotConvergedError, match="the driver 'string' do not settle: row 3 of vector 0"):
        row_voltages(DAC, CODES[:1], lambda v: np.cos(1e3 * v) * np.array([0, 0, 0, 1e-3]))
    with pytest.raises(InputError, match=r"read_rows gives currents of shape \(1, 3\): expected \(1, 4\)"):
        row_voltages(DAC, CODES, lambda v: v[:, :3])


def test_the_end_of_the_range_holds_a_row_back_by_microvolts_only():
    def pulled(by):  # all columns lie below rest, and draw rows at rest down
        return row_voltages(DAC, CODES, lambda v: (v - 0.2 + by) @ G)

    v = pulled(1e-6)
    assert v[2].tolist() == [0.2] * 4
    np.testing.assert_allclose(v[1], pulled(0.0)[1], rtol=0, atol=3e-6)
    with pytest.raises(NotConvergedError, match=r"the driver 'string' do not settle: row . of vector"):
        pulled(1e-2)
