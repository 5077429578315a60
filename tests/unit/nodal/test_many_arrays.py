import numpy as np
import pytest

from circuitsim.nodal.array import plan_of_wires
from circuitsim.nodal.blocks import sweep_batch
from circuitsim.nodal.linear import linear_array, solve_linear
from circuitsim.nodal.many_arrays import output_matrices
from circuitsim.spec import parse_spec


def wires(rows, cols, r, **wire):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": r, "r_col": r, **wire},
            "driver": {"v_read": 0.2},
        }
    ).wires


def matrices(rows, cols):
    """Unequal arrays; the last of equal cells."""
    g = 10 ** np.random.default_rng(rows).uniform(-6, -4, (4, rows, cols))
    g[1, :, : cols // 2] *= 1e-3
    g[3] = 3e-5
    return g


@pytest.mark.parametrize(
    ("rows", "cols", "r", "wire"),
    [
        (18, 12, 20.0, {}),  # one mode
        (18, 12, 500.0, {}),  # four of them, and two inputs in narrow lanes
        (9, 12, 500.0, {"col_sense": "both", "row_drive": "right"}),
        (3, 5, 500.0, {"first_row_segment": False, "last_col_segment": False}),  # terminals hold nodes
        (7, 1, 30.0, {}),
        (1, 1, 30.0, {}),
        (6, 4, 0.01, {}),  # no slow mode
    ],
)
def test_matrices_are_those_of_one_array_at_a_time_bit_for_bit(rows, cols, r, wire):
    between, g = wires(rows, cols, r, **wire), matrices(rows, cols)
    w, settled = output_matrices(between, g, tol=1e-8, most=200)
    assert settled.all()
    for each, found in zip(g, w, strict=True):
        plan = plan_of_wires(between, each)
        assert plan is not None
        assert np.array_equal(found, sweep_batch(plan, np.eye(rows), tol=1e-8, most=200).i_out)
        exact = solve_linear(linear_array(between, each), np.eye(rows)).i_out
        assert np.abs(found - exact).max() <= 2e-8 * exact.max()


def test_what_sweeps_cannot_solve_is_told():
    between, g = wires(6, 5, 20.0), matrices(6, 5)
    between.r_row[4, 2:4] = np.inf  # a piece of wire, and in one array an open cell at it
    g[2, 4, 2] = 0.0
    _, settled = output_matrices(between, g, tol=1e-8, most=200)
    assert settled.tolist() == [True, True, False, True]
    assert not output_matrices(wires(6, 5, 500.0), g, tol=1e-8, most=1)[1].any()
    none = output_matrices(wires(6, 5, 0.0, first_row_segment=False, last_col_segment=False), g, tol=1e-8, most=200)
    assert not none[1].any()
