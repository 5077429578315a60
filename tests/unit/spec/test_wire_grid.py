import numpy as np
import pytest

from circuitsim.spec import WireSpec, wire_grid


@pytest.mark.parametrize(
    ("keys", "left", "right", "top", "bottom"),
    [
        ({}, 1.0, np.inf, np.inf, 2.0),
        ({"first_row_segment": False, "last_col_segment": False}, 0.0, np.inf, np.inf, 0.0),
        ({"row_drive": "right", "col_sense": "top"}, np.inf, 1.0, 2.0, np.inf),
        ({"row_drive": "both", "col_sense": "both"}, 1.0, 1.0, 2.0, 2.0),
    ],
)
def test_end_segments(keys, left, right, top, bottom):
    grid = wire_grid(3, 5, WireSpec(r_row=1.0, r_col=2.0, **keys), r_driver=7.0, r_sense=9.0)
    assert grid.r_row.shape == (3, 6) and grid.r_col.shape == (4, 5)
    assert (grid.rows, grid.cols) == (3, 5)
    assert np.all(grid.r_row[:, 0] == left) and np.all(grid.r_row[:, -1] == right)
    assert np.all(grid.r_col[0] == top) and np.all(grid.r_col[-1] == bottom)
    assert np.all(grid.r_row[:, 1:-1] == 1.0) and np.all(grid.r_col[1:-1] == 2.0)
    assert grid.r_driver == 7.0 and grid.r_sense == 9.0
